"""``vsdeblur deblur``: a video file in, a deblurred video file out."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from vsdeblur.cli import _video

if TYPE_CHECKING:
    from argparse import _SubParsersAction

__all__ = ["add_parser", "run"]


def add_parser(commands: _SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        "deblur",
        help="deblur a video file",
        description="Deblurs a video file. Its other streams, chapters and tags are copied. FFmpeg chooses the encoder"
        " by OUT's ending.",
    )
    _video.add_arguments(parser)
    parser.add_argument("--model", default="DTB", help="a network (see vsdeblur models) or an .onnx file; %(default)s")
    return parser


def run(arguments: argparse.Namespace) -> int:
    with _video.opened(arguments) as files:
        clip = _video.deblurred(files.vs.core.vsdeblur, files.read(), arguments.model, arguments.arg)
        files.write(clip, others=True)
    return 0
