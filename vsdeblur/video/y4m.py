"""Y4M on pipes: frames from the standard input, and onto the standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import IO, Any

import av
import numpy as np

from vsdeblur._engine import Error
from vsdeblur.video import formats
from vsdeblur.video.encoders import Picture
from vsdeblur.video.formats import Pixels
from vsdeblur.video.frames import Shape
from vsdeblur.video.source import Interlaced

__all__ = ["Reader", "chosen_format", "header", "opened_output", "write_frames"]

_BUFFER = 1 << 20
_STDIN = "the standard input"
# Chroma sitings by VapourSynth's numbers; what nobody says is taken as left, as the engine does.
_SITED = {0: "420mpeg2", 1: "420jpeg", 2: "420paldv", -1: "420mpeg2"}
_FORMATS = (
    *("gray", "gray9le", "gray10le", "gray12le", "gray16le", "yuv411p"),
    *(f"yuv{ratio}p{bits}" for ratio in ("420", "422", "444") for bits in ("", "9le", "10le", "12le", "14le", "16le")),
)
"""What FFmpeg reads and writes as Y4M."""


class _Counted:
    """A pipe that counts what was read of it."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self.count = 0

    def read(self, size: int) -> bytes:
        found = self._pipe.read(size)
        self.count += len(found)
        return found


class Reader:
    """Y4M from a pipe. Iterates over PyAV's frames once."""

    def __init__(self, pipe: IO[bytes], *, progressive: bool) -> None:
        """Waits for the header. Raises Error when it is none.

        ``progressive`` takes frames that are marked as interlaced as whole ones.
        """
        if pipe.isatty():
            raise Error(
                "IN is -, and the standard input is a terminal: pipe Y4M into it, such as"
                " ffmpeg -i FILE -f yuv4mpegpipe -strict -1 - | vsdeblur deblur - OUT"
            )
        self._pipe = _Counted(pipe)
        try:
            self._file: Any = av.open(self._pipe, format="yuv4mpegpipe", buffer_size=_BUFFER)
        except (av.error.FFmpegError, OSError) as error:
            what = "no Y4M" if self._pipe.count else "empty"
            raise Error(f"{_STDIN} is {what}; ffmpeg -i FILE -f yuv4mpegpipe -strict -1 - writes Y4M") from error
        stream: Any = self._file.streams.video[0]
        context = stream.codec_context
        pixels = formats.parsed(context.pix_fmt)
        if pixels is None or not context.width or not context.height:
            raise Error(f"{_STDIN} holds {context.pix_fmt}, which is not read here")
        self.shape = Shape(
            width=context.width,
            height=context.height,
            pixels=pixels,
            aspect=Fraction(stream.sample_aspect_ratio or 1) or Fraction(1),
            rate=Fraction(stream.average_rate or 25),
            siting=int(context.chroma_sample_location) - 1,
        )
        self._progressive = progressive

    def __iter__(self) -> Iterator[Any]:
        """Raises Error when the stream breaks off within a frame, and Interlaced."""
        end = number = 0
        try:
            for packet in self._file.demux(video=0):
                if packet.size:
                    end = (packet.pos or 0) + packet.size
                for frame in packet.decode():
                    if frame.interlaced_frame and not self._progressive:
                        raise Interlaced(
                            f"{_STDIN} is interlaced; --progressive takes its frames as whole already (25p in 50i), and"
                            " a deinterlacer before the pipe, such as ffmpeg -vf bwdif, makes whole ones"
                        )
                    number += 1
                    yield frame
        except (av.error.FFmpegError, OSError) as error:
            raise Error(f"{_STDIN} cannot be read after frame {number - 1}: {error.strerror}") from error
        if number and self._pipe.count != end:
            raise Error(f"{_STDIN} breaks off within frame {number}")


def chosen_format(pixels: Pixels) -> str:
    """The least format of Y4M that holds these, by FFmpeg's name. Raises Error when there is none."""
    found = formats.chosen(_FORMATS, pixels)
    if found is None:
        kind = "alpha" if pixels.has_alpha else pixels.name
        raise Error(f"Y4M cannot hold {kind}: it has YUV and gray of 8 to 16 bits; OUT may be a file instead of -")
    return found


def header(picture: Picture, format_name: str, rate: Fraction) -> bytes:
    """The first line, as FFmpeg writes it."""
    pixels = formats.parsed(format_name)
    assert pixels is not None
    depth = "" if pixels.bits == 8 else str(pixels.bits)
    if pixels.family == "gray":
        kind = f"Cmono{depth}"
    else:
        ratio = pixels.name.removeprefix("yuv")[:3]
        tag = (
            _SITED.get(picture.siting, "420jpeg")
            if (ratio, depth) == ("420", "")
            else f"{ratio}{'p' if depth else ''}{depth}"
        )
        kind = f"C{tag} XYSCSS={tag.upper()}"
    known = "" if picture.is_full_range is None else f" XCOLORRANGE={'FULL' if picture.is_full_range else 'LIMITED'}"
    shape = picture.aspect
    text = (
        f"YUV4MPEG2 W{picture.width} H{picture.height} F{rate.numerator}:{rate.denominator} Ip"
        f" A{shape.numerator}:{shape.denominator} {kind}{known}\n"
    )
    return text.encode()


def opened_output() -> IO[bytes]:
    """The standard output. Raises Error when it is a terminal."""
    if sys.stdout.isatty():
        raise Error("OUT is -, and the standard output is a terminal: pipe it into a program that reads Y4M")
    return os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=_BUFFER)


def write_frames(clip: Any, picture: Picture, out: IO[bytes], report: Callable[[int], None]) -> None:
    """Writes all frames of a clip in one of Y4M's formats. ``report`` hears how many. Raises BrokenPipeError."""
    across, down = clip.format.subsampling_w, clip.format.subsampling_h
    for number, frame in enumerate(clip.frames(close=True)):
        out.write(b"FRAME\n")
        for index, plane in enumerate(frame):
            height, width = picture.height, picture.width
            if index > 0:
                height, width = -(-height >> down), -(-width >> across)
            out.write(np.ascontiguousarray(np.asarray(plane)[:height, :width]).data)
        report(number + 1)
