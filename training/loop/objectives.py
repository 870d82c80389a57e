"""What a phase of training minimises, by name, and the opponent that some of it needs.

An objective is a function of a network's output and target, (N, T, K*C, H, W) each (training.losses.clip), of the
network, and of what a discriminator says of the output:

- `charbonnier`, `mse`, `decibels`: between pixels, for every network; `centred`: mostly of the middle of RVD's five
  frames; `decibels-and-lag`: besides, what lies on the way back to the frame before.
- `temporal`: RVD's equation 6.
- `order-free`: SharpSequence's content loss; `contiguous` adds the contiguous blurry loss to it;
  `order-free-charbonnier`: absolute errors in its place, mostly of the middle instant.
- `adversarial`: DBLRGAN's equation 5; `sharp-sequence`: SharpSequence's equation 11, and `order-free-adversarial` the
  same without the contiguous blurry loss. They need an `Opponent`.

The generator's loss is the non-saturating form in all of them (training.losses.adversarial says how that differs).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from training.loop.arithmetic import autocast
from training.losses import (
    centred_charbonnier,
    charbonnier,
    dblrgan_loss,
    decibels,
    decibels_and_lag,
    discriminator_loss,
    mse,
    order_free_charbonnier,
    rvd_loss,
    sharp_sequence_loss,
    single_frames,
)
from training.networks import Network
from training.networks.discriminator import DISCRIMINATORS, Discriminator

Objective = Callable[[Network, Tensor, Tensor, Tensor | None], Tensor]

# Every CONTIGUOUS_STEP-th pixel in both directions makes a point of the contiguous blurry loss; its time falls with the
# fourth power.
CONTIGUOUS_STEP = 4


def _temporal(network: Network, output: Tensor, target: Tensor, _: Tensor | None) -> Tensor:
    block = network.get_submodule("non_local")
    return rvd_loss(block, output.flatten(0, 1), target.flatten(0, 1))


def _adversarial(_: Network, output: Tensor, target: Tensor, logits: Tensor | None) -> Tensor:
    assert logits is not None
    return dblrgan_loss(output.flatten(0, 1), target.flatten(0, 1), logits, form="non-saturating")


def _sequence(_: Network, output: Tensor, target: Tensor, logits: Tensor | None, **options: Any) -> Tensor:
    output, target = output.flatten(0, 1), target.flatten(0, 1)
    return sharp_sequence_loss(output, target, logits, form="non-saturating", step=CONTIGUOUS_STEP, **options)


def _order_free_charbonnier(_: Network, output: Tensor, target: Tensor, __: Tensor | None) -> Tensor:
    return order_free_charbonnier(output.flatten(0, 1), target.flatten(0, 1))


def _pixels(loss: Callable[[Tensor, Tensor], Tensor]) -> Objective:
    return lambda network, output, target, logits: loss(output, target)


OBJECTIVES: dict[str, Objective] = {
    "charbonnier": _pixels(charbonnier),
    "mse": _pixels(mse),
    "decibels": _pixels(decibels),
    "decibels-and-lag": _pixels(decibels_and_lag),
    "centred": _pixels(centred_charbonnier),
    "temporal": _temporal,
    "order-free": partial(_sequence, beta=0),
    "order-free-charbonnier": _order_free_charbonnier,
    "contiguous": _sequence,
    "adversarial": _adversarial,
    "order-free-adversarial": partial(_sequence, beta=0),
    "sharp-sequence": _sequence,
}

JUDGED = {
    "adversarial": "DBLRGAN",
    "order-free-adversarial": "SharpSequence",
    "sharp-sequence": "SharpSequence",
}
"""Objectives that need an opponent, and the network whose discriminator that is."""


class Opponent:
    """A discriminator and its optimiser."""

    def __init__(self, name: str, size: int, rate: float, hidden: int, device: torch.device) -> None:
        """`name` is the network that it judges; `size` the patches' side and `hidden` its fully connected width."""
        self.network: Discriminator = DISCRIMINATORS[name](size=size, hidden=hidden).to(device)
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=rate)

    def judge(self, frames: Tensor) -> Tensor:
        """Logits for an output or target (N, T, K, H, W), with a gradient for the frames alone."""
        self.network.requires_grad_(False)
        logits: Tensor = self.network(single_frames(frames.flatten(0, 1)))
        self.network.requires_grad_(True)
        return logits

    def learn(self, output: Tensor, target: Tensor, after: Callable[[nn.Module], None]) -> None:
        """One update on generated and sharp frames; `after` sees the network between its gradient and its step."""
        with autocast(output.device):
            sharp, generated = (self.network(single_frames(x.detach().flatten(0, 1))) for x in (target, output))
        self.network.zero_grad(set_to_none=True)
        discriminator_loss(sharp, generated).backward()  # type: ignore[no-untyped-call]
        after(self.network)
        self.optimiser.step()

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next update depends on."""
        return {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes back what `state_dict` gave."""
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
