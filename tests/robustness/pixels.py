"""Samples of frames to a network's values and back, as vsdeblur/native/engine/picture/planes.h specifies it.

Whole planes at a time and nothing else; in float32 and in the specified order, so that results are equal bit for bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Format", "Frame", "Values", "decode", "encode", "partly", "stored"]

Values = npt.NDArray[np.float32]
"""(channels, height, width), nominally 0 to 1."""

_WEIGHTS = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087)}
_WEIGHTS |= {9: (0.2627, 0.0593), 2: (0.299, 0.114)}  # 2: unspecified, of frames up to 1024 x 576
_BT709 = _WEIGHTS[1]


@dataclass(frozen=True)
class Format:
    family: str
    """gray, yuv or rgb."""
    floating: bool
    bits: int
    subsampling: tuple[int, int] = (0, 0)
    """log2, horizontal and vertical."""

    @property
    def planes(self) -> int:
        return 1 if self.family == "gray" else 3

    @property
    def dtype(self) -> np.dtype[Any]:
        if self.floating:
            return np.dtype(np.float16 if self.bits == 16 else np.float32)
        return np.dtype(np.uint8 if self.bits == 8 else np.uint16)

    @property
    def peak(self) -> int:
        """The largest integer sample."""
        return (1 << self.bits) - 1


@dataclass(frozen=True)
class Frame:
    format: Format
    planes: list[npt.NDArray[Any]]
    limited: bool
    matrix: int = 2
    location: int = 0


def _levels(frame: Frame, chroma: bool = False) -> tuple[np.float32, np.float32]:
    """Offset and scale: a sample is offset + scale * value."""
    format = frame.format
    if format.floating:
        return np.float32(0), np.float32(1)
    unit = 1 << (format.bits - 8)
    scale = (224 if chroma else 219) * unit if frame.limited else format.peak
    black = 16 * unit if frame.limited else 0
    return np.float32(1 << (format.bits - 1) if chroma else black), np.float32(scale)


def _numbers(frame: Frame, plane: int) -> Values:
    return frame.planes[plane].astype(np.float32)


def _value(frame: Frame, plane: int) -> Values:
    offset, scale = _levels(frame)
    return (_numbers(frame, plane) - offset) / scale


# ---- chroma --------------------------------------------------------------------------------------------------------


def _offsets(frame: Frame) -> tuple[float, float]:
    """Where chroma sample 0 lies in luma pixels, across and down."""
    across, down = (1 << log2 for log2 in frame.format.subsampling)
    centred = frame.location in (1, 3, 5)
    vertical = {2: 0.0, 3: 0.0, 4: down - 1.0, 5: down - 1.0}.get(frame.location, (down - 1) / 2)
    return (across - 1) / 2 if centred else 0.0, vertical


def _upsampled(chroma: Values, ratio: int, offset: float) -> Values:
    """Along the last axis: each luma pixel takes the two samples around it by distance."""
    count = chroma.shape[-1]
    before, after = (chroma[..., np.clip(np.arange(count) + k, 0, count - 1)] for k in (-1, 1))
    luma = np.empty((*chroma.shape[:-1], count * ratio), np.float32)
    for p in range(ratio):
        position = (p - offset) / ratio
        weights = [np.float32(max(0.0, 1.0 - abs(position - k))) for k in (-1, 0, 1)]
        luma[..., p::ratio] = weights[0] * before + weights[1] * chroma + weights[2] * after
    return luma


def _downsampled(luma: Values, ratio: int, offset: float) -> Values:
    """Along the last axis: each sample takes the luma pixels less than ``ratio`` away by a triangle."""
    size = luma.shape[-1]
    first = math.floor(offset - ratio) + 1
    chroma = np.zeros((*luma.shape[:-1], size // ratio), np.float32)
    for k in range(2 * ratio):
        weight = (1.0 - abs(first + k - offset) / ratio) / ratio
        if weight > 0:
            at = np.clip(np.arange(size // ratio) * ratio + first + k, 0, size - 1)
            chroma += np.float32(weight) * luma[..., at]
    return chroma


def _chroma(frame: Frame, plane: int) -> Values:
    """U or V at luma's resolution: down first, then normalised, then across."""
    (across, down), (horizontal, vertical) = frame.format.subsampling, _offsets(frame)
    tall = _upsampled(_numbers(frame, plane).T, 1 << down, vertical).T
    offset, scale = _levels(frame, chroma=True)
    return _upsampled((tall - offset) / scale, 1 << across, horizontal)


