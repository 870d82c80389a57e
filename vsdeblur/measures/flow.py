"""tOF, temporal consistency: how far motion in the output differs from motion in the sharp clip, pixels a frame.

TecoGAN (Chu et al. 2020, "Learning Temporal Coherence via Self-Supervision", section 5): the optical flow between
consecutive frames of the output minus that of the ground truth, its length per pixel as in the authors' code, averaged
over pixels and pairs of frames. 0 is best.

Limits: flow is scikit-image's TV-L1 at its default settings in place of the authors' Farneback, and their crop at the
borders is left out, so values are no match for published ones. Luma is averaged over blocks of k x k until at most
MAX_PIXELS are left, which bounds the cost (at most 0.5 s a pair of frames on one core) and hides jitter far below k.
Flow means nothing across a scene cut, so pairs of frames whose sharp luma changes by more than CUT are left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from skimage.registration import optical_flow_tvl1

from vsdeblur.measures.flicker import block_means
from vsdeblur.measures.metrics import Frame, luma

Flow = npt.NDArray[np.float32]
"""(2, h, w): motion down and to the right in pixels of the frame, for each block of k x k pixels."""

MAX_PIXELS = 256 * 256
# Mean absolute change of luma, 0..1. The strongest shake of training.synthesize changes it by 0.16; cuts, by about 0.5.
CUT = 0.25


def is_cut(before: npt.NDArray[np.float64], after: npt.NDArray[np.float64]) -> bool:
    """Whether a scene cut lies between two frames in a row, by their luma, 0..255."""
    return bool(np.abs(after - before).mean() > CUT * 255)


def pairs_of_one_shot(frames: Sequence[Frame]) -> list[int]:
    """The numbers n for which no scene cut lies between frames n and n + 1."""
    lumas = [luma(frame) for frame in frames]
    return [n for n in range(len(frames) - 1) if not is_cut(lumas[n], lumas[n + 1])]


def flows(frames: Sequence[Frame], pairs: Sequence[int]) -> list[Flow]:
    """For each n in `pairs`, the motion from frame n to n + 1; frames are (H, W, 3) uint8, at least 2 x 2."""
    found = []
    for n in pairs:
        block = math.ceil(math.sqrt(frames[n].shape[0] * frames[n].shape[1] / MAX_PIXELS))
        before, after = (block_means(luma(frame) / 255, block).astype(np.float32) for frame in frames[n : n + 2])
        flow = optical_flow_tvl1(before, after, dtype=np.float32)  # type: ignore[no-untyped-call]
        found.append(np.asarray(flow * block, dtype=np.float32))
    return found


def tof(outputs: Sequence[Flow], references: Sequence[Flow]) -> float | None:
    """tOF of two clips' flows over the same pairs of frames; None where there are none."""
    lengths = [float(np.hypot(*(o - r)).mean()) for o, r in zip(outputs, references, strict=True)]
    return float(np.mean(lengths)) if lengths else None
