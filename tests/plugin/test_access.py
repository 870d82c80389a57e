"""Output frame n depends on the clip and the arguments alone: bit-identical whatever the order and the threads."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs

from tests.plugin import clips
from tests.tolerances import RUNTIMES_APART

Pixels = dict[int, list[np.ndarray]]
Access = Callable[[Callable[[], vs.VideoNode]], Pixels]

LENGTH = 14
CUTS = [9]


def one_by_one(out: vs.VideoNode, order: list[int]) -> Pixels:
    return {n: clips.frame_planes(out, n) for n in order}


def linear(make: Callable[[], vs.VideoNode]) -> Pixels:
    return one_by_one(make(), list(range(LENGTH)))


def backwards(make: Callable[[], vs.VideoNode]) -> Pixels:
    return one_by_one(make(), list(reversed(range(LENGTH))))


def shuffled(make: Callable[[], vs.VideoNode]) -> Pixels:
    return one_by_one(make(), random.Random(1).sample(range(LENGTH), LENGTH))


def repeated(make: Callable[[], vs.VideoNode]) -> Pixels:
    """Every frame twice from one instance; the second time must match the first, without the core's cache."""
    out = make()
    first = one_by_one(out, [8, 8, 2, 8, *range(LENGTH)])
    vs.core.clear_cache()
    second = one_by_one(out, list(reversed(range(LENGTH))))
    assert_same(first, second)
    return second


def at_once(make: Callable[[], vs.VideoNode]) -> Pixels:
    """All frames are requested before the first is there, in a shuffled order."""
    out = make()
    futures = {n: out.get_frame_async(n) for n in random.Random(2).sample(range(LENGTH), LENGTH)}
    found = {}
    for n, future in futures.items():
        with future.result() as frame:
            found[n] = clips.planes(frame)
    return found


def prefetched(make: Callable[[], vs.VideoNode]) -> Pixels:
    return {n: clips.planes(frame) for n, frame in enumerate(make().frames(prefetch=6, backlog=12, close=True))}


def two_instances(make: Callable[[], vs.VideoNode]) -> Pixels:
    """Two filters at work at the same time, asked in different orders."""
    one, other = make(), make()
    pairs = [(one.get_frame_async(n), other.get_frame_async(LENGTH - 1 - n)) for n in range(LENGTH)]
    found: list[Pixels] = [{}, {}]
    for n, (first, second) in enumerate(pairs):
        for pixels, number, future in ((found[0], n, first), (found[1], LENGTH - 1 - n, second)):
            with future.result() as frame:
                pixels[number] = clips.planes(frame)
    assert_same(found[0], found[1])
    return found[0]


ACCESSES: list[Access] = [backwards, shuffled, repeated, at_once, prefetched, two_instances]


def assert_same(a: Pixels, b: Pixels) -> None:
    assert a.keys() == b.keys()
    for n in a:
        for plane, (x, y) in enumerate(zip(a[n], b[n], strict=True)):
            assert np.array_equal(x, y), f"frame {n}, plane {plane}"


def source() -> vs.VideoNode:
    clip = clips.drift(32, 24, LENGTH)
    return clips.cut_at(clip, CUTS)


CASES = {
    "RUNet": ("RUNet", {}),
    "RUNet in small segments": ("RUNet", {"segment": 4, "preroll": 2}),
    "DTB": ("DTB", {}),
    "DTB in small segments": ("DTB", {"segment": 4, "preroll": 2}),
    "DTB in segments of one": ("DTB", {"segment": 1, "preroll": 1}),
    "DTB in two streams": ("DTB", {"segment": 4, "preroll": 2, "num_streams": 2}),
    "RVD": ("RVD", {}),
    "RVD, stride 5": ("RVD", {"stride": 5}),
    "DBLRNet": ("DBLRNet", {}),
}


RUNTIMES = ["OpenVINO", "ONNXRuntime"]


@pytest.mark.parametrize("provider", RUNTIMES)
@pytest.mark.parametrize("case", CASES)
def test_every_access_gives_the_same_frames(random_weights: Path, case: str, provider: str) -> None:
    name, arguments = CASES[case]

    def make() -> vs.VideoNode:
        return getattr(vs.core.vsdeblur, name)(source(), provider=provider, **arguments)

    expected = linear(make)
    blurred = one_by_one(source(), list(range(LENGTH)))
    assert all(not np.array_equal(expected[n][0], blurred[n][0]) for n in range(LENGTH)), "the network does nothing"
    for access in ACCESSES:
        assert_same(expected, access(make))


@pytest.mark.parametrize("case", ["DTB in two streams", "RVD, stride 5"])
def test_every_access_gives_the_same_frames_in_half_and_eight_bits(case: str) -> None:
    """Of the shipped files, in every precision but fp32 that this machine computes: int8 is on all."""
    name, arguments = CASES[case]
    tried = []
    for precision in ("fp16", "bf16", "int8"):

        def make(precision: str = precision) -> vs.VideoNode:
            return getattr(vs.core.vsdeblur, name)(source(), provider="OpenVINO", precision=precision, **arguments)

        try:
            expected = linear(make)
        except vs.Error as error:
            assert f"precision {precision} is not there" in str(error), "another error"
            continue
        tried.append(precision)
        for access in ACCESSES:
            assert_same(expected, access(make))
    assert "int8" in tried


def test_default_segments_are_independent_of_access(random_weights: Path) -> None:
    length = 90
    numbers = [89, 3, 78, 85, 79, 80, 84, 0]

    def make() -> vs.VideoNode:
        return vs.core.vsdeblur.DTB(clips.drift(16, 16, length))

    with_all = {n: clips.planes(frame) for n, frame in enumerate(make().frames(close=True))}
    assert_same({n: with_all[n] for n in numbers}, one_by_one(make(), numbers))


@pytest.mark.parametrize("name", ["RUNet", "DTB", "RVD", "DBLRNet"])
def test_the_runtimes_agree(random_weights: Path, name: str) -> None:
    """In float samples, so that no rounding to whole ones hides a difference."""
    clip = source().resize.Point(format=vs.RGBS, matrix_in=1)
    openvino, onnxruntime = (
        getattr(vs.core.vsdeblur, name)(clip, provider=provider, precision="fp32") for provider in RUNTIMES
    )
    for n in range(LENGTH):
        for a, b in zip(clips.frame_planes(openvino, n), clips.frame_planes(onnxruntime, n), strict=True):
            assert np.abs(a - b).max() <= RUNTIMES_APART
