"""What every network offers to training and export: the contract's fields as class attributes, and one call form.

Call form, for all networks alike::

    out, *states = network(frames, *states)

``frames`` (N, T*C, H, W) holds the window, channel t*C + c, values nominally 0 to 1; ``out`` (N, K*C, H, W) is not
clipped; each state is (N, channels, H*scale, W*scale). H and W divide by ``multiple``. A network without states
returns a tuple of one.
"""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

from vsdeblur.contract import Color, State

__all__ = ["Network", "near_zero_"]


class Network(nn.Module):
    """Base of the networks. The attributes mean what ``vsdeblur.contract`` says and go into the exported file."""

    name: ClassVar[str]
    window: ClassVar[tuple[int, int]]
    outputs: ClassVar[str]
    color: ClassVar[Color]
    multiple: ClassVar[int]
    receptive_field: ClassVar[int]
    states: ClassVar[tuple[State, ...]] = ()

    @classmethod
    def input_channels(cls) -> int:
        """T*C: channels of ``frames``."""
        return (cls.window[0] + 1 + cls.window[1]) * (3 if cls.color == "rgb" else 1)

    @classmethod
    def initial_states(cls, frames: Tensor) -> tuple[Tensor, ...]:
        """States before a first frame, at the batch, size, type and device of ``frames``."""
        n, _, height, width = frames.shape
        return tuple(
            frames.new_full((n, s.channels, int(height * s.scale), int(width * s.scale)), s.initial) for s in cls.states
        )


def near_zero_(layer: nn.Conv2d | nn.ConvTranspose2d) -> None:
    """Start a last layer near zero, so that output = input + residual begins as the identity.

    The weights are not exactly zero: gradients reach the layers before from the first step.
    """
    nn.init.normal_(layer.weight, std=1e-3)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
