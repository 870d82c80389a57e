"""A lossless copy of video that VapourSynth cannot take as it is: odd sizes of subsampled formats, WebM's alpha."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from vsdeblur._engine import Error

__all__ = ["plane_rows", "write_copy"]


def write_copy(path: Path, stream: int, target: Path, *, has_alpha: bool, report: Callable[[int, int], None]) -> None:
    """Writes stream ``stream`` of a file as FFV1 of even size: the last column or row repeats.

    Frame n is at n milliseconds. ``target`` appears when it is whole. Raises Error for a frame that cannot be decoded.
    """
    part = target.with_suffix(".part")
    with av.open(path) as source, av.open(part, "w", format="matroska") as copy:
        video = source.streams[stream]
        out: Any = None
        for number, frame in enumerate(_sound(path, _decoded(source, video, has_alpha))):
            whole = _even(frame)
            if out is None:
                out = copy.add_stream("ffv1", rate=1000, options={"level": "3"})
                out.width, out.height, out.pix_fmt = whole.width, whole.height, whole.format.name
            whole.pts = number
            copy.mux(out.encode(whole))
            report(number + 1, max(video.frames, number + 1))
        if out is None:
            raise Error(f"{path.name} has no frame that can be decoded")
        copy.mux(out.encode())
    part.replace(target)


def _decoded(source: Any, video: Any, has_alpha: bool) -> Iterator[Any]:
    if not has_alpha:
        yield from source.decode(video)
        return
    # FFmpeg's own decoders of VP8 and VP9 leave alpha out; libvpx's give it.
    decoder: Any = av.codec.CodecContext.create({"vp8": "libvpx", "vp9": "libvpx-vp9"}[video.codec_context.name], "r")
    for packet in source.demux(video):
        yield from decoder.decode(packet if packet.size else None)


def _sound(path: Path, frames: Iterator[Any]) -> Iterator[Any]:
    number = 0
    try:
        for frame in frames:
            yield frame
            number += 1
    except av.error.FFmpegError as error:
        raise Error(f"frame {number} of {path.name} cannot be decoded: {error.strerror}") from error


def _even(frame: Any) -> Any:
    """The frame with an even number of columns and rows."""
    width, height = frame.width + frame.width % 2, frame.height + frame.height % 2
    if (width, height) == (frame.width, frame.height):
        return frame
    whole = av.VideoFrame(width, height, frame.format.name)
    size = _sample_bytes(frame)
    for old, new in zip(frame.planes, whole.planes, strict=True):
        rows = plane_rows(old, old.width * size).reshape(old.height, old.width, size)
        room = ((0, new.height - old.height), (0, new.width - old.width), (0, 0))
        plane_rows(new, new.width * size)[:] = np.pad(rows, room, mode="edge").reshape(new.height, -1)
    return whole


def _sample_bytes(frame: Any) -> int:
    bits: int = frame.format.components[0].bits
    return (bits + 7) // 8


def plane_rows(plane: Any, row_bytes: int) -> npt.NDArray[np.uint8]:
    """The bytes of a plane of PyAV's, (rows, row_bytes), without what pads its lines. A view: writing changes it."""
    whole = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    return whole[:, :row_bytes]
