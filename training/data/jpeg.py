"""JPEG simulated on tensors: ITU-T T.81 is a few matrix products, and so runs on any device inside the training loop.

Video encoders predict across frames and decide by search; they are run (training.data.encoder).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def jpeg(image: Tensor, quality: Tensor) -> Tensor:
    """What baseline JPEG with 4:2:0 chroma leaves of a picture.

    Args:
        image: (N, 3, H, W), sRGB 0..1, H and W multiples of 16.
        quality: (N,), 1..100 with the meaning of libjpeg.
    Returns:
        Same shape, 0..1. Tables: ITU-T T.81 annex K, scaled as libjpeg does.
    """
    luma, chroma = (table.to(image) for table in (_LUMA_TABLE, _CHROMA_TABLE))
    factor = torch.where(quality < 50, 50 / quality, 2 - quality / 50)[:, None, None, None]
    to_ycc = _YCC.to(image)
    ycc = torch.einsum("ij,njhw->nihw", to_ycc, image * 255)
    y = _quantise_blocks(ycc[:, :1] - 128, (luma * factor).clamp(min=1).round()) + 128
    half = F.avg_pool2d(ycc[:, 1:], 2)
    half = _quantise_blocks(half, (chroma * factor).clamp(min=1).round())
    full = F.interpolate(half, scale_factor=2, mode="bilinear", align_corners=False)
    rgb = torch.einsum("ij,njhw->nihw", torch.linalg.inv(to_ycc), torch.cat([y, full], 1))
    return (rgb / 255).clamp(0, 1)


def _quantise_blocks(plane: Tensor, table: Tensor) -> Tensor:
    """Rounds the 8x8 DCT coefficients of (N, C, H, W) to multiples of `table` (N, 1, 8, 8)."""
    n, c, height, width = plane.shape
    dct = _DCT.to(plane)
    blocks = plane.view(n, c, height // 8, 8, width // 8, 8).permute(0, 1, 2, 4, 3, 5)
    steps = table[:, :, None, None]
    coefficients = ((dct @ blocks @ dct.T) / steps).round() * steps
    blocks = dct.T @ coefficients @ dct
    return blocks.permute(0, 1, 2, 4, 3, 5).reshape(n, c, height, width)


def _dct_matrix() -> Tensor:
    k = torch.arange(8, dtype=torch.float64)
    matrix = torch.cos(math.pi / 8 * (k[None, :] + 0.5) * k[:, None]) / 2
    matrix[0] /= math.sqrt(2)
    return matrix.float()


_DCT = _dct_matrix()
_YCC = torch.tensor([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
_LUMA_TABLE = torch.tensor(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)[None, None].float()
_CHROMA_TABLE = torch.full((8, 8), 99.0)
_CHROMA_TABLE[:4, :4] = torch.tensor([[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]])
_CHROMA_TABLE = _CHROMA_TABLE[None, None]
