"""Pictures that are a video together: which files a pattern means, and they as a clip."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from vsdeblur._engine import Error
from vsdeblur.video import formats
from vsdeblur.video.encoders import Encoding, Picture, Wishes, choose
from vsdeblur.video.frames import Shape, blank, filled
from vsdeblur.video.host import vapoursynth
from vsdeblur.video.padding import plane_rows
from vsdeblur.video.source import Report

__all__ = ["chosen_encoding", "clip_of", "existing", "is_for_pictures", "is_pattern", "listed", "numbered", "shape_of"]

_NUMBER = re.compile(r"%(?:0(\d+))?d")
_ENCODERS = {".png": "png", ".tif": "tiff", ".tiff": "tiff", ".bmp": "bmp", ".tga": "targa", ".dpx": "dpx"}
"""Of the pictures that are written, by their endings: those that lose nothing."""
_OTHERS = (".jpg", ".jpeg", ".webp", ".jp2", ".exr", ".ppm")

# Planar formats for what pictures have besides; FFmpeg changes the one into the other without loss.
_PLANAR = {"ya8": "gbrap", "ya16be": "gbrap16le", "ya16le": "gbrap16le", "monob": "gray", "monow": "gray"}
_PALETTE = "pal8"


def is_pattern(path: Path) -> bool:
    """Whether IN stands for many pictures: frames/%05d.png, or frames/*.png. A file of that name is no pattern."""
    is_one = _NUMBER.search(path.name) or any(sign in path.name for sign in "*?[")
    return bool(is_one) and not path.exists()


def is_for_pictures(path: Path) -> bool:
    """Whether OUT has the ending of a picture."""
    return path.suffix.lower() in (*_ENCODERS, *_OTHERS)


def listed(pattern: Path) -> tuple[list[Path], int]:
    """The pictures in order, and the number of the first one. Raises Error for none, and for a gap in the numbers."""
    if _NUMBER.search(pattern.name):
        found = existing(pattern)
        if found:
            first, last = min(found), max(found)
            for number in range(first, last):
                if number not in found:
                    after = found[min(n for n in found if n > number)]
                    raise Error(f"{numbered(pattern, number)} is not there, and {after.name} is: a picture is lacking")
            return [found[number] for number in range(first, last + 1)], first
    else:
        files = sorted((path for path in pattern.parent.glob(pattern.name) if path.is_file()), key=_natural)
        if files:
            return files, 1
    raise Error(f"there is no picture {pattern}")


def existing(pattern: Path) -> dict[int, Path]:
    """The files of a numbered pattern that are there."""
    place = _NUMBER.search(pattern.name)
    if place is None or not pattern.parent.is_dir():
        return {}
    before, behind = pattern.name[: place.start()], pattern.name[place.end() :]
    form = re.compile(f"{re.escape(before)}(\\d+){re.escape(behind)}")
    numbers = [int(found[1]) for path in pattern.parent.iterdir() if (found := form.fullmatch(path.name))]
    return {number: file for number in numbers if (file := numbered(pattern, number)).is_file()}


def numbered(pattern: Path, number: int) -> Path:
    """The picture of that number. Raises Error when the pattern has no place for one."""
    place = _NUMBER.search(pattern.name)
    if place is None:
        raise Error(f"{pattern.name} needs a place for a number, such as %05d")
    text = str(number).zfill(int(place[1] or 0))
    return pattern.with_name(pattern.name[: place.start()] + text + pattern.name[place.end() :])


def _natural(path: Path) -> list[tuple[int, str]]:
    """For sorting names as people do: 2 before 10."""
    return [(int(text or 0), "") if text.isdecimal() else (0, text) for text in re.split(r"(\d+)", path.name)]


def shape_of(files: Sequence[Path], rate: Fraction, *, report: Report) -> Shape:
    """What all pictures share. Raises Error, naming the file, when one is not like the first, or is no picture."""
    first: tuple[int, int, str] | None = None
    for number, file in enumerate(files):
        try:
            with av.open(file) as container:
                context = container.streams.video[0].codec_context
                found = (context.width, context.height, str(context.pix_fmt))
        except (av.error.FFmpegError, OSError, IndexError) as error:
            raise Error(f"{file} is no picture that FFmpeg can read") from error
        if not found[0]:
            raise Error(f"{file} is no picture that FFmpeg can read")
        first = first or found
        if found != first:
            raise Error(f"{file} is {_words(found)}, and {files[0].name} is {_words(first)}: all must be alike")
        report(number + 1, len(files))
    frame, siting = _decoded(files[0])
    planar = _planar(frame)
    pixels = formats.parsed(planar.format.name)
    if pixels is None:
        raise Error(f"{files[0]} holds {frame.format.name}, which is not read here")
    with av.open(files[0]) as container:
        stream: Any = container.streams.video[0]
        aspect = Fraction(stream.sample_aspect_ratio or 1) or Fraction(1)
    return Shape(frame.width, frame.height, pixels, aspect, rate, siting if pixels.family == "yuv" else -1)


def _words(found: tuple[int, int, str]) -> str:
    return f"{found[0]}x{found[1]} {found[2]}"


def _decoded(file: Path) -> tuple[Any, int]:
    """The picture as PyAV's frame, and VapourSynth's number of its chroma siting."""
    try:
        with av.open(file) as container:
            for frame in container.decode(video=0):
                return frame, int(container.streams.video[0].codec_context.chroma_sample_location) - 1
    except (av.error.FFmpegError, OSError) as error:
        raise Error(f"{file} is no picture that FFmpeg can read: {error.strerror}") from error
    raise Error(f"{file} is no picture that FFmpeg can read")


def _planar(frame: Any, wanted: str | None = None) -> Any:
    """The frame in a planar format, ``wanted`` or one that loses nothing."""
    name = frame.format.name
    if wanted is None:
        if name == _PALETTE:
            whole = frame.reformat(format="gbrap")
            is_opaque = (plane_rows(whole.planes[3], frame.width) == 255).all()
            wanted = "gbrp" if is_opaque else "gbrap"
        else:
            pixels = formats.parsed(name)
            wanted = _PLANAR.get(name, name) if pixels is None else pixels.name
    if name == wanted or name.startswith("yuvj"):  # which is yuv of full range by an old name
        return frame
    return frame.reformat(format=wanted)


def clip_of(files: Sequence[Path], shape: Shape) -> tuple[Any, Any]:
    """The pictures as a clip, and their alpha as a gray one, or None. Each is decoded when it is asked for."""
    vs = vapoursynth()
    empty = blank(shape, len(files))
    pixels = replace(shape.pixels, family="gray", subsampling=(0, 0), has_alpha=False)
    cover = blank(replace(shape, pixels=pixels), 1).get_frame(0) if shape.pixels.has_alpha else None

    def picture(n: int, f: Any) -> Any:
        frame = _planar(_decoded(files[n])[0], shape.pixels.name)
        if (frame.width, frame.height) != (shape.width, shape.height):
            raise Error(f"{files[n]} has changed since it was looked at")
        whole = filled(f, frame, shape)
        if cover is not None:
            alpha = cover.copy()
            target = np.asarray(alpha[0])
            rows = plane_rows(frame.planes[3], frame.width * target.itemsize)
            target[:] = np.ascontiguousarray(rows).view(target.dtype)
            whole.props["_Alpha"] = alpha
        return whole

    clip = vs.core.std.ModifyFrame(empty, empty, picture)
    return clip, None if cover is None else vs.core.std.PropToClip(clip, "_Alpha")


def chosen_encoding(target: Path, picture: Picture, wishes: Wishes) -> tuple[Encoding, Picture]:
    """The encoder for pictures, and what they are to be: RGB where the video is YUV. Raises Error."""
    ending = target.suffix.lower()
    if ending not in _ENCODERS:
        raise Error(f"{target.name}: pictures are written as {', '.join(_ENCODERS)}, not as {ending or 'nothing'}")
    if wishes.codec is not None:
        raise Error("--codec is for video; the ending of OUT says what pictures are written as")
    if picture.pixels.family == "yuv":
        pixels = replace(picture.pixels, family="rgb", subsampling=(0, 0))
        picture = replace(picture, pixels=pixels, matrix=0, is_full_range=True, siting=-1)
    wanted = replace(wishes, codec=_ENCODERS[ending])
    return choose(picture, "image2", wanted, source_codec="", name=target.name), picture
