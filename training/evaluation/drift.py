"""The drift test: whether a recurrent method gets worse with the length of the clip.

A clip is repeated back and forth to hundreds of frames and goes through the method once with one state from the first
frame to the last, where hosts begin it anew every segment. No cut is heeded, not even one that the clip has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import cycle, islice

import numpy as np
from tqdm import tqdm

from training.evaluation.methods import Method
from vsdeblur.measures.metrics import Frame, psnr

SPAN = 50  # frames at each end that are compared
SHORTEST = 2 * SPAN


@dataclass(frozen=True)
class Drift:
    """Mean RGB PSNR of the first and the last SPAN frames, its gains over the input there, and the worst frame; dB.

    The two ends show other stretches of the clip, so what drifts is the gain.
    """

    clip: str
    method: str
    frames: int
    first: float
    last: float
    first_gain: float
    last_gain: float
    worst: float
    worst_gain: float
    worst_frame: int

    @property
    def change(self) -> float:
        """The last frames' gain above that of the first, dB; negative is drift."""
        return self.last_gain - self.first_gain

    def as_dict(self) -> dict[str, object]:
        """The values by name, for JSON."""
        return {**asdict(self), "change": self.change}


def back_and_forth(count: int) -> Iterator[int]:
    """0, 1, .. count - 1, count - 2, .. 1, 0, 1, .. without end."""
    return cycle([*range(count), *range(count - 2, 0, -1)])


def measure_drift(clip: str, blurred: list[Frame], sharp: list[Frame], method: Method, frames: int) -> Drift | None:
    """Runs the method over `frames` frames, at least SHORTEST; None where it has no state."""
    if method.continuous is None:
        return None
    order = list(islice(back_and_forth(len(sharp)), frames))
    inputs = [psnr(b, s) for b, s in zip(blurred, sharp, strict=True)]
    outputs = method.continuous(blurred[n] for n in order)
    shown = tqdm(order, desc=f"drift of {method.name} on {clip}", unit="frame", leave=False)
    values = np.array([psnr(output, sharp[n]) for n, output in zip(shown, outputs, strict=True)])
    gains = values - np.array([inputs[n] for n in order])
    worst = int(np.argmin(values))
    return Drift(
        clip,
        method.name,
        frames,
        first=float(values[:SPAN].mean()),
        last=float(values[-SPAN:].mean()),
        first_gain=float(gains[:SPAN].mean()),
        last_gain=float(gains[-SPAN:].mean()),
        worst=float(values[worst]),
        worst_gain=float(gains[worst]),
        worst_frame=worst,
    )
