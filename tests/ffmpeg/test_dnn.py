"""``--via dnn``: windows on stock FFmpeg, against the plugin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs

from tests import tiny_models
from tests.ffmpeg.media import STORED, Tools, clip_of, largest_difference, planes_of
from tests.plugin.clips import drift
from tests.tolerances import FFMPEG
from vsdeblur.ffmpeg.graph import graph

core = vs.core.vsdeblur


def compare(tools: Tools, source: Path, model: Path, bits: int = 8, full: bool = False) -> None:
    """The graph's frames, their number and their times must be the plugin's, and chroma the clip's own."""
    before = tools.read(source)
    marks = ("setparams=range=full,", ",setparams=range=limited") if full else ("", "")
    after = tools.filter(source, source.with_name("out.mkv"), marks[0] + graph(str(model), "dnn") + marks[1])
    clip = clip_of(before).std.SetFrameProps(_Range=int(full))
    expected = planes_of(core.Model(clip, model, sc=0))
    assert after.times == before.times
    assert after.pixels == before.pixels
    assert largest_difference(expected, after.frames, bits) <= FFMPEG
    assert largest_difference([f[1:] for f in before.frames], [f[1:] for f in after.frames]) == 0
    assert largest_difference(before.frames, after.frames, bits) > 5 * FFMPEG


@pytest.mark.parametrize("name", ["RVD", "DBLRNet"])
def test_networks_equal_the_plugin(name: str, tools: Tools, random_models: Path, tmp_path: Path) -> None:
    source = tools.write(tmp_path / "in.mkv", drift(48, 32, 6), "yuv420p")
    compare(tools, source, random_models / f"{name}.onnx")


@pytest.mark.parametrize(
    ("pixels", "format", "bits"),
    [("yuv422p", vs.YUV422P8, 8), ("yuv444p", vs.YUV444P8, 8), ("yuv420p10le", vs.YUV420P10, 10)],
)
def test_pixel_formats(
    pixels: str, format: vs.PresetVideoFormat, bits: int, tools: Tools, window_model: Path, tmp_path: Path
) -> None:
    source = tools.write(tmp_path / "in.mkv", drift(64, 48, 7, format), pixels)
    compare(tools, source, window_model, bits)


def test_full_range(tools: Tools, window_model: Path, tmp_path: Path) -> None:
    source = tools.write(tmp_path / "in.mkv", drift(64, 48, 6), "yuv420p")
    compare(tools, source, window_model, full=True)


def test_gray_is_of_full_range(tools: Tools, window_model: Path, tmp_path: Path) -> None:
    source = tools.write(tmp_path / "in.mkv", drift(63, 47, 6, vs.GRAY8), "gray")
    after = tools.filter(source, tmp_path / "out.mkv", graph(str(window_model), "dnn"))
    clip = clip_of(tools.read(source)).std.SetFrameProps(_Range=1)
    expected = planes_of(core.Model(clip, window_model, sc=0))
    assert largest_difference(expected, after.frames) <= FFMPEG


@pytest.mark.parametrize("timing", ["N*N*7", "N*40+1234", "N*40-80", "N*33+mod(N*N\\,5)*3+500"])
def test_times_are_kept(timing: str, tools: Tools, window_model: Path, tmp_path: Path) -> None:
    source = tools.write(tmp_path / "in.mkv", drift(32, 24, 9), "yuv420p", timing)
    compare(tools, source, window_model)


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 5])
@pytest.mark.parametrize(("width", "height"), [(32, 24), (30, 22), (2, 2)])
def test_short_clips_and_odd_sizes(
    frames: int, width: int, height: int, tools: Tools, window_model: Path, tmp_path: Path
) -> None:
    source = tools.write(tmp_path / "in.mkv", drift(width, height, frames), "yuv420p")
    before = tools.read(source)
    after = tools.filter(source, tmp_path / "out.mkv", graph(str(window_model), "dnn"))
    assert after.times == before.times
    expected = planes_of(core.Model(clip_of(before), window_model, sc=0))
    assert largest_difference(expected, after.frames) <= FFMPEG


def test_a_model_of_one_frame(tools: Tools, tmp_path: Path) -> None:
    model = tmp_path / "blur.onnx"
    model.write_bytes(tiny_models.blur())
    source = tools.write(tmp_path / "in.mkv", drift(32, 24, 4), "yuv420p")
    compare(tools, source, model)


