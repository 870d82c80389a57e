"""What a frame is computed from: windows, scene cuts, segments, strides, instants; and how often the network runs."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
import vapoursynth as vs

from tests.plugin import clips, models
from tests.plugin.conftest import RunCounter

MOST_RUNS = 1.05
"""Network runs for each input frame in linear access of a recurrent network, on average; the issue's bound."""


def nearest_in_scene(frame: int, wanted: int, cuts: list[int]) -> int:
    """``wanted``, or the last frame on the way to it from ``frame`` that is in the same scene."""
    after = [cut for cut in cuts if cut > frame]
    first = max([cut for cut in cuts if cut <= frame], default=0)
    return max(min(wanted, min(after, default=wanted + 1) - 1), first if wanted < frame else 0)


def window(frame: int, before: int, after: int, length: int, cuts: list[int]) -> list[int]:
    """Frame numbers that a run for ``frame`` reads: mirrored at both ends of its scene."""
    first = max([cut for cut in cuts if cut <= frame], default=0)
    last = min([cut for cut in cuts if cut > frame], default=length) - 1
    there_and_back = [*range(first, last + 1), *range(last - 1, first, -1)]
    wanted = range(frame - before - first, frame + after + 1 - first)
    return [there_and_back[n % len(there_and_back)] for n in wanted]


@pytest.mark.parametrize("length", [1, 2, 3, 9])
@pytest.mark.parametrize(("before", "after"), [(2, 2), (1, 1), (0, 0), (3, 0), (0, 2)])
def test_windows_are_mirrored_at_the_ends(tmp_path: Path, length: int, before: int, after: int) -> None:
    model = models.window_code(tmp_path / "w.onnx", before, after)
    out = vs.core.vsdeblur.Model(clips.numbered(length), str(model), sc=0)
    assert out.num_frames == length
    for n in range(length):
        assert models.decode_window(clips.pixel(out, n), before + 1 + after) == (
            0,
            window(n, before, after, length, []),
        )


@pytest.mark.parametrize("cuts", [[4], [1], [8], [3, 4], [2, 5, 6]])
def test_windows_stop_at_scene_cuts(tmp_path: Path, cuts: list[int]) -> None:
    model = models.window_code(tmp_path / "w.onnx", 2, 2)
    clip = clips.cut_at(clips.numbered(9), cuts)
    cut = vs.core.vsdeblur.Model(clip, str(model))
    uncut = vs.core.vsdeblur.Model(clip, str(model), sc=0)
    for n in range(9):
        assert models.decode_window(clips.pixel(cut, n), 5)[1] == window(n, 2, 2, 9, cuts)
        assert models.decode_window(clips.pixel(uncut, n), 5)[1] == window(n, 2, 2, 9, [])


def test_scene_change_next_is_a_cut_too(tmp_path: Path) -> None:
    model = models.window_code(tmp_path / "w.onnx", 1, 1)
    clip = clips.marked(clips.numbered(5), {n: {"_SceneChangeNext": int(n == 1)} for n in range(5)})
    out = vs.core.vsdeblur.Model(clip, str(model))
    assert [models.decode_window(clips.pixel(out, n), 3)[1] for n in range(5)] == [
        window(n, 1, 1, 5, [2]) for n in range(5)
    ]


def test_cuts_are_detected_where_no_property_says(tmp_path: Path) -> None:
    model = models.counter(tmp_path / "c.onnx")
    dark = vs.core.std.BlankClip(width=32, height=32, format=vs.GRAY8, length=4, color=40)
    clip = dark + dark.std.BlankClip(color=120) + dark
    found = [round(clips.pixel(vs.core.vsdeblur.Model(as_float(clip), str(model)), n)) for n in range(12)]
    assert found == [1, 2, 3, 4] * 3
    higher = vs.core.vsdeblur.Model(as_float(clip), str(model), sc_threshold=0.5)
    assert [clips.pixel(higher, n) for n in range(12)] == list(range(1, 13))


def as_float(clip: vs.VideoNode) -> vs.VideoNode:
    """GRAYS with samples / 255, so that counters are not clipped."""
    return clip.std.Expr("x 255 /", format=vs.GRAYS)


