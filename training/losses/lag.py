"""Errors that lie on the way back to the frame before, counted more often than others: those of a network that waits.

A network that blends its answer with the one before takes noise out where nothing moves. Where faint texture moves
slowly under noise, the squared error still allows that, for the noise that goes is more than the texture that stays
behind; and the texture sticks to the screen, which an eye sees at once. Algorithm, for target t and error e = o - t:

- back = t(n-1) - t(n), the way from this frame to the one before;
- in every block of BLOCK x BLOCK pixels, all channels together, the part of e along back: the mean of e * back, where
  it is above 0, squared and divided by the mean of back^2. Noise has next to no part along it, and an error that runs
  ahead has none;
- decibels (training.losses.pixel) of the squared error and LAG_WEIGHT times the mean of these.

Source: this project's; the projection is that of SI-SDR (Le Roux et al. 2019) onto one direction. Limits: changes of
light count as motion, which is meant (a fade must not lag either); of blur that is left in moving texture a part counts
too, for to lose what is in this frame is part of the way to the one before.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from training.losses.pixel import DECIBELS_SCALE, SHARPEST, require_same_shape

__all__ = ["decibels_and_lag", "lag"]

BLOCK = 8
LAG_WEIGHT = 3.0
# Mean squared change, that of a quarter of 1/255, below which a block stands still.
STILL = 1e-6


def lag(output: Tensor, target: Tensor) -> Tensor:
    """Mean squared part of each frame's error that lies on the way back to the frame before; 0 for the first frame.

    Args:
        output, target: (N, T, C, H, W), 0..1, H and W at least BLOCK; one shape. Raises ValueError when it differs.
    Returns:
        (N, T), as large as the squared error where all of it lags.
    """
    require_same_shape("lag", output, target)
    back = -target.diff(dim=1)
    along = _blocks((output - target)[:, 1:] * back)
    part = F.relu(along).square() / (_blocks(back.square()) + STILL)
    return F.pad(part.mean((2, 3)), (1, 0))


def decibels_and_lag(output: Tensor, target: Tensor) -> Tensor:
    """Mean over frames of 0.01 ln(squared error + LAG_WEIGHT lag + 1e-5); shapes and errors as ``lag``."""
    errors = (output - target).square().mean((2, 3, 4)) + LAG_WEIGHT * lag(output, target)
    return DECIBELS_SCALE * (errors + SHARPEST).log().mean()


def _blocks(x: Tensor) -> Tensor:
    """(N, T, C, H, W) -> (N, T, H/BLOCK, W/BLOCK), means."""
    return F.avg_pool2d(x.mean(2), BLOCK)
