"""``vsdeblur analyze``: how blurred each part of a video file is."""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from vsdeblur.cli._arguments import check_packages

if TYPE_CHECKING:
    from argparse import _SubParsersAction
    from collections.abc import Sequence

    from vsdeblur.report.analysis import Part

__all__ = ["add_parser", "run"]

_BAR = 30  # letters of a blur of 1


def add_parser(commands: _SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        "analyze",
        help="see how blurred each part of a video file is",
        description="Prints how blurred each part of a video file is, from 0 (sharp) to 1 (no detail), by a few frames"
        " of each. Compare parts of like content: what is out of focus counts too.",
    )
    parser.add_argument("input", metavar="IN", type=Path, help="any video file")
    parser.add_argument("--every", type=_seconds, metavar="SECONDS", help="length of a part; default: 20 parts")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw it too, such as plot.png or plot.svg")
    parser.add_argument("--json", action="store_true", help="print a JSON list of the parts")
    return parser


def _seconds(text: str) -> float:
    """Raises ArgumentTypeError."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number above 0, not {text}")
    return seconds


def run(arguments: argparse.Namespace) -> int:
    check_packages("video", "report")
    from vsdeblur.report.analysis import analysed, plot
    from vsdeblur.video.paths import check_source
    from vsdeblur.video.progress import Progress

    check_source(arguments.input)
    parts = analysed(arguments.input, arguments.every, Progress())
    if arguments.plot is not None:
        plot(parts, arguments.input.name, arguments.plot)
    print(_json(parts) if arguments.json else _table(parts))
    return 0


def _json(parts: Sequence[Part]) -> str:
    records = [asdict(part) for part in parts]
    plain = [{key: None if value != value else value for key, value in record.items()} for record in records]
    return json.dumps(plain, indent=2)


def _table(parts: Sequence[Part]) -> str:
    lines = ["from       to         frames           blur   worst"]
    for part in parts:
        frames = f"{part.first}..{part.end - 1}"
        blur, worst = ("flat" if math.isnan(value) else f"{value:.3f}" for value in (part.blur, part.worst))
        bar = "" if math.isnan(part.blur) else "#" * round(_BAR * part.blur)
        lines.append(f"{_clock(part.start)}  {_clock(part.stop)}  {frames:15}  {blur:5}  {worst:5}  {bar}".rstrip())
    return "\n".join(lines)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes) // 60}:{int(minutes) % 60:02}:{rest:04.1f}"
