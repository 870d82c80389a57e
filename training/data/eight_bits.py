"""Frames as files hold them, (H, W, 3) in steps of 1/255, and as tensors (3, H, W), 0..1."""

from __future__ import annotations

import torch
from torch import Tensor

from training.data.pairs import Frame


def to_pixels(frame: Frame) -> Tensor:
    """A frame as (3, H, W) in float32."""
    return torch.from_numpy(frame.copy()).permute(2, 0, 1).float() / 255


def to_frames(clip: Tensor) -> list[Frame]:
    """A clip (F, 3, H, W), 0..1, as frames, rounded to the nearest."""
    return list((clip.permute(0, 2, 3, 1) * 255).round().to(torch.uint8).numpy())
