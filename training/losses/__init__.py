"""Losses: pure functions of tensors, one subject a file."""

from __future__ import annotations

from training.losses.clip import LUMA, clip_loss, to_network
from training.losses.pixel import charbonnier

__all__ = ["LUMA", "charbonnier", "clip_loss", "to_network"]