def steps(n: int, segment: int, preroll: int, cuts: list[int]) -> int:
    """Runs since the state was 0, with the run for frame n."""
    start = max(0, n // segment * segment - preroll)
    return n - max([start, *(cut for cut in cuts if start <= cut <= n)]) + 1


@pytest.mark.parametrize(("segment", "preroll"), [(5, 2), (1, 0), (1, 1), (4, 4), (80, 4), (7, 0)])
@pytest.mark.parametrize("cuts", [[], [3], [4, 11]])
def test_state_lives_for_a_segment(tmp_path: Path, segment: int, preroll: int, cuts: list[int]) -> None:
    model = models.counter(tmp_path / "c.onnx", 1, 1)
    clip = clips.cut_at(clips.numbered(14), cuts)
    expected = [steps(n, segment, preroll, cuts) for n in range(14)]
    for order in (range(14), range(13, -1, -1), [7, 3, 12, 0, 13, 8, 7]):
        out = vs.core.vsdeblur.Model(clip, str(model), segment=segment, preroll=preroll)
        assert {n: clips.pixel(out, n) for n in order} == {n: expected[n] for n in order}


def test_preroll_fits_into_a_short_segment(tmp_path: Path) -> None:
    model = models.counter(tmp_path / "c.onnx")
    out = vs.core.vsdeblur.Model(clips.cut_at(clips.numbered(8), []), str(model), segment=2)
    assert [clips.pixel(out, n) for n in range(8)] == [steps(n, 2, 2, []) for n in range(8)]


def test_a_seek_costs_no_more_than_segment_and_preroll(tmp_path: Path, counted: RunCounter) -> None:
    model = models.counter(tmp_path / "c.onnx", 1, 1)
    with counted() as done:
        out = vs.core.vsdeblur.Model(clips.numbered(400), str(model), segment=100, preroll=20, sc=0, verbosity=3)
        assert clips.pixel(out, 399) == 120
        del out
    assert done == [(1, 120)]


def test_a_long_warm_up_holds_few_frames(tmp_path: Path) -> None:
    model = models.counter(tmp_path / "c.onnx", 1, 1)
    blank = vs.core.std.BlankClip(width=512, height=256, format=vs.GRAYS, length=400)
    frame_size = 512 * 256 * 4
    used: list[int] = []

    def watch(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        used.append(vs.core.used_cache_size)
        return f.copy()

    out = vs.core.vsdeblur.Model(blank.std.ModifyFrame(blank, watch), str(model), segment=400, preroll=0, sc=0)
    assert clips.pixel(out, 399) == 400
    assert len(used) >= 400
    assert max(used) < 100 * frame_size


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (6, 4)])
def test_states_follow_the_padded_size(tmp_path: Path, size: tuple[int, int]) -> None:
    model = models.counter(tmp_path / "c.onnx")
    out = vs.core.vsdeblur.Model(clips.numbered(3, *size), str(model), sc=0)
    assert [clips.pixel(out, n) for n in range(3)] == [1, 2, 3]


