"""Run on both systems: writes the frames that the plugin and Deblurrer make of the same clips into a file for numpy.

    python frames.py RUNTIME FILE.npz

RUNTIME is a provider. The clips are made of whole random numbers, which are the same on every system.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))

import numpy as np
import vapoursynth as vs

from tests.plugin.clips import noise, planes
from vsdeblur import Deblurrer

_FRAMES = 3

FORMATS = ("GRAY8", "GRAY16", "YUV420P8", "YUV422P10", "YUV444P16", "YUV444PS", "RGB24", "RGB48", "RGBS")
NETWORKS = ("DBLRNet", "DBLRGAN", "RVD", "SharpSequence")

Case = Callable[[str], vs.VideoNode]


def _cases() -> dict[str, Case]:
    """Every format through DTB, every network, tiles, and a part of the change."""

    def clip(name: str = "YUV420P8", width: int = 44) -> vs.VideoNode:
        return noise(getattr(vs, name), width, 30, _FRAMES)

    def format_case(name: str) -> Case:
        return lambda provider: vs.core.vsdeblur.DTB(clip(name), provider=provider, sc=0)

    def network_case(name: str) -> Case:
        return lambda provider: getattr(vs.core.vsdeblur, name)(clip(), provider=provider, sc=0)

    return {
        **{f"DTB {name}": format_case(name) for name in FORMATS},
        **{name: network_case(name) for name in NETWORKS},
        "tiles": lambda provider: vs.core.vsdeblur.RVD(clip(width=150), tilesize=96, overlap=8, provider=provider),
        "strength": lambda provider: vs.core.vsdeblur.DTB(clip(), strength=0.4, provider=provider),
    }


CASES = tuple(_cases())
"""Of the plugin."""


def plugin_frames(provider: str) -> Iterator[tuple[str, np.ndarray]]:
    for name, make in _cases().items():
        for number, frame in enumerate(make(provider).frames(close=True)):
            for plane, samples in enumerate(planes(frame)):
                yield f"{name}/{number}/{plane}", samples


def numpy_frames(provider: str) -> Iterator[tuple[str, np.ndarray]]:
    generator = np.random.default_rng(1)
    for kind in (np.uint8, np.uint16):
        given = generator.integers(0, np.iinfo(kind).max, (_FRAMES, 26, 37, 3), dtype=kind)
        for number, frame in enumerate(Deblurrer("DTB", provider=provider)(given)):
            yield f"Deblurrer {kind.__name__}/{number}", frame


if __name__ == "__main__":
    runtime, target = sys.argv[1:]
    np.savez(target, **dict(plugin_frames(runtime)), **dict(numpy_frames(runtime)))
    print(vs.core.vsdeblur.Info()["runtime_path"])
