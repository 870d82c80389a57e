"""How blurred a frame is, without a sharp one to compare with.

Source: Crete, Dolmiere, Ladret and Nicolas, "The blur effect: perception and estimation with a new no-reference
perceptual blur metric" (2007), as scikit-image's ``blur_effect``: the frame is blurred once more by a mean of 11 pixels
along each axis, and the share of neighbouring differences that this leaves is the blur along the axis; the larger of
both counts. Here of luma at half the size, since noise of single pixels passes for detail at full size.

0 is as sharp as a picture can be, 1 has no detail at all. Measured on 14 photographs, each blurred by motion of 0 to 15
pixels in a random direction, with noise of 0 to 2 percent: the measure rises with the length of the blur (mean rank
correlation within a picture 0.96; at full size 0.66). Pictures of their own differ too: over all of them together the
correlation is 0.37.

Limits: compare parts of like content. What is out of focus counts as blurred, and so does fog.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from skimage.measure import blur_effect

__all__ = ["LEAST_SIDE", "blur_of"]

LEAST_SIDE = 24
"""Of a frame, in pixels; smaller ones have nothing to measure."""

_FLAT = 1e-3
"""Range of luma below which a frame is flat: a quarter of a step of 8 bits."""


def blur_of(luma: npt.NDArray[np.float32]) -> float:
    """The blur of a frame (height, width), luma of 0..1; NaN for a flat one. Both sides are at least LEAST_SIDE."""
    height, width = (side // 2 for side in luma.shape)
    half = luma[: 2 * height, : 2 * width].reshape(height, 2, width, 2).mean(axis=(1, 3), dtype=np.float64)
    if np.ptp(half) < _FLAT:
        return math.nan
    return float(blur_effect(half, h_size=11))  # type: ignore[no-untyped-call]
