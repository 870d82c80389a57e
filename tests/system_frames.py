"""Run on two systems: writes the frames that the plugin and Deblurrer make of the same clips into a file for numpy.

    python system_frames.py RUNTIME FILE.npz [CASE...]

RUNTIME is a provider; without a CASE, all are made. The clips are made of whole random numbers, which are the same on
every system.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

import numpy as np
import vapoursynth as vs

from tests.plugin.clips import noise, planes
from vsdeblur import Deblurrer

_FRAMES = 3

FORMATS = ("GRAY8", "GRAY16", "YUV420P8", "YUV422P10", "YUV444P16", "YUV444PS", "RGB24", "RGB48", "RGBS")
NETWORKS = ("RUNet", "DBLRNet", "DBLRGAN", "RVD", "SharpSequence")

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


_KINDS = {f"Deblurrer {kind.__name__}": kind for kind in (np.uint8, np.uint16)}

CASES = (*_cases(), *_KINDS)
"""Of the plugin and of Deblurrer."""


def _plugin_frames(provider: str, cases: Collection[str]) -> Iterator[tuple[str, np.ndarray]]:
    for name, make in _cases().items():
        if name not in cases:
            continue
        for number, frame in enumerate(make(provider).frames(close=True)):
            for plane, samples in enumerate(planes(frame)):
                yield f"{name}/{number}/{plane}", samples


def _numpy_frames(provider: str, cases: Collection[str]) -> Iterator[tuple[str, np.ndarray]]:
    for name, kind in _KINDS.items():
        if name not in cases:
            continue
        given = np.random.default_rng(1).integers(0, np.iinfo(kind).max, (_FRAMES, 26, 37, 3), dtype=kind)
        for number, frame in enumerate(Deblurrer("DTB", provider=provider)(given)):
            yield f"{name}/{number}", frame


def of_case(found: Mapping[str, np.ndarray], case: str) -> dict[str, np.ndarray]:
    """The frames of a case among those that were written."""
    return {name: samples for name, samples in found.items() if name.startswith(f"{case}/")}


def _peak_of(case: str, samples: np.ndarray) -> float:
    """The largest sample that a format has, 1 for floats."""
    if "YUV422P10" in case:
        return 1023.0
    return float(np.iinfo(samples.dtype).max) if np.issubdtype(samples.dtype, np.integer) else 1.0


def assert_close(made: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray], case: str, apart: float) -> None:
    """The same frames within ``apart`` of the format's largest sample; whole samples may round otherwise too."""
    assert made.keys() == expected.keys()
    assert len(expected) >= 3
    for name in expected:
        whole = np.issubdtype(expected[name].dtype, np.integer)
        difference = np.abs(made[name].astype(np.float64) - expected[name].astype(np.float64)).max()
        assert difference <= apart * _peak_of(case, expected[name]) + whole, name


if __name__ == "__main__":
    runtime, target, *chosen = sys.argv[1:]
    wanted = chosen or CASES
    np.savez(target, **dict(_plugin_frames(runtime, wanted)), **dict(_numpy_frames(runtime, wanted)))
    print(vs.core.vsdeblur.Info()["runtime_path"])
