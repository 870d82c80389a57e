"""``vsdeblur compare``: a video file beside what networks make of it, or two video files on a page."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vsdeblur._engine import Error
from vsdeblur.cli._arguments import (
    add_encoder,
    add_files,
    add_function_arguments,
    check_packages,
    ended_by_sigterm,
    function_arguments,
    wishes,
)
from vsdeblur.models import DEFAULT

if TYPE_CHECKING:
    from argparse import _SubParsersAction

__all__ = ["add_parser", "run"]


def add_parser(commands: _SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        "compare",
        help="see a video file beside what networks make of it, or two video files on a page",
        usage="%(prog)s [options] IN OUT\n       %(prog)s A B --html PAGE [--truth C] [--overwrite]",
        description="IN OUT writes the video, without sound, with deblurred ones to its right, or one frame of it as a"
        " picture. Of a network that gives several instants of a frame it shows the middle one. A B --html PAGE"
        " measures two videos that are there, frame by frame, and writes a page to look at both.",
    )
    add_files(parser)
    page = parser.add_argument_group("page")
    page.add_argument("--html", type=Path, metavar="PAGE", help="write a page of two video files, A and B")
    page.add_argument("--truth", type=Path, metavar="C", help="the sharp video, which both are measured against")
    add_function_arguments(parser)
    add_encoder(parser)
    parser.add_argument(
        "--model",
        action="append",
        help=f"a network (see vsdeblur models) or an .onnx file; may be repeated; default: {DEFAULT}",
    )
    parser.add_argument("--frame", type=int, metavar="N", help="only frame N, from 0; OUT may then be a .png")
    return parser


def run(arguments: argparse.Namespace) -> int:
    check_packages("video")
    with ended_by_sigterm():
        if arguments.html is not None:
            _write_page(arguments)
        elif arguments.truth is not None:
            raise Error("--truth needs --html PAGE")
        else:
            _write_sheet(arguments)
    return 0


def _write_page(arguments: argparse.Namespace) -> None:
    check_packages("video", "report")
    from vsdeblur.report.comparison import compared
    from vsdeblur.report.page import write_page
    from vsdeblur.video.encoders import Wishes
    from vsdeblur.video.paths import check_source, check_target
    from vsdeblur.video.progress import Progress

    if arguments.model or arguments.frame is not None or function_arguments(arguments) or wishes(arguments) != Wishes():
        raise Error(
            "--html shows two videos that are there: --model, --frame and what deblurs or encodes do not go with it"
        )
    if arguments.html.suffix.lower() not in (".html", ".htm"):
        raise Error(f"--html must be an .html file, not {arguments.html.name}")
    videos = [arguments.input, arguments.output, *([arguments.truth] if arguments.truth is not None else [])]
    for video in videos:
        check_source(video)
    check_target(arguments.html, may_replace=arguments.overwrite)
    write_page(compared(arguments.input, arguments.output, arguments.truth, Progress()), arguments.html)


def _write_sheet(arguments: argparse.Namespace) -> None:
    from vsdeblur.video import source
    from vsdeblur.video.deblurring import check_files
    from vsdeblur.video.host import translated, vapoursynth
    from vsdeblur.video.network import deblurred
    from vsdeblur.video.progress import Progress
    from vsdeblur.video.writing import labelled, write_clip, write_picture

    check_files(arguments.input, arguments.output, may_replace=arguments.overwrite)
    vs, progress = vapoursynth(), Progress()
    progress.stage("Indexing")
    track = source.described(arguments.input)
    clip = source.opened(arguments.input, track, None, report=progress, upright=True).clip
    progress.close()
    with translated():
        shown = [("input", clip)]
        for model in arguments.model or [DEFAULT]:
            result = deblurred(vs.core.vsdeblur, clip, model, function_arguments(arguments))
            instants = result.num_frames // clip.num_frames
            shown.append((Path(model).stem, result[instants // 2 :: instants]))
        sheet = vs.core.std.StackHorizontal([labelled(*item) for item in shown])
    if arguments.frame is not None:
        sheet = _only(sheet, arguments.frame)
    if arguments.output.suffix.lower() == ".png":
        write_picture(sheet, arguments.output)
    else:
        write_clip(sheet, arguments.output, wishes(arguments), progress)


def _only(clip: Any, number: int) -> Any:
    if not 0 <= number < clip.num_frames:
        raise Error(f"--frame must be 0 to {clip.num_frames - 1}, not {number}")
    return clip[number]
