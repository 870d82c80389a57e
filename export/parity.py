"""Does an exported file compute what the network computes? Both run the same sequence, each with its own state."""

from __future__ import annotations

import numpy
import onnxruntime
import torch

from training.networks import Network
from vsdeblur.contract import FRAMES

__all__ = ["MAX_DIFFERENCE", "largest_difference", "parity_sizes"]

# Absolute, fp32 against fp32, on values of nominally 0 to 1: a fortieth of an 8-bit step. Convolutions that add in
# another order differ by some 1e-6, and recurrence carries that on.
MAX_DIFFERENCE = 1e-4


def parity_sizes(network: Network) -> list[tuple[int, int]]:
    """Two small sizes (height, width) that the network takes and at which no graph is traced."""
    multiple = network.multiple
    return [(-(-h // multiple) * multiple, -(-w // multiple) * multiple) for h, w in ((23, 37), (41, 19))]


def largest_difference(
    network: Network, model: bytes, height: int, width: int, *, steps: int = 12, seed: int = 0
) -> float:
    """Largest absolute difference of any output or state, over ``steps`` random frames with the state carried.

    ``height`` and ``width`` are in pixels and divide by the network's ``multiple``. NaN where either gives NaN.
    """
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(seed)
    sequence = torch.rand(steps, 1, network.input_channels(), height, width, generator=generator)
    was_training = network.training
    network.eval()
    states = network.initial_states(sequence[0])
    onnx_states = [state.numpy() for state in states]
    worst = 0.0
    with torch.no_grad():
        for frames in sequence:
            expected, *states = network(frames, *states)
            feeds = dict(zip((state.input for state in network.states), onnx_states, strict=True))
            found, *onnx_states = session.run(None, {FRAMES: frames.numpy(), **feeds})
            for ours, theirs in zip((expected, *states), (found, *onnx_states), strict=True):
                worst = float(numpy.maximum(worst, numpy.abs(ours.numpy() - theirs).max()))
    network.train(was_training)
    return worst
