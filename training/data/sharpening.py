"""Sharpening as cameras do it: an unsharp mask of one pixel's reach, on sRGB values."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def sharpened(clips: Tensor, amount: Tensor) -> Tensor:
    """Clips (N, ..., 3, H, W) in 0..1 with `amount` (N,) of the difference from their neighbourhood's mean added.

    The neighbourhood is 3x3 with binomial weights. What is plain stays as it is.
    """
    chosen = amount.nonzero().flatten()
    if len(chosen) == 0:
        return clips
    picked = clips[chosen]
    planes = picked.flatten(0, -3)[:, None]
    line = torch.tensor([0.25, 0.5, 0.25], device=clips.device, dtype=clips.dtype)
    around = F.conv2d(F.pad(planes, (1, 1, 1, 1), mode="replicate"), (line[:, None] * line)[None, None])
    strength = amount[chosen].view(-1, *[1] * (clips.dim() - 1))
    result = clips.clone()
    result[chosen] = (picked + strength * (picked - around.view_as(picked))).clamp(0, 1)
    return result
