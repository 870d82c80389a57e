"""Losses between pixels at the same place: pure functions of tensors."""

from __future__ import annotations

from torch import Tensor

__all__ = ["charbonnier"]


def charbonnier(output: Tensor, target: Tensor) -> Tensor:
    """Mean of sqrt(difference^2 + 1e-6), a smooth absolute error; any shape."""
    return ((output - target).square() + 1e-6).sqrt().mean()
