"""Losses: pure functions of tensors, one subject a file."""

from __future__ import annotations

from training.losses.clip import LUMA, clip_loss, to_network
from training.losses.pixel import DTB_WEIGHT_DECAY, charbonnier, mse
from training.losses.temporal import rvd_loss, temporal_loss

__all__ = [
    "DTB_WEIGHT_DECAY",
    "LUMA",
    "charbonnier",
    "clip_loss",
    "mse",
    "rvd_loss",
    "temporal_loss",
    "to_network",
]
