"""Arguments that several commands share."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from vsdeblur._engine import Error

if TYPE_CHECKING:
    from vsdeblur.video.encoders import Wishes

__all__ = [
    "add_encoder",
    "add_files",
    "add_function_arguments",
    "check_packages",
    "ended_by_sigterm",
    "function_arguments",
    "missing_packages",
    "wishes",
]

_PACKAGES = {
    "video": {"av": "av", "tqdm": "tqdm", "imageio_ffmpeg": "imageio-ffmpeg"},
    "report": {"skimage": "scikit-image", "matplotlib": "matplotlib", "jinja2": "jinja2", "PIL": "pillow"},
}
"""What the extras bring, and pip's names. Commands import it as they run: not every installation has it."""


def missing_packages(extra: str) -> list[str]:
    """Pip's names of what an extra brings and is not installed."""
    return [package for module, package in _PACKAGES[extra].items() if find_spec(module) is None]


def check_packages(*extras: str) -> None:
    """Raises Error when something that one of the extras brings is not installed."""
    for extra in extras:
        for package in missing_packages(extra):
            raise Error(f'this command needs {package}; pip install "vsdeblur[{",".join(extras)}]"')


def add_files(parser: argparse.ArgumentParser) -> None:
    """IN, OUT and whether OUT may be replaced."""
    parser.add_argument("input", metavar="IN", type=Path, help="any video file")
    parser.add_argument("output", metavar="OUT", type=Path, help="the file to write; its ending says which container")
    parser.add_argument("--overwrite", action="store_true", help="replace OUT if it is there")


def add_function_arguments(parser: argparse.ArgumentParser) -> None:
    """--strength and --arg."""
    parser.add_argument(
        "--strength",
        type=float,
        metavar="X",
        help="how much of the network's change is applied, 0 to 4; default: 1",
    )
    parser.add_argument(
        "--arg",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an argument of the plugin's function, such as segment=40 or tilesize=256,192; may be repeated",
    )


def function_arguments(arguments: argparse.Namespace) -> tuple[str, ...]:
    """What add_function_arguments() read, as NAME=VALUE texts."""
    strength = () if arguments.strength is None else (f"strength={arguments.strength!r}",)
    return (*strength, *arguments.arg)


def add_encoder(parser: argparse.ArgumentParser) -> None:
    """What wishes() reads."""
    group = parser.add_argument_group("encoder")
    group.add_argument("--codec", metavar="NAME", help="FFmpeg's encoder, such as libx265; default: by OUT's ending")
    group.add_argument("--crf", type=float, metavar="N", help="quality; lower is better")
    group.add_argument("--preset", metavar="NAME", help="the encoder's trade of time for size, such as slow")
    group.add_argument(
        "--encoder-option", action="append", default=[], metavar="NAME=VALUE", help="any other; may be repeated"
    )
    group.add_argument("--lossless", action="store_true", help="code frames as they are")
    group.add_argument("--leave-out", action="store_true", help="go on without what OUT's container cannot hold")


def wishes(arguments: argparse.Namespace) -> Wishes:
    """What the encoder's arguments ask for. Raises Error."""
    from vsdeblur.video.encoders import Wishes

    options = []
    for text in arguments.encoder_option:
        name, separator, value = text.partition("=")
        if not separator or not name:
            raise Error(f"--encoder-option must be NAME=VALUE, not {text}")
        options.append((name, value))
    return Wishes(
        codec=arguments.codec,
        crf=arguments.crf,
        preset=arguments.preset,
        options=tuple(options),
        lossless=arguments.lossless,
        leave_out=arguments.leave_out,
    )


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """Lets SIGTERM end the block as Ctrl-C does, so that what is done is kept in order. In the main thread."""

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
