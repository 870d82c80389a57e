"""Frames that PyAV decodes, as VapourSynth's: for what BestSource does not read."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from vsdeblur.video.formats import Pixels
from vsdeblur.video.host import vapoursynth
from vsdeblur.video.padding import plane_rows

__all__ = ["Shape", "blank", "filled"]

_LIMITED, _FULL = 1, 2
_RANGE_RELEASE = 78
"""Of VapourSynth, from which on the property of a frame's range is called _Range."""


@dataclass(frozen=True)
class Shape:
    """What all frames share. Immutable."""

    width: int
    height: int
    pixels: Pixels
    aspect: Fraction
    """Of a pixel, width to height."""
    rate: Fraction
    """Frames a second."""
    siting: int = -1
    """Of chroma: VapourSynth's number; -1: nobody says."""


def blank(shape: Shape, length: int) -> Any:
    """A clip of that shape. VapourSynth has no odd sizes of subsampled video: it has one column or row more then."""
    vs = vapoursynth()
    across, down = shape.pixels.subsampling
    return vs.core.std.BlankClip(
        format=shape.pixels.clip_format().id,
        width=-(-shape.width >> across) << across,
        height=-(-shape.height >> down) << down,
        length=length,
        fpsnum=shape.rate.numerator,
        fpsden=shape.rate.denominator,
        keep=True,
    )


def filled(empty: Any, frame: Any, shape: Shape) -> Any:
    """A copy of VapourSynth's frame ``empty`` with the planes of PyAV's ``frame``, the alpha plane left out.

    Columns and rows beyond the picture repeat the last. Properties are those that BestSource sets.
    """
    whole = empty.copy()
    planes = list(frame.planes)
    if shape.pixels.family == "rgb":  # FFmpeg's order is G, B, R
        planes = [planes[2], planes[0], planes[1]]
    for number, plane in enumerate(planes[: whole.format.num_planes]):
        _fill(np.asarray(whole[number]), plane)
    _describe(whole.props, frame, shape)
    return whole


def _fill(target: Any, plane: Any) -> None:
    rows = np.ascontiguousarray(plane_rows(plane, plane.width * target.itemsize)).view(target.dtype)
    height, width = rows.shape
    target[:height, :width] = rows
    target[height:, :width] = rows[-1]
    target[:, width:] = target[:, width - 1 : width]


def _describe(props: Any, frame: Any, shape: Shape) -> None:
    is_rgb = shape.pixels.family == "rgb"
    props["_FieldBased"] = 0
    props["_Matrix"] = 0 if is_rgb else int(frame.colorspace)
    props["_Primaries"], props["_Transfer"] = int(frame.color_primaries), int(frame.color_trc)
    props["_SARNum"], props["_SARDen"] = shape.aspect.numerator, shape.aspect.denominator
    props["_DurationNum"], props["_DurationDen"] = shape.rate.denominator, shape.rate.numerator
    if shape.siting >= 0:
        props["_ChromaLocation"] = shape.siting
    if frame.color_range in (_LIMITED, _FULL):
        is_full = frame.color_range == _FULL
        if vapoursynth().core.core_version.release_major >= _RANGE_RELEASE:
            props["_Range"] = int(is_full)
        else:
            props["_ColorRange"] = int(not is_full)
