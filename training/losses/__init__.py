"""Losses: pure functions of tensors, one subject a file.

What each paper trains with: DTB ``mse`` and DTB_WEIGHT_DECAY; DBLRNet ``mse``; DBLRGAN ``dblrgan_loss`` and
``discriminator_loss``; RVD ``rvd_loss``; SharpSequence ``sharp_sequence_loss`` and ``discriminator_loss``.
"""

from __future__ import annotations

from training.losses.adversarial import dblrgan_loss, discriminator_loss, generator_loss, single_frames
from training.losses.clip import LUMA, clip_outputs, clip_through, to_network
from training.losses.contiguous import contiguous_blurry_loss
from training.losses.lag import decibels_and_lag
from training.losses.order_free import in_order_of, order_free_charbonnier, order_free_loss
from training.losses.pixel import DTB_WEIGHT_DECAY, centred_charbonnier, charbonnier, decibels, mse
from training.losses.sharp_sequence import sharp_sequence_loss
from training.losses.temporal import rvd_loss, temporal_loss

__all__ = [
    "DTB_WEIGHT_DECAY",
    "LUMA",
    "centred_charbonnier",
    "charbonnier",
    "clip_outputs",
    "clip_through",
    "contiguous_blurry_loss",
    "decibels",
    "decibels_and_lag",
    "dblrgan_loss",
    "discriminator_loss",
    "generator_loss",
    "in_order_of",
    "mse",
    "order_free_charbonnier",
    "order_free_loss",
    "rvd_loss",
    "sharp_sequence_loss",
    "single_frames",
    "temporal_loss",
    "to_network",
]
