"""``vsdeblur ffmpeg-graph``: a filter graph for FFmpeg."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from vsdeblur.ffmpeg.graph import graph
from vsdeblur.ffmpeg.ways import WAYS

if TYPE_CHECKING:
    from argparse import _SubParsersAction

__all__ = ["add_parser", "run"]


def add_parser(commands: _SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        "ffmpeg-graph",
        help="print the filter graph that runs a model in FFmpeg",
        description="Prints one filter graph with one input and one output, for FFmpeg's -vf and -filter_complex.",
    )
    parser.add_argument("model", metavar="NAME", help="a shipped model's name, or the path of an .onnx file")
    parser.add_argument(
        "--via",
        choices=WAYS,
        default="dnn",
        help="dnn: stock FFmpeg 9, models without state; wrapper: the same with libvsdeblur_dnn.so, every model; "
        "frei0r: any FFmpeg with the frei0r plugin (default: %(default)s)",
    )
    parser.add_argument(
        "--strength",
        type=float,
        default=1,
        metavar="X",
        help="how much of the network's change is applied, 0 to 1 (default: %(default)s)",
    )
    return parser


def run(arguments: argparse.Namespace) -> int:
    print(graph(arguments.model, arguments.via, arguments.strength))
    return 0
