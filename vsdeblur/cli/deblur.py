"""``vsdeblur deblur``: a video file in, a deblurred video file out."""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from vsdeblur._engine import Error
from vsdeblur.cli._arguments import (
    add_encoder,
    add_function_arguments,
    check_packages,
    ended_by_sigterm,
    function_arguments,
    wishes,
)
from vsdeblur.models import DEFAULT

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from vsdeblur.video.deblurring import Request

__all__ = ["add_parser", "run"]


def add_parser(commands: _SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        "deblur",
        help="deblur a video file",
        usage="%(prog)s [OPTION]... IN OUT\n       %(prog)s [OPTION]... IN... --out-dir FOLDER",
        description="Deblurs a video file. Everything else in it goes along: times of frames, other streams, chapters,"
        " tags, colour. Whole segments (some 80 frames) of a run that was broken off are kept beside OUT; --resume goes"
        " on from there. It is for blur by motion of the camera or of objects, not for what is out of focus.",
        epilog="examples: vsdeblur deblur blurry.mp4 sharp.mp4; vsdeblur deblur film.mkv sharp.mkv --from 1:00"
        " --to 1:10; ffmpeg -i in.mp4 -f yuv4mpegpipe - | vsdeblur deblur - - | ffmpeg -i - out.mp4",
    )
    _add_files(parser)
    parser.add_argument(
        "--model", default=DEFAULT, help="a network (see vsdeblur models) or an .onnx file; default: %(default)s"
    )
    add_function_arguments(parser)
    add_encoder(parser)
    _add_range(parser)
    parser.add_argument(
        "--rate",
        "--fps",
        type=_rate,
        metavar="N",
        help="frames a second of a picture sequence, such as 24000/1001; default: 25",
    )
    fields = parser.add_mutually_exclusive_group()
    fields.add_argument("--deinterlace", action="store_true", help="make whole frames of interlaced ones, with Bwdif")
    fields.add_argument("--progressive", action="store_true", help="take frames marked as interlaced as whole ones")
    parser.add_argument(
        "--preview",
        type=Path,
        metavar="FILE.png",
        help="only write a picture of three frames before and after, spread over IN; OUT is not needed",
    )
    parser.add_argument("--resume", action="store_true", help="go on where a run that was broken off stopped, if any")
    workers = parser.add_mutually_exclusive_group()
    workers.add_argument(
        "--workers", type=_count, default=1, metavar="N", help="processes that share the work; default: 1"
    )
    workers.add_argument("--scheduler", metavar="ADDRESS", help="share it among the workers of this Dask cluster")
    parser.add_argument("--json", action="store_true", help="progress as lines of JSON")
    return parser


def _add_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        metavar="IN OUT",
        nargs="+",
        type=Path,
        help="any video file, and the file to write, whose ending says which container; - is Y4M on a pipe,"
        " frames/%%05d.png or 'frames/*.png' a picture sequence",
    )
    parser.add_argument(
        "--out-dir", type=Path, metavar="FOLDER", help="all files are inputs, or folders of them; write into FOLDER"
    )
    parser.add_argument("--ext", metavar="ENDING", help="with --out-dir: another container than IN's, such as .mkv")
    parser.add_argument("--overwrite", action="store_true", help="replace what is there")
    parser.set_defaults(fail=parser.error)


def _add_range(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("a part of the video")
    group.add_argument("--from", dest="start", type=_time, metavar="TIME", help="seconds or [HH:]MM:SS, from the start")
    group.add_argument("--to", dest="end", type=_time, metavar="TIME", help="the same, of the end")
    group.add_argument("--frames", type=_frames, metavar="FIRST:END", help="frame FIRST to the one before END")


def _rate(text: str) -> Fraction:
    """Frames a second. Raises ArgumentTypeError."""
    try:
        rate = Fraction(text).limit_denominator(1_000_000)
    except (ValueError, ZeroDivisionError):
        raise argparse.ArgumentTypeError(f"must be a number such as 25 or 24000/1001, not {text}") from None
    if rate <= 0:
        raise argparse.ArgumentTypeError(f"must be above 0, not {text}")
    return rate


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
    check_packages("video")
    from vsdeblur.video.batch import deblur_all, planned
    from vsdeblur.video.deblurring import deblur
    from vsdeblur.video.direct import deblur_directly, is_direct
    from vsdeblur.video.preview import write_preview
    from vsdeblur.video.progress import Progress

    _check_files(arguments)
    if arguments.frames is not None and (arguments.start is not None or arguments.end is not None):
        raise Error("--frames and --from, --to say the same: give one of them")
    progress = Progress(as_json=arguments.json)
    if arguments.preview is not None:
        with ended_by_sigterm():
            write_preview(_request(arguments, arguments.files[0], arguments.files[-1]), arguments.preview, progress)
        return 0
    if arguments.out_dir is None:
        request = _request(arguments, *arguments.files)
        work = deblur_directly if is_direct(request) else deblur
        with ended_by_sigterm():
            work(request, progress)
        return 0
    plan = planned(arguments.files, arguments.out_dir, arguments.ext, progress)
    arguments.out_dir.mkdir(parents=True, exist_ok=True)
    with ended_by_sigterm():
        return 0 if deblur_all([_request(arguments, *files) for files in plan], progress) else 1


def _check_files(arguments: argparse.Namespace) -> None:
    """Ends the program when there are too few or too many; raises Error for what does not go together."""
    from vsdeblur.video.sequences import is_for_pictures, is_pattern

    if arguments.rate is not None and not is_pattern(arguments.files[0]):
        raise Error("--rate is for a picture sequence as IN; a video has its own")
    if arguments.preview is not None and (arguments.out_dir is not None or arguments.files[0] == Path("-")):
        raise Error("--preview is for one file as IN, or a picture sequence")
    if arguments.out_dir is None:
        if arguments.ext is not None:
            raise Error("--ext is for --out-dir; OUT's own ending says which container")
        if len(arguments.files) != 2 and not (arguments.preview is not None and len(arguments.files) == 1):
            what = "OUT is missing" if len(arguments.files) == 1 else "there are more files than IN and OUT"
            if len(arguments.files) > 2 and is_for_pictures(arguments.files[0]):
                what = "quote the pattern of a picture sequence, such as '*.png'"
            arguments.fail(f"{what}: give IN OUT, or IN... --out-dir FOLDER")
        if arguments.files[0].is_dir():
            raise Error(
                f"{arguments.files[0]} is a folder: --out-dir FOLDER takes all videos in it; a picture sequence is IN"
                f" {arguments.files[0]}/%05d.png or '{arguments.files[0]}/*.png'"
            )
        return
    if Path("-") in arguments.files:
        raise Error("- is for IN OUT, and not for --out-dir")
    if arguments.overwrite and arguments.resume:
        raise Error("with --out-dir --resume leaves files that are there, and --overwrite replaces them: give one")
    if arguments.out_dir.exists() and not arguments.out_dir.is_dir():
        raise Error(f"{arguments.out_dir} is no folder")


def _request(arguments: argparse.Namespace, source: Path, target: Path) -> Request:
    from vsdeblur.video.deblurring import Request
    from vsdeblur.video.workers import Workers

    return Request(
        source=source,
        target=target,
        model=arguments.model,
        arguments=function_arguments(arguments),
        wishes=wishes(arguments),
        deinterlace=arguments.deinterlace,
        progressive=arguments.progressive,
        start=arguments.start,
        end=arguments.end,
        frames=arguments.frames,
        overwrite=arguments.overwrite,
        resume=arguments.resume,
        rate=arguments.rate,
        workers=Workers(arguments.workers, arguments.scheduler),
    )