# ---- both ways -----------------------------------------------------------------------------------------------------


def decode(frame: Frame, color: str) -> Values:
    """What a network of ``color`` is to see of the frame; of RGB frames a luma network sees three channels by turns."""
    family = frame.format.family
    if family == "rgb":
        return np.stack([_value(frame, plane) for plane in range(3)])
    luma = _value(frame, 0)
    if color == "luma":
        return luma[None]
    if family == "gray":
        return np.stack([luma] * 3)
    kr, kb = _WEIGHTS[frame.matrix]
    kg, red, blue = 1.0 - kr - kb, 2.0 * (1.0 - kr), 2.0 * (1.0 - kb)
    u, v = _chroma(frame, 1), _chroma(frame, 2)
    green_u, green_v = np.float32(-blue * kb / kg), np.float32(-red * kr / kg)
    return np.stack([luma + np.float32(red) * v, luma + green_u * u + green_v * v, luma + np.float32(blue) * u])


def partly(before: Values, after: Values, strength: float) -> Values:
    """``strength`` of the network's change."""
    if strength in (0, 1):
        return after if strength == 1 else before
    return before + np.float32(strength) * (after - before)


def encode(frame: Frame, before: Values, after: Values, color: str) -> list[Values]:
    """The numbers of the planes that the network writes, not yet rounded to samples."""
    family = frame.format.family
    if family == "rgb" or color == "luma":
        return [_written(frame, plane, values) for plane, values in enumerate(after)]
    change = after - before
    change[np.isnan(change)] = 0
    kr, kb = _BT709 if family == "gray" else _WEIGHTS[frame.matrix]
    kg, u, v = 1.0 - kr - kb, 0.5 / (1.0 - kb), 0.5 / (1.0 - kr)
    numbers = [_changed(frame, 0, _mixed((kr, kg, kb), change))]
    if family == "yuv":
        for plane, weights in ((1, (-kr * u, -kg * u, 0.5)), (2, (0.5, -kg * v, -kb * v))):
            numbers.append(_changed(frame, plane, _shrunk(frame, _mixed(weights, change))))
    return numbers


def _mixed(weights: tuple[float, float, float], change: Values) -> Values:
    r, g, b = (np.float32(weight) for weight in weights)
    return r * change[0] + g * change[1] + b * change[2]


def _shrunk(frame: Frame, change: Values) -> Values:
    (across, down), (horizontal, vertical) = frame.format.subsampling, _offsets(frame)
    narrow = _downsampled(change, 1 << across, horizontal)
    return _downsampled(narrow.T, 1 << down, vertical).T


def _written(frame: Frame, plane: int, values: Values) -> Values:
    offset, scale = _levels(frame)
    numbers = scale * values if offset == 0 else offset + scale * values
    return np.where(np.isnan(numbers), _numbers(frame, plane), numbers)


def _changed(frame: Frame, plane: int, change: Values) -> Values:
    numbers = _numbers(frame, plane)
    moved = np.float32(_levels(frame, chroma=plane > 0)[1]) * change
    return np.where(moved == 0, numbers, numbers + moved)


def stored(numbers: Values, format: Format) -> npt.NDArray[Any]:
    """Rounded to samples: integers to nearest with halves up, and clipped; half floats to nearest, halves to even."""
    if format.floating:
        with np.errstate(over="ignore"):
            return numbers.astype(format.dtype)
    inside = np.clip(numbers, np.float32(0), np.float32(format.peak))
    return np.floor(inside + np.float32(0.5)).astype(format.dtype)
