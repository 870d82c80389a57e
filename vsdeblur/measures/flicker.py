"""How much a clip flickers, without a steady one to compare with.

Luma is averaged over blocks of 16 x 16 pixels; a block's flicker in a frame is how far its mean leaves the mean of
those before and after, and the frame's is the mean over all blocks. What changes evenly, as in a fade or a pan over
soft ground, has none; brightness that goes up and down from frame to frame has all of it.

Limits: motion of hard edges counts too, so only clips of like motion compare: a clip before and after a filter. Means
nothing across a scene cut.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["BLOCK", "Means", "block_means", "flicker"]

BLOCK = 16
"""Pixels along each side."""

Means = npt.NDArray[np.float64]


def block_means(luma: npt.NDArray[np.float64], block: int = BLOCK) -> Means:
    """(H, W) -> (H // block, W // block); what is left over at the right and the bottom is cut off."""
    height, width = luma.shape[0] // block, luma.shape[1] // block
    blocks = luma[: height * block, : width * block].reshape(height, block, width, block)
    return np.asarray(blocks.mean((1, 3)), dtype=np.float64)


def flicker(before: Means, now: Means, after: Means) -> float:
    """Of the middle one of three frames in a row, in the unit of their luma; of block_means() of a shape."""
    return float(np.abs(now - (before + after) / 2).mean())
