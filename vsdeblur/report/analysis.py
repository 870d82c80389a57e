"""How blurred each part of a video is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from vsdeblur._engine import Error
from vsdeblur.measures.blur import LEAST_SIDE, blur_of
from vsdeblur.video import source
from vsdeblur.video.host import translated, vapoursynth
from vsdeblur.video.progress import Progress
from vsdeblur.video.source import Survey

__all__ = ["Part", "analysed", "check_size", "plot"]

PARTS = 20
_LOOKS = 5
"""Frames of a part that are measured, spread over it."""


@dataclass(frozen=True)
class Part:
    """Frames first..end - 1, shown from ``start`` to ``stop`` seconds after the first frame of the file."""

    first: int
    end: int
    start: float
    stop: float
    blur: float
    """Mean of the frames that were measured; NaN when all are flat."""
    worst: float
    """Of the most blurred of them."""


def analysed(path: Path, seconds: float | None, progress: Progress) -> list[Part]:
    """Parts of ``seconds`` each, or PARTS of equal numbers of frames. Raises Error."""
    track = source.described(path)
    progress.stage("Indexing")
    found = source.opened(path, track, None, report=progress, upright=True)
    check_size(found.clip)
    times = source.clock(found, Survey((), True, None))
    shown = [float(times.seconds(tick - times.ticks[0])) for tick in (*times.ticks, times.end)]
    cuts = _cuts(shown, seconds)
    spans = list(zip(cuts, cuts[1:], strict=False))
    progress.stage("Measuring")
    parts = []
    for number, (first, end) in enumerate(spans):
        looks = min(_LOOKS, end - first)
        wanted = [first + (end - first) * (2 * look + 1) // (2 * looks) for look in range(looks)]
        values = [value for value in _measured(found.clip, wanted) if not math.isnan(value)]
        blur, worst = (fmean(values), max(values)) if values else (math.nan, math.nan)
        parts.append(Part(first, end, shown[first], shown[end], blur, worst))
        progress(number + 1, len(spans))
    progress.close()
    return parts


def check_size(clip: Any) -> None:
    """Raises Error when frames are too small for blur_of()."""
    if min(clip.width, clip.height) < LEAST_SIDE:
        raise Error(f"frames must have at least {LEAST_SIDE}x{LEAST_SIDE} pixels to be measured")


def _cuts(shown: Sequence[float], seconds: float | None) -> list[int]:
    """Where parts begin, and the number of frames. ``shown`` has every frame's time and the end's."""
    count = len(shown) - 1
    if seconds is None:
        parts = min(PARTS, count)
        return [count * part // parts for part in range(parts + 1)]
    numbers = [int(time // seconds) for time in shown[:-1]]
    return [*(n for n in range(count) if n == 0 or numbers[n] != numbers[n - 1]), count]


def _measured(clip: Any, wanted: Sequence[int]) -> list[float]:
    vs = vapoursynth()
    values = []
    with translated():
        for number in wanted:
            with clip[number].resize.Bilinear(**_to_luma(vs, clip)).get_frame(0) as frame:
                values.append(blur_of(np.array(frame[0])))
    return values


def _to_luma(vs: Any, clip: Any) -> dict[str, Any]:
    is_rgb = clip.format.color_family == vs.RGB
    return {"format": vs.GRAYS, **({"matrix": 1} if is_rgb else {})}


def plot(parts: Sequence[Part], name: str, target: Path) -> None:
    """Draws the parts over time into ``target``, a picture of a kind that matplotlib writes. Raises Error."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.2), layout="constrained")
    axes = figure.subplots()
    edges = [part.start for part in parts] + [parts[-1].stop]
    axes.stairs([part.worst for part in parts], edges, color="#c9d4e3", fill=True, label="the most blurred frame")
    axes.stairs([part.blur for part in parts], edges, color="#27548a", linewidth=1.6, baseline=None, label="mean")
    axes.set(xlabel="seconds", ylabel="blur", title=name, xlim=(edges[0], edges[-1]), ylim=(0, 1))
    axes.legend(loc="upper right", frameon=False, ncols=2)
    try:
        figure.savefig(target, dpi=120)
    except (OSError, ValueError) as error:
        raise Error(f"{target} cannot be written: {error}") from error
