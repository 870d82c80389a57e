"""What every network offers to training and export: the contract's fields as attributes, and one call form.

Call form, for all networks alike::

    out, *states = network(frames, *states)

``frames`` (N, T*C, H, W) holds the window, channel t*C + c, values nominally 0 to 1; ``out`` (N, K*C, H, W) is not
clipped; each state is (N, channels, H*scale, W*scale). H and W divide by ``multiple``. A network without states
returns a tuple of one.

The papers' ablations are keyword arguments of the classes: without any, a network is the paper's own. Such a switch
may change what the contract says of the network, so those attributes belong to the instance, and the class holds what
they are by default.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from vsdeblur.contract import Color, State

__all__ = [
    "STATE_MAX",
    "STATE_PENALTY",
    "Network",
    "ResidualBlock",
    "bounded",
    "check_switch",
    "initialise_",
    "near_zero_",
]

# A state's largest value, and what a unit beyond it costs in training.
STATE_MAX = 4.0
STATE_PENALTY = 0.01


class Network(nn.Module):
    """Base of the networks. The attributes mean what ``vsdeblur.contract`` says and go into the exported file.

    Those that are no ClassVar may differ between instances. ``last_layers`` is training's: the modules whose outputs
    are the answer, where that is not the last one alone (training.loop.muon).
    """

    name: ClassVar[str]
    color: ClassVar[Color]
    outputs: ClassVar[str]
    window: tuple[int, int]
    multiple: int
    receptive_field: int
    states: tuple[State, ...] = ()
    last_layers: tuple[str, ...] = ()

    def input_channels(self) -> int:
        """T*C: channels of ``frames``."""
        return (self.window[0] + 1 + self.window[1]) * (3 if self.color == "rgb" else 1)

    def initial_states(self, frames: Tensor) -> tuple[Tensor, ...]:
        """States before a first frame, at the batch, size, type and device of ``frames``."""
        n, _, height, width = frames.shape
        return tuple(
            frames.new_full((n, s.channels, int(height * s.scale), int(width * s.scale)), s.initial)
            for s in self.states
        )

    def constrain_(self) -> None:
        """Called after every update of the weights: a network may put some of them back to where it wants them."""

    def prune_(self) -> None:
        """Called on a copy before it is exported: a network may take out parts that change nothing, for good."""


def check_switch(network: str, switch: str, given: object, allowed: Container[object], described: str) -> None:
    """Raises ValueError when a switch of a network has a value that is not among the allowed ones."""
    if given not in allowed:
        raise ValueError(f"{network}: {switch} must be {described}, not {given}")


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with a ReLU between them, added to their input. (N, C, H, W) -> the same.

    With ``norm`` a batch normalisation follows each convolution and takes the place of its bias.
    """

    def __init__(self, channels: int, *, norm: bool = False) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=not norm)
        self.norm1 = nn.BatchNorm2d(channels) if norm else nn.Identity()
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=not norm)
        self.norm2 = nn.BatchNorm2d(channels) if norm else nn.Identity()
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.residual(x)

    def residual(self, x: Tensor) -> Tensor:
        """The two convolutions without the sum."""
        y: Tensor = self.norm2(self.conv2(self.relu(self.norm1(self.conv1(x)))))
        return y


class _Bounded(torch.autograd.Function):
    """The smaller of x and STATE_MAX, with the gradient of a loss that has STATE_PENALTY times the mean of what is cut
    off in it besides."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.clamp(max=STATE_MAX)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return torch.where(x > STATE_MAX, STATE_PENALTY / x.numel(), gradient)


def bounded(state: Tensor, training: bool) -> Tensor:
    """A state cut off at STATE_MAX, so that no weights make it grow from frame to frame. Any shape.

    In training what is cut off counts as a loss, so that it stays the exception.
    """
    if not training:
        return state.clamp(max=STATE_MAX)
    result: Tensor = _Bounded.apply(state)  # type: ignore[no-untyped-call]
    return result


def near_zero_(layer: nn.Conv2d | nn.ConvTranspose2d) -> None:
    """Start a last layer near zero, so that output = input + residual begins as the identity.

    The weights are not exactly zero: gradients reach the layers before from the first step.
    """
    nn.init.normal_(layer.weight, std=1e-3)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def initialise_(network: nn.Module, last: nn.Conv2d) -> None:
    """He initialisation for ReLU, residual branches at a tenth of it, ``last`` near zero, biases 0."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Conv3d | nn.ConvTranspose2d):
            nn.init.kaiming_normal_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, ResidualBlock):
                scale = module.norm2 if isinstance(module.norm2, nn.BatchNorm2d) else module.conv2
                scale.weight.mul_(0.1)
    near_zero_(last)
