"""Whether a gradient reaches every layer."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

RATE = 0.1


def assert_every_layer_learns(network: nn.Module, loss: Callable[[], Tensor]) -> None:
    """Every parameter has a gradient in one of two updates: the last layer of a branch may begin at zero."""
    reached: set[str] = set()
    optimiser = torch.optim.SGD(network.parameters(), lr=RATE)
    for _ in range(2):
        optimiser.zero_grad()
        torch.autograd.backward([loss()])
        for key, parameter in network.named_parameters():
            if parameter.grad is not None and parameter.grad.abs().max() > 0:
                reached.add(key)
        optimiser.step()
    assert reached == set(dict(network.named_parameters()))
