"""``vsdeblur deblur``: a video file in, a deblurred video file out."""

from __future__ import annotations

import argparse
from fractions import Fraction
from typing import TYPE_CHECKING

from vsdeblur._engine import Error
from vsdeblur.cli._arguments import (
    add_encoder,
    add_files,
    add_function_arguments,
    check_packages,
    ended_by_sigterm,
    wishes,
)

if TYPE_CHECKING:
    from argparse import _SubParsersAction

__all__ = ["add_parser", "run"]


def add_parser(commands: _SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        "deblur",
        help="deblur a video file",
        description="Deblurs a video file. Everything else in it goes along: times of frames, other streams, chapters,"
        " tags, colour. What is done of a run that was broken off is kept beside OUT; --resume goes on from there.",
    )
    add_files(parser)
    parser.add_argument("--model", default="DTB", help="a network (see vsdeblur models) or an .onnx file; %(default)s")
    add_function_arguments(parser)
    add_encoder(parser)
    _add_range(parser)
    fields = parser.add_mutually_exclusive_group()
    fields.add_argument("--deinterlace", action="store_true", help="make whole frames of interlaced ones, with Bwdif")
    fields.add_argument("--progressive", action="store_true", help="take frames marked as interlaced as whole ones")
    parser.add_argument("--resume", action="store_true", help="go on where a run that was broken off stopped, if any")
    workers = parser.add_mutually_exclusive_group()
    workers.add_argument("--workers", type=_count, default=1, metavar="N", help="processes that share the work; 1")
    workers.add_argument("--scheduler", metavar="ADDRESS", help="share it among the workers of this Dask cluster")
    parser.add_argument("--json", action="store_true", help="progress as lines of JSON")
    return parser


def _add_range(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("a part of the video")
    group.add_argument("--from", dest="start", type=_time, metavar="TIME", help="seconds or [HH:]MM:SS, from the start")
    group.add_argument("--to", dest="end", type=_time, metavar="TIME", help="the same, of the end")
    group.add_argument("--frames", type=_frames, metavar="FIRST:END", help="frame FIRST to the one before END")


def _time(text: str) -> Fraction:
    """Seconds. Raises ArgumentTypeError."""
    try:
        seconds = Fraction(0)
        for part in text.split(":"):
            seconds = seconds * 60 + Fraction(part)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be seconds or [HH:]MM:SS, not {text}") from None
    if seconds < 0:
        raise argparse.ArgumentTypeError(f"must be at least 0, not {text}")
    return seconds


def _frames(text: str) -> tuple[int, int]:
    """The first frame and the one after the last. Raises ArgumentTypeError."""
    first, separator, end = text.partition(":")
    if not (separator and first.isdecimal() and end.isdecimal()):
        raise argparse.ArgumentTypeError(f"must be FIRST:END, such as 0:100, not {text}")
    return int(first), int(end)


def _count(text: str) -> int:
    """Raises ArgumentTypeError."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, not {text}")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    check_packages()
    from vsdeblur.video.deblurring import Request, deblur
    from vsdeblur.video.progress import Progress
    from vsdeblur.video.workers import Workers

    if arguments.frames is not None and (arguments.start is not None or arguments.end is not None):
        raise Error("--frames and --from, --to say the same: give one of them")
    request = Request(
        source=arguments.input,
        target=arguments.output,
        model=arguments.model,
        arguments=tuple(arguments.arg),
        wishes=wishes(arguments),
        deinterlace=arguments.deinterlace,
        progressive=arguments.progressive,
        start=arguments.start,
        end=arguments.end,
        frames=arguments.frames,
        overwrite=arguments.overwrite,
        resume=arguments.resume,
        workers=Workers(arguments.workers, arguments.scheduler),
    )
    with ended_by_sigterm():
        deblur(request, Progress(as_json=arguments.json))
    return 0
