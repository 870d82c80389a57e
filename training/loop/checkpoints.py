"""Files that a training run leaves and goes on from, each written whole or not at all.

`NAME.safetensors` holds the mean weights with the metadata that `python -m export` reads (export.checkpoint);
`NAME.resume.pt` holds everything that the next step depends on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn


class CheckpointError(ValueError):
    """A checkpoint that cannot be read or written; the message names the file."""


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Calls `write` with a name beside `path`, and puts the result in its place.

    Raises CheckpointError when that fails, on a full disk for one; what was there before is kept.
    """
    temporary = path.with_name(path.name + ".tmp")
    try:
        write(temporary)
        os.replace(temporary, path)
    except (OSError, SafetensorError, RuntimeError) as error:
        temporary.unlink(missing_ok=True)
        raise CheckpointError(f"{path} cannot be written, and is as it was before: {error}") from error


def save_weights(path: Path, weights: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Writes a state dict as safetensors. Raises CheckpointError."""
    plain = {key: value.detach().contiguous().cpu() for key, value in weights.items()}
    write_whole(path, lambda temporary: save_file(plain, temporary, metadata))


def read_weights(path: Path, what: str = "checkpoint") -> tuple[dict[str, Tensor], dict[str, str]]:
    """The weights and the metadata that `save_weights` wrote.

    Raises CheckpointError when the file is missing or damaged; its sentence calls it `what`.
    """
    if not path.is_file():
        raise CheckpointError(f"{path} is not a readable {what}: no such checkpoint")
    try:
        with safe_open(path, "pt") as file:
            weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  (safe_open is no mapping)
            return weights, file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path} is not a readable {what}: no whole safetensors file ({error})") from error


def load_weights(network: nn.Module, names: Collection[str], path: Path) -> None:
    """Fills `network` with a checkpoint of one of the networks `names`.

    Raises CheckpointError when the file is missing, damaged or of another network.
    """
    wanted = " or ".join(sorted(names))
    weights, metadata = read_weights(path, f"checkpoint of {wanted}")
    found = metadata.get("name")
    if found not in names:
        raise CheckpointError(f"{path} is a checkpoint of {found or 'nothing that has a name'}, not of {wanted}")
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise CheckpointError(f"{path} is not a readable checkpoint of {wanted}: {error}") from error


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Writes what `load_state` reads. Raises CheckpointError."""
    write_whole(path, lambda temporary: torch.save(state, temporary))


def load_state(path: Path, device: torch.device) -> dict[str, Any] | None:
    """A state that `save_state` wrote, or None if there is none. Raises CheckpointError when it is damaged."""
    if not path.exists():
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    except Exception as error:  # torch names no common class for what a damaged file may raise
        raise CheckpointError(f"{path} is damaged; remove it to begin anew: {error}") from error
    return state
