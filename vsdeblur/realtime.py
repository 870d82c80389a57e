"""Deblurs while a video plays: as many pixels as this machine finishes in time, for mpv's filter vapoursynth.

The network sees the picture at a size at which it keeps up, and what it changes there is enlarged and added to the
whole picture. So nothing of the picture is lost, and blur that is long in pixels is taken out first. Importing this
needs VapourSynth, which the package itself does not.
"""

from __future__ import annotations

import math
import time
from functools import cache

import vapoursynth as vs

__all__ = ["chosen_size", "deblurred"]

_SHARE = 0.7
"""Of the time between two frames, what the network may take; decoding, scaling and showing have the rest."""
_DEFAULT = "RUNet"
"""The network of most gain for its work."""
_SMALLEST_SHARE = 1 / 8
"""Of the picture's pixels: below it blur of 8 pixels and less is not taken out, and fine detail is lost for it.

ffmpeg_filter/README.md has what was measured.
"""
_PROBE = (192, 108)
_SECONDS = 0.5
_USUAL_FPS = 30.0
_WITHOUT_END = 1 << 30
_NUMBERS = ("device_id", "stride")
_WORDS = ("provider", "precision", "model")


def deblurred(clip: vs.VideoNode, fps: float, request: str = "") -> vs.VideoNode:
    """The clip, deblurred at a size at which `fps` frames a second are finished.

    ``request`` is words in any order: a network's name (without one, RUNet), and NAME=VALUE with
    device_id, stride, provider, precision or model. Where ``fps`` is not from 1 to 240, such as 0 for unknown, it is
    taken to be 30. Measuring takes about a second, once in a process for the same request. Raises vapoursynth.Error
    where the size would have less than an eighth of the clip's pixels, and for what the network's function refuses.
    """
    name, arguments = _parsed(request)
    if not 1 <= fps <= 240:
        fps = _USUAL_FPS
    size = _PROBE
    for _ in range(2):  # small pictures do not show how fast a GPU is
        allowed = _speed(name, arguments, size) * _SHARE / fps
        size = chosen_size(clip.width, clip.height, allowed)
    if allowed < clip.width * clip.height * _SMALLEST_SHARE:
        lighter = "" if name == _DEFAULT else f"{_DEFAULT}, "
        raise vs.Error(
            f"{name}: at {fps:.3g} frames a second this machine deblurs {size[0]}x{size[1]} pixels, and with less than"
            f" an eighth of the {clip.width}x{clip.height} that there are more is lost than gained:"
            f" take {lighter}a smaller video or a GPU"
        )
    if size == (clip.width, clip.height):
        return _run(name, arguments, clip)
    small = clip.resize.Bicubic(*size)
    change = _run(name, arguments, small).std.MakeDiff(small)
    return clip.std.MergeDiff(change.resize.Bicubic(clip.width, clip.height))


def chosen_size(width: int, height: int, pixels: float) -> tuple[int, int]:
    """Width and height of at most ``pixels`` pixels: the picture's own, or of its shape in multiples of 8."""
    if width * height <= pixels:
        return width, height
    scale = math.sqrt(pixels / (width * height))
    across, down = (max(8, math.floor(side * scale / 8) * 8) for side in (width, height))
    return across, down


def _parsed(request: str) -> tuple[str, tuple[tuple[str, str | int], ...]]:
    name = _DEFAULT
    arguments: list[tuple[str, str | int]] = []
    for word in request.split():
        key, has_value, value = word.partition("=")
        if not has_value:
            name = key
        elif key in _NUMBERS and value.isascii() and value.isdigit():
            arguments.append((key, int(value)))
        elif key in _WORDS:
            arguments.append((key, value))
        else:
            allowed = ", ".join(f"{key}=" for key in (*_NUMBERS, *_WORDS))
            raise vs.Error(f"vsdeblur.realtime: {word} must be a network's name or one of {allowed}")
    if name not in {function.name for function in vs.core.vsdeblur.functions()} - {"Info", "Model", "SharpSequence"}:
        raise vs.Error(f"vsdeblur.realtime: {name} is not a network that gives a frame for a frame")
    return name, tuple(arguments)


def _run(name: str, arguments: tuple[tuple[str, str | int], ...], clip: vs.VideoNode) -> vs.VideoNode:
    function = getattr(vs.core.vsdeblur, name)
    given: dict[str, str | int] = dict(arguments)
    if "segment" in function.signature:
        # A player begins a new clip where it seeks, so that no segment has to be found from within.
        given["segment"] = _WITHOUT_END
    out: vs.VideoNode = function(clip, **given)
    return out


@cache
def _speed(name: str, arguments: tuple[tuple[str, str | int], ...], size: tuple[int, int]) -> float:
    """Pixels a second of the network on 8-bit YUV frames of this size."""
    clip = vs.core.std.BlankClip(
        width=size[0], height=size[1], format=vs.YUV444P8, length=_WITHOUT_END, color=[100, 120, 140], keep=True
    ).std.SetFrameProps(_Matrix=1)
    clip = _run(name, arguments, clip)
    clip.get_frame(0).close()
    count = 0
    start = time.perf_counter()
    while count < 10 or time.perf_counter() - start < _SECONDS:
        count += 1
        clip.get_frame(count).close()
    return count * size[0] * size[1] / (time.perf_counter() - start)
