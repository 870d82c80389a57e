"""Clips with known pixels, and the pixels of frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import vapoursynth as vs


def planes(frame: vs.VideoFrame) -> list[np.ndarray]:
    """Copies of a frame's planes, (height, width) each, in the type that the samples are stored in."""
    return [np.array(frame[plane]) for plane in range(frame.format.num_planes)]


def frame_planes(clip: vs.VideoNode, number: int) -> list[np.ndarray]:
    """The planes of one frame of a clip."""
    with clip.get_frame(number) as frame:
        return planes(frame)


def pixel(clip: vs.VideoNode, number: int) -> float:
    """The top left sample of plane 0; every other sample of the plane must be equal."""
    plane = frame_planes(clip, number)[0]
    assert (plane == plane[0, 0]).all()
    return float(plane[0, 0])


def painted(blank: vs.VideoNode, paint: Callable[[int, int, tuple[int, int], np.dtype], np.ndarray]) -> vs.VideoNode:
    """``blank`` with the samples that ``paint(frame, plane, (height, width), dtype)`` gives."""

    def write(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        copy = f.copy()
        for plane in range(copy.format.num_planes):
            target = np.asarray(copy[plane])
            target[:] = paint(n, plane, target.shape, target.dtype)
        return copy

    return blank.std.ModifyFrame(blank, write)


def noise(format: vs.PresetVideoFormat, width: int, height: int, length: int, seed: int = 0) -> vs.VideoNode:
    """Random samples over the whole range of the format: 0..1 (U and V -0.5..0.5) for floats."""
    blank = vs.core.std.BlankClip(width=width, height=height, format=format, length=length, keep=False)

    def paint(n: int, plane: int, shape: tuple[int, int], dtype: np.dtype) -> np.ndarray:
        generator = np.random.default_rng([seed, n, plane])
        if dtype.kind == "f":
            chroma = plane > 0 and blank.format.color_family == vs.YUV
            return (generator.random(shape) - (0.5 if chroma else 0)).astype(dtype)
        return generator.integers(0, 2**blank.format.bits_per_sample, shape).astype(dtype)

    return painted(blank, paint)


def drift(width: int, height: int, length: int, format: vs.PresetVideoFormat = vs.YUV420P8) -> vs.VideoNode:
    """A smooth pattern that moves by 2 pixels a frame, with a little noise: no scene cuts."""
    blank = vs.core.std.BlankClip(width=width, height=height, format=format, length=length, keep=False)
    peak = 2**blank.format.bits_per_sample - 1

    def paint(n: int, plane: int, shape: tuple[int, int], dtype: np.dtype) -> np.ndarray:
        y, x = np.mgrid[: shape[0], : shape[1]]
        wave = np.sin((x + 2 * n) * (0.4 + 0.1 * plane)) * np.cos(y * 0.5) * 0.3 + 0.5
        grain = np.random.default_rng([n, plane]).normal(0, 0.02, shape)
        samples: np.ndarray = np.clip((wave + grain) * peak, 0, peak)
        return samples.astype(dtype)

    return painted(blank, paint)


def numbered(length: int, width: int = 6, height: int = 4) -> vs.VideoNode:
    """GRAYS frames whose samples are all their own number."""
    blank = vs.core.std.BlankClip(width=width, height=height, format=vs.GRAYS, length=length, keep=False)
    return painted(blank, lambda n, _plane, shape, dtype: np.full(shape, n, dtype))


def marked(clip: vs.VideoNode, properties: dict[int, dict[str, int]]) -> vs.VideoNode:
    """The clip with frame properties set on single frames."""

    def write(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        copy = f.copy()
        for name, value in properties.get(n, {}).items():
            copy.props[name] = value
        return copy

    return clip.std.ModifyFrame(clip, write)


def cut_at(clip: vs.VideoNode, firsts: Sequence[int]) -> vs.VideoNode:
    """The clip with every frame marked: a new scene begins at each of ``firsts`` and nowhere else."""
    return marked(clip, {n: {"_SceneChangePrev": int(n in firsts)} for n in range(clip.num_frames)})
