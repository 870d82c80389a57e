"""A comparison as one HTML page that needs nothing beside it."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path
from statistics import fmean
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from vsdeblur._engine import Error
from vsdeblur.ffmpeg.cache import write_whole
from vsdeblur.report.comparison import Comparison, Measured

__all__ = ["write_page"]

_COLORS = ("#b35c1e", "#27548a", "#3c7d3c")
_LEFT, _RIGHT = 0.07, 0.985
"""Where a chart's axis begins and ends, of its width: the page draws its cursor by it."""

Values = Callable[[Measured], Sequence[float | None]]


def write_page(comparison: Comparison, target: Path) -> None:
    """Writes ``target``, which appears whole or is as it was before. Raises Error."""
    environment = Environment(
        loader=PackageLoader("vsdeblur.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = environment.get_template("page.html").render(
        width=comparison.width,
        height=comparison.height,
        videos=comparison.videos,
        colors=_COLORS,
        rows=_rows(comparison),
        charts=[(title, Markup(_chart(comparison, unit, values))) for title, unit, values in _charts(comparison)],
        axis=(_LEFT, _RIGHT),
        count=len(comparison.times),
        data=_data(comparison),
    )
    try:
        write_whole(target, text.encode())
    except OSError as error:
        raise Error(f"{target} cannot be written: {error.strerror}") from error


def _charts(comparison: Comparison) -> list[tuple[str, str, Values]]:
    charts: list[tuple[str, str, Values]] = [
        ("Sharpness", "0 to 1", lambda video: video.sharpness),
        ("Flicker", "steps of 8 bits", lambda video: video.flicker),
    ]
    if comparison.has_truth:
        charts += [
            ("PSNR", "dB", lambda video: [score.psnr for score in video.scores]),
            ("SSIM", "0 to 1", lambda video: [score.ssim for score in video.scores]),
        ]
    return charts


def _rows(comparison: Comparison) -> list[tuple[str, list[str]]]:
    """The table: means over all frames, a column a video."""
    videos = comparison.videos
    rows = [
        ("Sharpness", [_mean(video.sharpness, 3) for video in videos]),
        ("Flicker", [_mean(video.flicker, 2) for video in videos]),
    ]
    if comparison.has_truth:
        for name, key, digits in (
            ("PSNR, dB", "psnr", 2),
            ("SSIM", "ssim", 4),
            ("PSNR of luma, dB", "psnr_y", 2),
            ("SSIM of luma", "ssim_y", 4),
        ):
            rows.append((name, [_mean([getattr(s, key) for s in video.scores], digits) for video in videos]))
        rows.append(("tOF, pixels", ["" if video.tof is None else f"{video.tof:.3f}" for video in videos]))
    return rows


def _mean(values: Sequence[float | None], digits: int) -> str:
    known = [value for value in values if value is not None]
    return f"{fmean(known):.{digits}f}" if known else ""


def _chart(comparison: Comparison, unit: str, values: Values) -> str:
    """A line a video over time, as SVG."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "vsdeblur", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(10, 1.7))
        figure.subplots_adjust(left=_LEFT, right=_RIGHT, top=0.97, bottom=0.24)
        axes = figure.subplots()
        for video, color in zip(comparison.videos, _COLORS, strict=False):
            numbers = [float("nan") if value is None else value for value in values(video)]
            if numbers:
                axes.plot(comparison.times, numbers, color=color, linewidth=1.3, marker="." if len(numbers) < 3 else "")
        axes.set(xlim=_limits(comparison.times), ylabel=unit)
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        file = StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    return file.getvalue()[file.getvalue().index("<svg") :]


def _limits(times: Sequence[float]) -> tuple[float, float]:
    return times[0], times[-1] if times[-1] > times[0] else times[0] + 1


def _data(comparison: Comparison) -> Markup:
    """What the page's script needs, as JSON that may stand in a script element."""
    start, end = _limits(comparison.times)
    value: dict[str, Any] = {
        "frames": [
            {
                "number": number,
                "time": comparison.times[number],
                "place": (comparison.times[number] - start) / (end - start),
            }
            for number in comparison.shown
        ],
        "pictures": [
            ["data:image/jpeg;base64," + b64encode(picture).decode() for picture in video.pictures]
            for video in comparison.videos
        ],
    }
    return Markup(json.dumps(value).replace("<", "\\u003c"))
