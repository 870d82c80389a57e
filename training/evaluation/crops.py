"""Pictures for a report: one detail of a frame, as every method has it, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from vsdeblur.measures.metrics import Frame

DETAIL = 128  # side of the detail that pictures show, pixels
ZOOM = 2


def side_by_side(frames: Sequence[Frame], reference: Frame) -> Image.Image:
    """The same detail of several frames, from left to right, enlarged."""
    row = Image.fromarray(np.concatenate([_detail(frame, reference) for frame in frames], axis=1))
    return row.resize((row.width * ZOOM, row.height * ZOOM), Image.Resampling.NEAREST)


def _detail(frame: Frame, reference: Frame) -> Frame:
    """The part of `frame` where `reference` has the most texture."""
    energy = np.abs(np.diff(reference.astype(np.float32).mean(2), axis=1))
    side = min(DETAIL, *reference.shape[:2])
    table = np.pad(energy, ((1, 0), (1, 1))).cumsum(0).cumsum(1)
    sums = table[side:, side:] - table[:-side, side:] - table[side:, :-side] + table[:-side, :-side]
    top, left = np.unravel_index(int(np.argmax(sums)), sums.shape)
    return frame[top : top + side, left : left + side]
