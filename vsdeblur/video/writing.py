"""A clip into a file by itself, in one go: for pictures beside each other, which need no segments."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import Any

from vsdeblur._engine import Error
from vsdeblur.video import encoders, encoding
from vsdeblur.video.encoders import Wishes
from vsdeblur.video.host import translated, vapoursynth
from vsdeblur.video.progress import Progress

__all__ = ["in_rgb", "labelled", "usual_matrix", "write_clip", "write_picture"]


# What a name above a picture needs, in pixels: the margins of VapourSynth's text filter, and a letter.
_LABEL_WIDTH, _LABEL_HEIGHT = 40, 48


def labelled(name: str, clip: Any) -> Any:
    """The clip with a name at the top left, where it is large enough."""
    if clip.width < _LABEL_WIDTH or clip.height < _LABEL_HEIGHT:
        return clip
    return vapoursynth().core.text.Text(clip, name, alignment=7)


def write_clip(clip: Any, target: Path, wishes: Wishes, progress: Progress) -> None:
    """Encodes a clip at its frame rate. ``target`` appears whole, or is as it was before."""
    container = encoders.container_of(target)
    picture = encoders.picture_of(clip, None, clip.width, clip.height, Fraction(1))
    chosen = encoders.choose(picture, container, wishes, source_codec="", name=target.name)
    rate = clip.fps or Fraction(25)
    encoding.check(chosen, picture, rate)
    part = target.with_name(f".vsdeblur-{os.getpid()}")
    progress.stage("Writing")
    try:
        with translated():
            shaped, _ = encoding.in_format(clip, None, chosen.format)
            encoding.encode(
                encoding.planes(shaped, None),
                chosen,
                picture,
                rate,
                part,
                container=container,
                report=lambda done: progress(done, clip.num_frames),
            )
        part.replace(target)
    except OSError as error:
        raise Error(f"{target} cannot be written: {error.strerror}") from error
    finally:
        progress.close()
        part.unlink(missing_ok=True)


def write_picture(clip: Any, target: Path) -> None:
    """Writes a clip's first frame as PNG."""
    with translated(), in_rgb(clip).get_frame(0) as frame:
        picture = encoding.rgb_frame(frame)
    part = target.with_name(f".vsdeblur-{os.getpid()}.png")
    try:
        picture.save(str(part))
        part.replace(target)
    except OSError as error:
        raise Error(f"{target} cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def in_rgb(clip: Any) -> Any:
    """The clip in RGB of 8 bits. Raises vapoursynth.Error."""
    vs = vapoursynth()
    given = {} if clip.format.color_family == vs.RGB else {"matrix_in": _matrix(clip)}
    return vs.core.resize.Bicubic(clip, format=vs.RGB24, **given)


def _matrix(clip: Any) -> int:
    """That of the first frame, or what such a size usually has."""
    vs = vapoursynth()
    with clip.get_frame(0) as frame:
        said = int(frame.props.get("_Matrix", vs.MATRIX_UNSPECIFIED))
    if said != vs.MATRIX_UNSPECIFIED:
        return said
    return usual_matrix(clip.height)


def usual_matrix(height: int) -> int:
    """The matrix of YUV that does not say its own: that of HD above 576 rows."""
    vs = vapoursynth()
    return int(vs.MATRIX_BT709 if height > 576 else vs.MATRIX_ST170_M)
