"""``vsdeblur bench``: how fast the networks are on this machine, one line each."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from itertools import islice, product
from typing import TYPE_CHECKING

import numpy as np

from vsdeblur import models
from vsdeblur._engine import Error
from vsdeblur._frames import Frame
from vsdeblur.deblurrer import Deblurrer

if TYPE_CHECKING:
    from argparse import _SubParsersAction

__all__ = ["add_parser", "run"]


def add_parser(commands: _SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        "bench",
        help="measure the networks' speed",
        description="Measures how long the networks take on this machine for a frame of 8 bits in memory, RGB or, for"
        " networks of luma, Y alone; these take three times as long for RGB. Decoding and encoding come on top. Loading"
        " a network and its first frame do not count.",
    )
    parser.add_argument(
        "--model", action="append", metavar="NAME", help="a network; may be repeated; default: all that ship"
    )
    parser.add_argument(
        "--size", action="append", type=_size, metavar="WxH", help="of the frames; may be repeated; default: 640x480"
    )
    parser.add_argument("--frames", type=int, default=4, metavar="N", help="how many to time; %(default)s")
    parser.add_argument(
        "--precision", action="append", help="auto (default), fp32, fp16, bf16 or int8; may be repeated"
    )
    parser.add_argument(
        "--provider",
        action="append",
        help="where to run the networks, such as ONNXRuntime or CUDA; may be repeated; the CPU if not given",
    )
    parser.add_argument("--device-id", type=int, default=0, metavar="N", help="which of the provider's devices")
    return parser


def run(arguments: argparse.Namespace) -> int:
    if arguments.frames < 1:
        raise Error(f"--frames must be at least 1, not {arguments.frames}")
    choices = product(
        arguments.model or _trained(),
        arguments.size or [(640, 480)],
        arguments.provider or [""],
        arguments.precision or [None],
    )
    for name, (width, height), provider, precision in choices:
        deblurrer = Deblurrer(name, precision=precision, provider=provider, device_id=arguments.device_id, sc=0)
        seconds = _seconds_a_frame(deblurrer, width, height, arguments.frames)
        speed = f"{1 / seconds:8.2f} frames/s {seconds:9.3f} s a frame"
        seen = f"{width}x{height} {deblurrer.contract.color}"
        print(f"{name:<14} {speed}  {seen}, {provider or 'CPU'}, {deblurrer.precision}", flush=True)
    return 0


def _trained() -> list[str]:
    """The networks that can be run by name."""
    found = (model.name for model in models.shipped() if model.contract and model.contract.is_trained)
    names = list(dict.fromkeys(found))
    if not names:
        raise Error("there are no trained models in the weights folder")
    return names


def _size(text: str) -> tuple[int, int]:
    """WIDTHxHEIGHT in pixels. Raises ArgumentTypeError."""
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise argparse.ArgumentTypeError(f"must be WxH, such as 640x480, not {text}")
    return int(width), int(height)


def _seconds_a_frame(deblurrer: Deblurrer, width: int, height: int, count: int) -> float:
    """Mean seconds for a frame that goes in, over ``count`` frames after the first."""
    shape = (height, width) if deblurrer.contract.color == "luma" else (height, width, 3)
    outputs = deblurrer(_moving(shape, count + 1))
    instants = deblurrer.contract.subframes or 1
    for _ in islice(outputs, instants):
        pass
    start = time.perf_counter()
    for _ in outputs:
        pass
    return (time.perf_counter() - start) / count


def _moving(shape: tuple[int, ...], count: int) -> Iterator[Frame]:
    """Noise that moves by a pixel a frame."""
    picture = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    for number in range(count):
        yield np.roll(picture, number, axis=1)
