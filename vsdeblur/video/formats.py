"""Pixel formats: VapourSynth's by FFmpeg's names, and which of an encoder's holds a clip."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vsdeblur.video.host import vapoursynth

__all__ = ["Pixels", "chosen", "of_clip"]

# Horizontal and vertical subsampling, as powers of two, in FFmpeg's names.
_SUBSAMPLING = {"444": (0, 0), "422": (1, 0), "420": (1, 1), "440": (0, 1), "411": (2, 0), "410": (2, 2)}
_YUV = re.compile(r"yuv(a?)(\d{3})p(\d*)(?:le)?")
_RGB = re.compile(r"gbr(a?)p(\d*)(?:le)?")
_GRAY = re.compile(r"gray(\d*)(?:le)?")
# Formats that hold the same samples as a planar one in another order, which FFmpeg changes without loss.
_PACKED = {
    **{
        "rgb24": "gbrp",
        "bgr0": "gbrp",
        "bgr24": "gbrp",
        "rgb48be": "gbrp16le",
        "rgb48le": "gbrp16le",
        "gray16be": "gray16le",
    },
    **{"rgba": "gbrap", "bgra": "gbrap", "argb": "gbrap", "rgba64be": "gbrap16le", "rgba64le": "gbrap16le"},
    **{"yuvj420p": "yuv420p", "yuvj422p": "yuv422p", "yuvj444p": "yuv444p"},
}


@dataclass(frozen=True)
class Pixels:
    """What a planar format of whole numbers holds."""

    family: str
    """yuv, rgb or gray."""
    bits: int
    subsampling: tuple[int, int]
    has_alpha: bool

    @property
    def name(self) -> str:
        """FFmpeg's."""
        depth = "" if self.bits == 8 else f"{self.bits}le"
        if self.family == "gray":
            return f"gray{depth}"
        alpha = "a" if self.has_alpha else ""
        if self.family == "rgb":
            return f"gbr{alpha}p{depth}"
        ratio = next(name for name, value in _SUBSAMPLING.items() if value == self.subsampling)
        return f"yuv{alpha}{ratio}p{depth}"

    def holds(self, other: Pixels) -> bool:
        """Whether nothing of ``other`` is lost in this."""
        is_finer = all(mine <= theirs for mine, theirs in zip(self.subsampling, other.subsampling, strict=True))
        has_alpha = self.has_alpha or not other.has_alpha
        return self.family == other.family and self.bits >= other.bits and is_finer and has_alpha

    def clip_format(self) -> Any:
        """VapourSynth's format of the picture, without alpha."""
        vs = vapoursynth()
        family = {"yuv": vs.YUV, "rgb": vs.RGB, "gray": vs.GRAY}[self.family]
        return vs.core.query_video_format(family, vs.INTEGER, self.bits, *self.subsampling)


def parsed(name: str) -> Pixels | None:
    """A format by FFmpeg's name; None: one that no clip has."""
    name = _PACKED.get(name, name)
    if found := _YUV.fullmatch(name):
        return Pixels("yuv", int(found[3] or 8), _SUBSAMPLING[found[2]], bool(found[1]))
    if found := _RGB.fullmatch(name):
        return Pixels("rgb", int(found[2] or 8), (0, 0), bool(found[1]))
    if found := _GRAY.fullmatch(name):
        return Pixels("gray", int(found[1] or 8), (0, 0), False)
    return None


def of_clip(clip: Any, alpha: Any) -> Pixels:
    """What a clip's pixels need; those of floating point count as 16 bits."""
    vs = vapoursynth()
    family = {vs.YUV: "yuv", vs.RGB: "rgb", vs.GRAY: "gray"}[clip.format.color_family]
    bits = 16 if clip.format.sample_type == vs.FLOAT else clip.format.bits_per_sample
    if family == "gray" and alpha is not None:
        family = "rgb"  # no encoder here takes gray with alpha
    return Pixels(family, bits, (clip.format.subsampling_w, clip.format.subsampling_h), alpha is not None)


def chosen(names: Sequence[str], wanted: Pixels) -> str | None:
    """Of an encoder's formats the smallest that loses nothing of ``wanted``, by FFmpeg's name; None: there is none."""
    fitting = [(name, pixels) for name in names if (pixels := parsed(name)) and pixels.holds(wanted)]
    return min(fitting, key=lambda item: _cost(item[1], item[0]))[0] if fitting else None


def nearest(names: Sequence[str], wanted: Pixels) -> str | None:
    """Of an encoder's formats one of the same family with as much of ``wanted`` as there is."""
    same = [(name, pixels) for name in names if (pixels := parsed(name)) and pixels.family == wanted.family]

    def lost(item: tuple[str, Pixels]) -> tuple[int, int, int]:
        pixels = item[1]
        coarser = sum(max(0, m - w) for m, w in zip(pixels.subsampling, wanted.subsampling, strict=True))
        return wanted.has_alpha - pixels.has_alpha, coarser, max(0, wanted.bits - pixels.bits)

    return min(same, key=lost)[0] if same else None


def _cost(pixels: Pixels, name: str) -> tuple[bool, int, int, bool]:
    return pixels.has_alpha, pixels.bits, -sum(pixels.subsampling), name in _PACKED
