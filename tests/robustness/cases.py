"""Random clips, networks, options and ways to ask for frames, as hypothesis draws them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from tests.robustness.networks import Spec
from tests.robustness.pixels import Format, Frame
from tests.robustness.reference import Options

__all__ = ["Case", "Clip", "cases"]

RUNTIMES = ["ONNXRuntime", "OpenVINO"]

_MOST_PIXELS = 400_000
"""Of all frames of a clip together, so that no case takes long."""


@dataclass(frozen=True)
class Clip:
    format: Format
    width: int
    height: int
    length: int
    seed: int
    cuts: tuple[int, ...]
    properties: dict[str, int]
    """Of every frame."""
    sides: tuple[int, ...]
    """Of frames 1 .. length - 1, what says whether a scene begins: 0 it, 1 the one before, 2 both, that one wrongly."""

    def frames(self) -> list[Frame]:
        given = self.properties
        limited = given["_Range"] == 0 if "_Range" in given else self.format.family != "rgb"
        return [
            Frame(
                self.format,
                [self._samples(n, plane) for plane in range(self.format.planes)],
                limited,
                given.get("_Matrix", 2),
                given.get("_ChromaLocation", 0),
            )
            for n in range(self.length)
        ]

    def scene_properties(self) -> dict[int, dict[str, int]]:
        """By frame, what it says of the cuts before and after it."""
        said: dict[int, dict[str, int]] = {n: {} for n in range(self.length)}
        for n, side in zip(range(1, self.length), self.sides, strict=True):
            cut = int(n in self.cuts)
            if side != 1:
                said[n]["_SceneChangePrev"] = cut
            if side != 0:
                said[n - 1]["_SceneChangeNext"] = cut if side == 1 else 1 - cut
        return said

    def _samples(self, n: int, plane: int) -> npt.NDArray[Any]:
        """Noise: of integers all numbers, of floats somewhat beyond the nominal range too."""
        random = np.random.default_rng([self.seed, n, plane])
        across, down = self.format.subsampling if plane else (0, 0)
        shape = (self.height >> down, self.width >> across)
        if not self.format.floating:
            return random.integers(0, self.format.peak, shape, endpoint=True).astype(self.format.dtype)
        middle = 0 if plane and self.format.family == "yuv" else 0.5
        return random.uniform(middle - 0.7, middle + 0.7, shape).astype(self.format.dtype)


@dataclass(frozen=True)
class Case:
    spec: Spec
    clip: Clip
    options: Options
    given: dict[str, Any] = field(hash=False)
    """The plugin's arguments that ``options`` stand for, and others that must not matter."""
    provider: str
    threads: int
    orders: list[list[int]]
    """For each instance, the outputs to ask for, all of them at least once."""
    at_once: bool

    @property
    def outputs(self) -> int:
        return self.clip.length * _outputs_per_frame(self.spec, self.options)


def _outputs_per_frame(spec: Spec, options: Options) -> int:
    if not spec.outputs.startswith("subframes:"):
        return 1
    instants = len(spec.offsets)
    return instants * (instants - 1) if options.refine else instants


@st.composite
def _specs(draw: st.DrawFn) -> Spec:
    kind = draw(st.sampled_from(["window", "recurrent", "exposure"]))
    window = draw(st.tuples(st.integers(0, 3), st.integers(0, 3)))
    multiple = draw(st.sampled_from([1, 2, 4, 8]))
    outputs, scales = "0", ()
    if kind == "exposure":
        window = draw(st.sampled_from([(0, 0), window]))
        outputs = f"subframes:{draw(st.integers(2, 4))}"
    if kind == "window":
        every = range(-window[0], window[1] + 1)
        offsets = draw(st.one_of(st.just(set(every)), st.sets(st.sampled_from(every))))
        outputs = ",".join(str(offset) for offset in sorted(offsets | {0}))
    if kind == "recurrent":
        whole = [scale for scale in (1.0, 0.5, 0.25, 0.125) if multiple * scale >= 1]
        scales = tuple(draw(st.lists(st.sampled_from(whole), min_size=1, max_size=2)))
    color = draw(st.sampled_from(["rgb", "luma"]))
    return Spec(draw(st.integers(0, 9)), window, outputs, color, multiple, scales)


