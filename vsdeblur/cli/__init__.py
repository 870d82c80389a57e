"""The command line: ``vsdeblur COMMAND``. One file a command; each has add_parser() and run()."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from vsdeblur._engine import Error
from vsdeblur._system import write_any_text
from vsdeblur.cli import analyze, bench, compare, deblur, doctor, editors, ffmpeg, ffmpeg_graph, models

__all__ = ["main"]

_INTERRUPTED = 130  # as shells have it: 128 + SIGINT


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; ``argv`` is without the program's name. Returns the exit status: 0, or 1 for a failure."""
    parser = argparse.ArgumentParser(
        prog="vsdeblur", description="Deblurs video.", epilog="example: vsdeblur deblur blurry.mp4 sharp.mp4"
    )
    parser.add_argument("--version", action="version", version=f"vsdeblur {version('vsdeblur')}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (deblur, compare, analyze, models, doctor, bench, ffmpeg, ffmpeg_graph, editors):
        command.add_parser(commands).set_defaults(run=command.run)
    write_any_text()
    arguments, more = parser.parse_known_args(argv)
    _take(arguments, more, parser)
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
        return status
    except Error as error:
        print(f"vsdeblur: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone; Python would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _take(arguments: argparse.Namespace, more: list[str], parser: argparse.ArgumentParser) -> None:
    """Files that stand behind an option belong to those before it, which argparse does not know of lists."""
    files = getattr(arguments, "files", None)
    if not more:
        return
    if files is None or any(text.startswith("-") and text != "-" for text in more):
        parser.error(f"unrecognized arguments: {' '.join(more)}")
    files.extend(map(Path, more))