def test_audio_is_copied(tools: Tools, window_model: Path, tmp_path: Path) -> None:
    silent = tools.write(tmp_path / "silent.mkv", drift(32, 24, 10), "yuv420p", "N*40+500")
    source = tmp_path / "in.mkv"
    tone = ["-f", "lavfi", "-i", "sine=frequency=440:duration=0.4"]
    tools.run("-copyts", "-i", silent, *tone, "-c:v", "copy", "-c:a", "aac", source)
    tools.filter(source, tmp_path / "out.mkv", graph(str(window_model), "dnn"))
    sums = [tools.sums(path, "0:a") for path in (source, tmp_path / "out.mkv")]
    assert sums[0] == sums[1]
    assert len(sums[0]) > 5


def test_two_instances_in_one_graph(tools: Tools, window_model: Path, tmp_path: Path) -> None:
    clips = [drift(32, 24, 6), drift(32, 24, 6).std.Invert()]
    sources = [tools.write(tmp_path / f"{n}.mkv", clip, "yuv420p") for n, clip in enumerate(clips)]
    text = graph(str(window_model), "dnn")
    both = f"[0:v]{text}[a];[1:v]{text}[b]"
    targets = [tmp_path / "a.mkv", tmp_path / "b.mkv"]
    maps = [part for name, target in zip("ab", targets, strict=True) for part in ("-map", f"[{name}]", *STORED, target)]
    tools.run("-i", sources[0], "-i", sources[1], "-filter_complex", both, *maps)
    for source, target in zip(sources, targets, strict=True):
        expected = planes_of(core.Model(clip_of(tools.read(source)), window_model, sc=0))
        assert largest_difference(expected, tools.read(target).frames) <= FFMPEG


def test_one_after_the_other(tools: Tools, window_model: Path, tmp_path: Path) -> None:
    source = tools.write(tmp_path / "in.mkv", drift(32, 24, 6), "yuv420p")
    text = graph(str(window_model), "dnn")
    twice = tools.filter(source, tmp_path / "twice.mkv", f"{text},{text}")
    once = tools.filter(source, tmp_path / "once.mkv", text)
    again = tools.filter(tmp_path / "once.mkv", tmp_path / "again.mkv", text)
    assert largest_difference(again.frames, twice.frames) == 0
    assert largest_difference(once.frames, twice.frames) > FFMPEG


def test_memory_does_not_grow(tools: Tools, window_model: Path, tmp_path: Path) -> None:
    """2,000 frames take no more memory than 200 do."""
    text = graph(str(window_model), "dnn")
    peaks = [
        tools.peak_memory("-f", "lavfi", "-i", f"testsrc2=size=64x48:duration={n / 25}", "-vf", text)
        for n in (200, 2000)
    ]
    assert peaks[1] < peaks[0] + 8e6


def test_a_path_with_every_special_character(tools: Tools, window_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "it's a [test]: 50%, \\ and; more"
    folder.mkdir()
    moved = folder / "model.onnx"
    window_model.rename(moved)
    source = tools.write(tmp_path / "in.mkv", drift(32, 24, 3), "yuv420p")
    environment = {"XDG_CACHE_HOME": str(folder)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", environment["XDG_CACHE_HOME"])
        compare(tools, source, moved)


def test_a_missing_model_ends_ffmpeg_before_a_frame(tools: Tools, window_model: Path, tmp_path: Path) -> None:
    source = tools.write(tmp_path / "in.mkv", drift(32, 24, 3), "yuv420p")
    text = graph(str(window_model), "dnn")
    [tall] = (tmp_path / "cache" / "vsdeblur").iterdir()
    tall.unlink()
    done = tools.run("-i", source, "-vf", text, *STORED, tmp_path / "out.mkv", check=False)
    assert done.returncode != 0
    assert tall.name in done.stderr.decode()
    assert not (tmp_path / "out.mkv").exists() or (tmp_path / "out.mkv").stat().st_size == 0


def test_frames_are_not_noise(tools: Tools, tmp_path: Path) -> None:
    """A model that gives the frame back gives every sample back."""
    model = tmp_path / "same.onnx"
    model.write_bytes(tiny_models.weighted([[0, 0, 1, 0, 0]], window=(2, 2), outputs="0", color="luma"))
    for pixels, format in (("yuv420p", vs.YUV420P8), ("yuv420p10le", vs.YUV420P10)):
        source = tools.write(tmp_path / "in.mkv", drift(32, 24, 4, format), pixels)
        after = tools.filter(source, tmp_path / "out.mkv", graph(str(model), "dnn"))
        for one, other in zip(tools.read(source).frames, after.frames, strict=True):
            assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
