"""Checkpoints: a network's state dict as safetensors, with string metadata.

Metadata keys: ``name`` (the network, required), ``trained_on`` (TEXT of the contract, required), ``metrics`` (JSON
object of numbers by name, optional). Others are ignored. ``training.train`` writes such files.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch

from export import ExportError
from training.loop.checkpoints import CheckpointError, read_weights
from training.networks import Network

__all__ = ["CheckpointInfo", "load_checkpoint"]


@dataclass(frozen=True)
class CheckpointInfo:
    """What a checkpoint says of itself."""

    trained_on: str
    metrics: dict[str, float]
    license: str = "unspecified"


def load_checkpoint(network: Network, name: str, path: Path) -> CheckpointInfo:
    """Fill ``network`` with the weights in ``path``; ``name`` is what the checkpoint must call itself.

    Raises ExportError, naming the file, when it is missing or damaged, of another network, of other shapes, or holds a
    value that is not finite. The network is then unchanged.
    """
    try:
        weights, metadata = read_weights(path)
    except CheckpointError as error:
        raise ExportError(str(error)) from error
    for key in ("name", "trained_on"):
        if key not in metadata:
            raise ExportError(f"{path}: the checkpoint's metadata lacks {key!r}")
    if metadata["name"] != name:
        raise ExportError(f"{path}: a checkpoint of {metadata['name']}, not of {name}")
    _check_weights(network, name, path, weights)
    info = CheckpointInfo(metadata["trained_on"], parse_metrics(metadata.get("metrics", "{}"), str(path)))
    network.load_state_dict(weights)
    return info


def parse_metrics(text: str, source: str) -> dict[str, float]:
    """A JSON object of numbers by name; ``source`` begins the sentence of the ExportError for anything else."""
    try:
        metrics = json.loads(text)
    except json.JSONDecodeError as error:
        raise ExportError(f"{source}: metrics must be a JSON object of numbers, not {text[:60]!r}") from error
    if not isinstance(metrics, dict) or any(type(value) not in (int, float) for value in metrics.values()):
        raise ExportError(f"{source}: metrics must be a JSON object of numbers, not {text[:60]!r}")
    return metrics


def _check_weights(network: Network, name: str, path: Path, weights: dict[str, torch.Tensor]) -> None:
    expected = network.state_dict()
    for key in sorted(expected.keys() | weights.keys()):
        if key not in weights:
            raise ExportError(f"{path}: the checkpoint lacks {key} of {name}")
        if key not in expected:
            raise ExportError(f"{path}: the checkpoint holds {key}, which {name} does not have")
        if weights[key].shape != expected[key].shape:
            found, wanted = tuple(weights[key].shape), tuple(expected[key].shape)
            raise ExportError(f"{path}: {key} has the shape {found}, and {name} needs {wanted}")
        if not torch.isfinite(weights[key]).all():
            raise ExportError(f"{path}: {key} holds a value that is not finite")
