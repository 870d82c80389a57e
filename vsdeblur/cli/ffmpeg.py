"""``vsdeblur ffmpeg -- ARGS``: the user's FFmpeg with all that the models need."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vsdeblur._engine import Error
from vsdeblur._system import become
from vsdeblur.ffmpeg.arguments import expanded
from vsdeblur.ffmpeg.launch import FFmpeg, find_ffmpeg, probe

if TYPE_CHECKING:
    from argparse import _SubParsersAction

__all__ = ["add_parser", "run"]

# What in an argument shows that it is for one of the ways.
_SIGNS = {"dnn_processing": "dnn", "frei0r=vsdeblur": "frei0r"}


def add_parser(commands: _SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        "ffmpeg",
        help="run ffmpeg with what the models need",
        usage="vsdeblur ffmpeg [-h] [-- ARGS ...]",
        description="Runs the ffmpeg that the environment variable FFMPEG names, else the one on the PATH, with all"
        " that the models need, and says which ways of running them it can take. In its filter graphs, the filter"
        " vsdeblur=MODEL[:via=WAY][:strength=X] stands for the graph that vsdeblur ffmpeg-graph prints. The exit"
        " status is ffmpeg's."
        " Without ARGS, only says what that ffmpeg can do.",
    )
    parser.add_argument("arguments", metavar="ARGS", nargs="*", help="ffmpeg's own arguments, after --")
    return parser


def run(arguments: argparse.Namespace) -> int:
    ffmpeg = probe(find_ffmpeg())
    _say(ffmpeg.report())
    given: list[str] = arguments.arguments
    if not given:
        return 0
    command = expanded(given, ffmpeg, _say)
    _refuse(command, ffmpeg)
    become(ffmpeg.path, command, ffmpeg.environment)


def _refuse(command: Sequence[str], ffmpeg: FFmpeg) -> None:
    """Raises Error if a graph is for a way that this ffmpeg cannot take."""
    for argument in command:
        for sign, way in _SIGNS.items():
            if sign in argument and not ffmpeg.can(way):
                raise Error(f"{ffmpeg.path} cannot run {sign}: {ffmpeg.lacking[way]}")


def _say(text: str) -> None:
    for line in text.splitlines():
        print(f"vsdeblur: {line}", file=sys.stderr, flush=True)
