"""RGB to 8-bit YUV 4:2:0 and back, as video holds frames and as the engine shows them to networks of RGB.

Source: ITU-T H.273, BT.709's matrix in limited range. Chroma lies left (ChromaLocType 0): with every second luma pixel
along a row, and between two rows. Down, a chroma sample is the mean of pixels around it, by a triangle of twice its
spacing; up, a pixel takes the two samples around it by distance. Both are as in the engine
(native/engine/picture/chroma.h).

FFmpeg's own conversions are no substitute: without `accurate_rnd` they round downwards, so that a photograph comes back
1.0 to 1.4/255 darker, and repeat chroma in place of interpolating it. A network of training would learn to undo both,
which the engine does not do to anyone's frames.

Limits: even sides; only this matrix, range and location.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

# Kr, Kg and Kb of BT.709; the engine takes them too, for the luma of RGB frames.
LUMA = (0.2126, 0.7152, 0.0722)
# Weights of the luma pixels 2i-1, 2i, 2i+1 along a row, and of the rows 2i-1 to 2i+2.
ACROSS, DOWN = (0.25, 0.5, 0.25), (0.125, 0.375, 0.375, 0.125)


def to_yuv420(rgb: Tensor) -> tuple[Tensor, Tensor]:
    """RGB (N, 3, H, W), 0..1, as luma (N, H, W) and chroma (N, 2, H/2, W/2), uint8 in limited range.

    Raises ValueError unless both sides are even.
    """
    height, width = rgb.shape[-2:]
    if height % 2 or width % 2:
        raise ValueError(f"4:2:0 chroma needs even sides, not {width}x{height}")
    red, green, blue = rgb.unbind(1)
    luma = LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue
    chroma = torch.stack([(blue - luma) / (2 - 2 * LUMA[2]), (red - luma) / (2 - 2 * LUMA[0])], 1)
    across, down = (torch.tensor(weights).to(rgb) for weights in (ACROSS, DOWN))
    chroma = F.pad(chroma, (1, 0, 1, 1), mode="replicate")
    kernel = (down[:, None] * across)[None, None].expand(2, 1, -1, -1)
    chroma = F.conv2d(chroma, kernel, stride=2, groups=2)
    return _quantised(16 + 219 * luma), _quantised(128 + 224 * chroma)


def to_rgb(luma: Tensor, chroma: Tensor) -> Tensor:
    """The inverse, as near as it comes: RGB (N, 3, H, W), 0..1, of planes as `to_yuv420` returns them."""
    y = (luma.float() - 16) / 219
    u, v = _upsampled((chroma.float() - 128) / 224).unbind(1)
    red, blue = y + (2 - 2 * LUMA[0]) * v, y + (2 - 2 * LUMA[2]) * u
    green = (y - LUMA[0] * red - LUMA[2] * blue) / LUMA[1]
    return torch.stack([red, green, blue], 1).clamp(0, 1)


def _quantised(values: Tensor) -> Tensor:
    return values.round().clamp(0, 255).to(torch.uint8)


def _upsampled(chroma: Tensor) -> Tensor:
    """(N, 2, h, w) as (N, 2, 2h, 2w)."""
    tall = F.pad(chroma, (0, 0, 1, 1), mode="replicate")
    above, here, below = tall[..., :-2, :], chroma, tall[..., 2:, :]
    rows = torch.stack([0.25 * above + 0.75 * here, 0.75 * here + 0.25 * below], 3).flatten(2, 3)
    after = F.pad(rows, (0, 1, 0, 0), mode="replicate")[..., 1:]
    return torch.stack([rows, (rows + after) / 2], 4).flatten(3, 4)
