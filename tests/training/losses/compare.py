"""A loss against the direct transcription of its equation."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from tests.tolerances import SAME_GRADIENT, SAME_IN_FLOAT64


def assert_agrees(loss: Callable[..., Tensor], transcription: Callable[..., Tensor], *inputs: Tensor) -> None:
    """Both give one value and one gradient by every input, in float64."""
    copies = [[x.detach().double().requires_grad_() for x in inputs] for _ in range(2)]
    values = [function(*given) for function, given in zip((loss, transcription), copies, strict=True)]
    torch.testing.assert_close(values[0], values[1], rtol=SAME_IN_FLOAT64, atol=SAME_IN_FLOAT64)
    made, expected = (torch.autograd.grad(value, given) for value, given in zip(values, copies, strict=True))
    for ours, theirs in zip(made, expected, strict=True):
        largest = theirs.abs().max().item()
        assert largest > 0
        torch.testing.assert_close(ours, theirs, rtol=0, atol=SAME_GRADIENT * largest)
