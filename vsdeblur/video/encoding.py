"""Frames of VapourSynth's through an encoder into a file."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from vsdeblur._engine import Error
from vsdeblur.video import formats
from vsdeblur.video.encoders import Encoding, Picture
from vsdeblur.video.host import vapoursynth
from vsdeblur.video.padding import plane_rows

__all__ = ["check", "encode", "in_format", "out_of_room", "planes", "rgb_frame"]

THREADS = 4
"""Of encoders, on every machine: with some of them the coded bits depend on it."""

# FFmpeg's number of a siting is VapourSynth's plus this.
_SITING = 1
_LIMITED, _FULL = 1, 2


def in_format(clip: Any, alpha: Any, name: str) -> tuple[Any, Any]:
    """A clip and its alpha in the encoder's format ``name``; both as they are where that is the same."""
    vs = vapoursynth()
    pixels = formats.parsed(name)
    assert pixels is not None
    wanted = pixels.clip_format()
    if clip.format.id != wanted.id:
        clip = vs.core.resize.Bicubic(clip, format=wanted.id)
    if alpha is None or not pixels.has_alpha:
        return clip, None
    gray = vs.core.query_video_format(vs.GRAY, vs.INTEGER, pixels.bits, 0, 0)
    if alpha.format.id != gray.id:
        alpha = vs.core.resize.Point(alpha, format=gray.id, range=1, range_in=1)
    return clip, alpha


def check(encoding: Encoding, picture: Picture, rate: Fraction) -> None:
    """Raises Error when the encoder refuses its options or the picture."""
    try:
        context = av.codec.CodecContext.create(encoding.codec, "w")
        _set_up(context, encoding, picture, rate)
        context.options = dict(encoding.options)
        context.open()
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise Error(f"the encoder {encoding.codec} refuses: {_reason(error)}") from error
    unknown = sorted(set(context.options) & set(encoding.options))
    if unknown:
        raise Error(f"the encoder {encoding.codec} has no option {unknown[0]}")


def encode(
    frames: Iterable[list[Any]],
    encoding: Encoding,
    picture: Picture,
    rate: Fraction,
    target: Path,
    *,
    container: str,
    report: Callable[[int], None],
    options: Mapping[str, str] | None = None,
) -> None:
    """Encodes frames, as planes() gives them; frame n is at n / rate seconds. ``report`` hears how many are done.

    ``options`` are the container's.
    """
    with av.open(target, "w", format=container, options={"fflags": "+bitexact", **(options or {})}) as file:
        stream: Any = file.add_stream(encoding.codec, rate=rate, options=dict(encoding.options))
        _set_up(stream.codec_context, encoding, picture, rate)
        for number, parts in enumerate(frames):
            frame = _frame(parts, encoding.format, picture)
            frame.pts, frame.time_base = number, 1 / rate
            file.mux(stream.encode(frame))
            report(number + 1)
        file.mux(stream.encode())


def _set_up(context: Any, encoding: Encoding, picture: Picture, rate: Fraction) -> None:
    context.width, context.height, context.pix_fmt = picture.width, picture.height, encoding.format
    context.framerate, context.time_base = rate, 1 / rate
    context.sample_aspect_ratio = picture.aspect
    context.thread_count = THREADS
    context.color_primaries, context.color_trc = picture.primaries, picture.transfer
    context.colorspace = picture.matrix
    if picture.is_full_range is not None:
        context.color_range = _FULL if picture.is_full_range else _LIMITED
    if picture.siting >= 0:
        context.chroma_sample_location = picture.siting + _SITING


def planes(clip: Any, alpha: Any) -> Iterator[list[Any]]:
    """The planes of each frame, alpha last. The frames that follow are made meanwhile."""
    if alpha is None:
        for frame in clip.frames(close=True):
            yield [np.asarray(plane) for plane in frame]
        return
    for frame, cover in zip(clip.frames(close=True), alpha.frames(close=True), strict=True):
        yield [np.asarray(plane) for plane in (*frame, *cover)]


def _frame(planes: list[Any], name: str, picture: Picture) -> Any:
    """PyAV's frame of these planes, cut to the picture's size. VapourSynth's order is R, G, B, FFmpeg's G, B, R."""
    pixels = formats.parsed(name)
    assert pixels is not None
    if pixels.family == "rgb":
        planes = [planes[1], planes[2], planes[0], *planes[3:]]
    if pixels.has_alpha and len(planes) in (1, 3):
        planes = [*planes, np.full_like(planes[0], 2**pixels.bits - 1)]
    frame = av.VideoFrame(picture.width, picture.height, pixels.name)
    for source, plane in zip(planes, frame.planes, strict=True):
        rows = np.ascontiguousarray(source[: plane.height, : plane.width])
        plane_rows(plane, plane.width * rows.itemsize)[:] = rows.view(np.uint8).reshape(plane.height, -1)
    if picture.is_full_range is not None:
        frame.color_range = _FULL if picture.is_full_range else _LIMITED
    if name != pixels.name:
        frame = frame.reformat(format=name)
    return frame


def rgb_frame(frame: Any) -> Any:
    """PyAV's frame of one of VapourSynth's in RGB24."""
    red, green, blue = (np.asarray(plane) for plane in frame)
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(np.stack([red, green, blue], axis=-1)), format="rgb24")


def _reason(error: BaseException) -> str:
    text = str(error)
    return text.rpartition("last error log: ")[2] if "last error log: " in text else text


def out_of_room(error: BaseException) -> bool:
    """Whether a disk was full."""
    return getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
