"""Whatever the clip, the options and the way of asking for frames: what comes is what the reference says.

In ONNX Runtime bit for bit, for the reference runs in it too; in OpenVINO within a tolerance. VSDEBLUR_ACCESS_CASES in
the environment is how many cases are tried; CI's number is the default.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs
from hypothesis import HealthCheck, Phase, given, settings

from tests.plugin import clips
from tests.robustness.cases import Case, Clip, cases
from tests.robustness.networks import network
from tests.robustness.pixels import Format, Values, stored
from tests.robustness.reference import deblurred
from tests.tolerances import REFERENCE

CASES = int(os.environ.get("VSDEBLUR_ACCESS_CASES", "40"))
FAMILIES = {"gray": vs.GRAY, "yuv": vs.YUV, "rgb": vs.RGB}

Planes = list[np.ndarray]


def source(clip: Clip) -> vs.VideoNode:
    """The clip in VapourSynth, every frame with the properties that it is drawn with and no others."""
    kind = clip.format
    sample = vs.FLOAT if kind.floating else vs.INTEGER
    format = vs.core.query_video_format(FAMILIES[kind.family], sample, kind.bits, *kind.subsampling)
    blank = vs.core.std.BlankClip(width=clip.width, height=clip.height, format=format.id, length=clip.length)
    frames = clip.frames()
    painted = clips.painted(blank.std.RemoveFrameProps(), lambda n, plane, _shape, _dtype: frames[n].planes[plane])
    scenes = clip.scene_properties()
    return clips.marked(painted, {n: clip.properties | scenes[n] for n in scenes})


@contextmanager
def threads(count: int) -> Iterator[None]:
    """``count`` threads of VapourSynth's, and of every network."""
    before = vs.core.num_threads
    vs.core.num_threads = count
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VSDEBLUR_THREADS", str(count))
        yield
    vs.core.num_threads = before


def asked(case: Case, path: Path) -> list[tuple[int, Planes]]:
    """Outputs by number, of all instances, in the order in which they were asked for."""
    with threads(case.threads):
        outs = [
            vs.core.vsdeblur.Model(source(case.clip), str(path), provider=case.provider, precision="fp32", **case.given)
            for _ in case.orders
        ]
        turns = [
            (out, order[turn])
            for turn in range(max(map(len, case.orders)))
            for out, order in zip(outs, case.orders, strict=True)
            if turn < len(order)
        ]
        if not case.at_once:
            return [(n, clips.frame_planes(out, n)) for out, n in turns]
        found = []
        for n, future in [(n, out.get_frame_async(n)) for out, n in turns]:
            with future.result() as frame:
                found.append((n, clips.planes(frame)))
        return found


def check_equal(planes: Planes, expected: list[Values], before: Planes, format: Format) -> None:
    """Bit for bit; planes that are not written are the source's."""
    for plane, (found, old) in enumerate(zip(planes, before, strict=True)):
        wanted = stored(expected[plane], format) if plane < len(expected) else old
        assert found.dtype == wanted.dtype
        assert np.array_equal(found, wanted), f"plane {plane} differs at {np.argwhere(found != wanted)[:5].tolist()}"


def check_close(planes: Planes, expected: list[Values], format: Format, tolerance: float) -> None:
    """Before rounding; ``tolerance`` on values of 0 to 1."""
    for plane, (found, numbers) in enumerate(zip(planes, expected, strict=False)):
        if format.floating:
            wanted, unit = numbers, 1
            rounding = np.spacing(stored(np.abs(numbers), format)).astype(np.float32) / 2
        else:
            wanted, unit = np.clip(numbers, 0, format.peak), format.peak
            rounding = 0.5
        beyond = np.abs(found.astype(np.float32) - wanted) - rounding
        assert beyond.max() <= tolerance * unit, f"plane {plane} is off by {beyond.max() / unit} beyond rounding"


@settings(
    max_examples=CASES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(case=cases())
def test_every_frame_is_the_references(tmp_path_factory: pytest.TempPathFactory, case: Case) -> None:
    model = network(case.spec)
    path = tmp_path_factory.getbasetemp() / "drawn.onnx"
    path.write_bytes(model)
    cuts = case.clip.cuts if case.given["sc"] else ()
    frames = case.clip.frames()
    expected = deblurred(model, frames, cuts, case.options)
    first: dict[int, Planes] = {}
    for n, planes in asked(case, path):
        if case.provider == "ONNXRuntime":
            check_equal(planes, expected[n], frames[n * case.clip.length // len(expected)].planes, case.clip.format)
        else:
            check_close(planes, expected[n], case.clip.format, REFERENCE * max(1, case.options.strength))
            for a, b in zip(planes, first.setdefault(n, planes), strict=True):
                assert np.array_equal(a, b), f"output {n} differs from itself"
    assert len(expected) == case.outputs