@pytest.mark.parametrize("length", [1, 2, 3, 12, 14])
@pytest.mark.parametrize("stride", [1, 2, 3, 4, 5])
def test_stride_takes_frames_from_the_nearest_window_of_a_grid(tmp_path: Path, stride: int, length: int) -> None:
    model = models.window_code(tmp_path / "w.onnx", 2, 2, outputs="-2,-1,0,1,2")
    for order in (range(length), reversed(range(length))):
        out = vs.core.vsdeblur.Model(clips.numbered(length), str(model), sc=0, stride=stride)
        for n in order:
            centre = min(n // stride * stride + stride // 2, length - 1)
            place, frames = models.decode_window(clips.pixel(out, n), 5)
            assert (centre + place - 2, frames) == (n, window(centre, 2, 2, length, []))


def test_stride_saves_runs(tmp_path: Path, counted: RunCounter) -> None:
    model = models.window_code(tmp_path / "w.onnx", 2, 2, outputs="-2,-1,0,1,2")
    with counted(filters=2) as done:
        for stride in (1, 5):
            out = vs.core.vsdeblur.Model(clips.numbered(15), str(model), stride=stride, sc=0, verbosity=3)
            for _ in out.frames(close=True):
                pass
            del out
    assert sorted(done) == [(15, 3), (15, 15)]


def test_stride_does_not_cross_scene_cuts(tmp_path: Path) -> None:
    model = models.window_code(tmp_path / "w.onnx", 2, 2, outputs="-2,-1,0,1,2")
    cuts = [3, 7]
    out = vs.core.vsdeblur.Model(clips.cut_at(clips.numbered(10), cuts), str(model), stride=5)
    for n in range(10):
        centre = nearest_in_scene(n, min(n // 5 * 5 + 2, 9), cuts)
        place, frames = models.decode_window(clips.pixel(out, n), 5)
        assert (centre + place - 2, frames) == (n, window(centre, 2, 2, 10, cuts))


def test_instants_follow_each_other(tmp_path: Path) -> None:
    model = models.instants(tmp_path / "i.onnx", 3)
    clip = clips.numbered(4).std.AssumeFPS(fpsnum=30000, fpsden=1001)
    out = vs.core.vsdeblur.Model(clip, str(model))
    assert out.num_frames == 12
    assert out.fps == Fraction(90000, 1001)
    assert [clips.pixel(out, n) for n in range(12)] == [n + k for n in range(4) for k in range(3)]


def test_refine_runs_on_averages_of_neighbours(tmp_path: Path) -> None:
    model = models.instants(tmp_path / "i.onnx", 3)
    out = vs.core.vsdeblur.Model(clips.numbered(2), str(model), refine=1)
    between = [(k + k + 1) / 2 for k in range(2)]
    assert [clips.pixel(out, n) for n in range(out.num_frames)] == [
        n + average + k for n in range(2) for average in between for k in range(3)
    ]


def test_instants_have_their_share_of_time(tmp_path: Path) -> None:
    model = models.instants(tmp_path / "i.onnx", 7)
    blank = clips.numbered(2).std.SetFrameProps(_DurationNum=1001, _DurationDen=30000)
    clip = blank.std.SetFrameProps(_AbsoluteTime=2.5, _SceneChangePrev=1, _SceneChangeNext=1, Kept="yes")
    out = vs.core.vsdeblur.Model(clip, str(model))
    for n in range(14):
        k = n % 7
        with out.get_frame(n) as frame:
            properties = dict(frame.props)
        assert Fraction(properties["_DurationNum"], properties["_DurationDen"]) == Fraction(1001, 30000 * 7)
        assert properties["_AbsoluteTime"] == pytest.approx(2.5 + k * 1001 / 30000 / 7, rel=1e-12)
        assert (properties["_SceneChangePrev"], properties["_SceneChangeNext"]) == (int(k == 0), int(k == 6))
        assert properties["Kept"] == "yes"


def test_instants_without_duration_take_the_clips_rate(tmp_path: Path) -> None:
    model = models.instants(tmp_path / "i.onnx", 2)
    clip = clips.numbered(1).std.AssumeFPS(fpsnum=25).std.RemoveFrameProps("_Duration*")
    out = vs.core.vsdeblur.Model(clip.std.SetFrameProps(_AbsoluteTime=1.0), str(model))
    with out.get_frame(1) as frame:
        assert frame.props["_AbsoluteTime"] == pytest.approx(1.02, rel=1e-12)
        assert "_DurationNum" not in frame.props


def test_too_many_instants_are_refused(tmp_path: Path) -> None:
    model = models.instants(tmp_path / "i.onnx", 64)
    clip = vs.core.std.BlankClip(width=8, height=8, format=vs.GRAY8, length=2**31 // 64)
    with pytest.raises(vs.Error, match=r"^Model: the clip has 33554432 frames, and 64 times as many are more than"):
        vs.core.vsdeblur.Model(clip, str(model))


def test_linear_access_runs_a_recurrent_network_once_a_frame(weights: Path, counted: RunCounter) -> None:
    models.counter(weights / "DTB.onnx", 1, 1, name="DTB")
    length = 320
    with counted() as done:
        out = vs.core.vsdeblur.DTB(clips.numbered(length), sc=0, verbosity=3)
        for n in range(length):
            out.get_frame(n).close()
        del out
    ((frames, runs),) = done
    assert frames == length
    assert length < runs <= MOST_RUNS * length


@pytest.mark.parametrize("streams", [1, 3])
def test_many_requests_at_once_run_a_recurrent_network_once_a_frame(
    weights: Path, counted: RunCounter, streams: int
) -> None:
    models.counter(weights / "DTB.onnx", 1, 1, name="DTB")
    length = 320
    threads = vs.core.num_threads
    vs.core.num_threads = 16
    try:
        with counted() as done:
            out = vs.core.vsdeblur.DTB(clips.numbered(length), sc=0, verbosity=3, num_streams=streams)
            values = [frame[0][0, 0] for frame in out.frames(prefetch=48, backlog=96)]
            del out
    finally:
        vs.core.num_threads = threads
    assert values == [steps(n, 80, 4, []) for n in range(length)]
    ((frames, runs),) = done
    assert frames == length
    assert runs <= MOST_RUNS * length