@st.composite
def _formats(draw: st.DrawFn) -> Format:
    family = draw(st.sampled_from(["gray", "yuv", "rgb"]))
    floating = draw(st.booleans())
    bits = draw(st.sampled_from([16, 32])) if floating else draw(st.integers(8, 16))
    log2 = st.sampled_from([0, 1, 1, 2, 3, 4])
    return Format(family, floating, bits, draw(st.tuples(log2, log2)) if family == "yuv" else (0, 0))


@st.composite
def _clips(draw: st.DrawFn) -> Clip:
    format = draw(_formats())
    side = st.one_of(st.integers(1, 24), st.integers(1, 300))
    width, height = (max(1, draw(side) >> log2) << log2 for log2 in format.subsampling)
    length = draw(st.integers(1, min(12, max(1, _MOST_PIXELS // (width * height)))))
    properties: dict[str, int] = {}
    choices = {"_Range": [0, 1], "_Matrix": [1, 2, 4, 5, 6, 7, 9], "_ChromaLocation": range(6)}
    for name, values in choices.items():
        value = draw(st.sampled_from([None, *values]))
        if value is not None:
            properties[name] = value
    cuts = draw(st.sets(st.integers(1, max(1, length - 1)), max_size=4)) & set(range(1, length))
    sides = tuple(draw(st.lists(st.integers(0, 2), min_size=length - 1, max_size=length - 1)))
    seed = draw(st.integers(0, 999))
    return Clip(format, width, height, length, seed, tuple(sorted(cuts)), properties, sides)


def _largest_stride(offsets: list[int]) -> int:
    """Cells of a grid reach from -(stride // 2) to stride - 1 - stride // 2 around their window's centre."""
    reaches = [range(-(stride // 2), stride - stride // 2) for stride in range(1, len(offsets) + 1)]
    return max(len(reach) for reach in reaches if set(reach) <= set(offsets))


@st.composite
def _tiles(draw: st.DrawFn, spec: Spec, clip: Clip) -> dict[str, tuple[int, int]]:
    """tilesize and overlap, if any, that the engine allows."""
    if draw(st.booleans()):
        return {}
    multiple, field = spec.multiple, 6 * spec.multiple + 1
    tilesize, overlap = [], []
    for size in (clip.width, clip.height):
        band = draw(st.integers(0, 12))
        least = -(-max(field, 2 * band + multiple) // multiple)
        tilesize.append(draw(st.one_of(st.just(0), st.integers(least, max(least, size // multiple)))) * multiple)
        overlap.append(band)
    given = {"tilesize": (tilesize[0], tilesize[1])}
    return given | ({"overlap": (overlap[0], overlap[1])} if any(tilesize) else {})


@st.composite
def _options(draw: st.DrawFn, spec: Spec, clip: Clip) -> dict[str, Any]:
    given: dict[str, Any] = draw(_tiles(spec, clip))
    if draw(st.booleans()):
        given["strength"] = draw(st.sampled_from([0.0, 0.25, 0.7, 1.0, 2.5, 4.0]))
    if spec.scales and draw(st.booleans()):
        given["segment"] = draw(st.integers(1, 8))
        if draw(st.booleans()):
            given["preroll"] = draw(st.integers(0, given["segment"]))
    if spec.outputs.startswith("subframes:"):
        if spec.frames == 1 and draw(st.booleans()):
            given["refine"] = 1
    elif len(spec.offsets) > 1:
        given["stride"] = draw(st.integers(1, _largest_stride(spec.offsets)))
    return given


@st.composite
def cases(draw: st.DrawFn) -> Case:
    spec, clip = draw(_specs()), draw(_clips())
    given = draw(_options(spec, clip))
    segment = given.get("segment", 80)
    threads, streams = draw(st.integers(1, 8)), draw(st.integers(1, 3))
    defaults = {"segment": segment, "preroll": min(4, segment), "threads": max(1, threads // streams)}
    options = Options(**(defaults | given))
    given |= {"num_streams": streams, "sc": draw(st.integers(0, 1))}
    numbers = list(range(clip.length * _outputs_per_frame(spec, options)))
    order = st.one_of(st.just(numbers), st.just(numbers[::-1]), st.permutations(numbers).map(list))
    again = st.lists(st.sampled_from(numbers), max_size=4)
    return Case(
        spec,
        clip,
        options,
        given,
        draw(st.sampled_from(RUNTIMES)),
        threads,
        [draw(again) + draw(order) for _ in range(draw(st.integers(1, 4)))],
        draw(st.booleans()),
    )
