"""``vsdeblur compare``: a video file in, and out the same beside what networks make of it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vsdeblur._engine import Error
from vsdeblur.cli import _video

if TYPE_CHECKING:
    from argparse import _SubParsersAction

__all__ = ["add_parser", "run"]

# What a name above a picture needs, in pixels: the margins of VapourSynth's text filter, and a letter.
_LABEL_WIDTH, _LABEL_HEIGHT = 40, 48


def add_parser(commands: _SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        "compare",
        help="see a video file beside what networks make of it",
        description="Writes the video, without sound, with deblurred ones to its right, or one frame of it as a"
        " picture. Of a network that gives several instants of a frame it shows the middle one.",
    )
    _video.add_arguments(parser)
    parser.add_argument(
        "--model",
        action="append",
        help="a network (see vsdeblur models) or an .onnx file; may be repeated; default: DTB",
    )
    parser.add_argument("--frame", type=int, metavar="N", help="only frame N, from 0; OUT may then be a .png")
    return parser


def run(arguments: argparse.Namespace) -> int:
    with _video.opened(arguments) as files:
        clip = files.read()
        shown = [("input", clip)]
        for model in arguments.model or ["DTB"]:
            result = _video.deblurred(files.vs.core.vsdeblur, clip, model, arguments.arg)
            instants = result.num_frames // clip.num_frames
            shown.append((Path(model).stem, result[instants // 2 :: instants]))
        sheet = files.vs.core.std.StackHorizontal([_labelled(files.vs, *item) for item in shown])
        files.write(sheet if arguments.frame is None else _only(sheet, arguments.frame), others=False)
    return 0


def _labelled(vs: Any, name: str, clip: Any) -> Any:
    """The clip with its name at the top left, where it is large enough."""
    if clip.width < _LABEL_WIDTH or clip.height < _LABEL_HEIGHT:
        return clip
    return vs.core.text.Text(clip, name, alignment=7)


def _only(clip: Any, number: int) -> Any:
    if not 0 <= number < clip.num_frames:
        raise Error(f"--frame must be 0 to {clip.num_frames - 1}, not {number}")
    return clip[number]
