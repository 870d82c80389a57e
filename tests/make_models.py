"""Models for the tests of the plugin and the benchmarks: ``python -m tests.make_models FOLDER``.

Writes NAME.onnx for every network into the folder, which is made if it is not there. The weights are random, the same
on every run, and change a frame by about CHANGE: every pixel differs from the input, few leave the range.
Needs the training environment.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from export.onnx_export import export_network
from tests.random_weights import awake_network
from training.networks import NETWORKS, Network

CHANGE = 0.05
"""Standard deviation of output - input, on values of 0 to 1."""

_LAST_LAYER = {
    "RUNet": "change",
    "DTB": "rgb",
    "DBLRNet": "conv35",
    "DBLRGAN": "conv35",
    "RVD": "conv4",
    "SharpSequence": "conv31",
}


def model(name: str) -> bytes:
    """The .onnx file of network ``name`` with random weights."""
    network = awake_network(name, seed=sorted(NETWORKS).index(name))
    last = network.get_submodule(_LAST_LAYER[name])
    scale = CHANGE / _change(network, last)
    with torch.no_grad():
        for parameter in last.parameters():
            parameter.mul_(scale)
    return export_network(network, name, trained_on="random weights for tests", license="CC0-1.0")


def _change(network: Network, last: torch.nn.Module) -> float:
    """Standard deviation of what ``last`` adds to random frames."""
    changes: list[torch.Tensor] = []
    handle = last.register_forward_hook(lambda _module, _inputs, output: changes.append(output))
    frames = torch.rand(1, network.input_channels(), 12 * network.multiple, 16 * network.multiple)
    with torch.no_grad():
        network(frames, *network.initial_states(frames))
    handle.remove()
    return float(changes[-1].std())


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.make_models", description="Write models with random weights."
    )
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args(argv).folder
    folder.mkdir(parents=True, exist_ok=True)
    for name in NETWORKS:
        (folder / f"{name}.onnx").write_bytes(model(name))
        print(folder / f"{name}.onnx")
    return 0


if __name__ == "__main__":
    sys.exit(main())
