"""``--via wrapper``: windows and state by libvsdeblur_dnn.so, against the plugin."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest
import vapoursynth as vs

from tests import tiny_models
from tests.ffmpeg.media import STORED, Tools, clip_of, largest_difference, planes_of
from tests.plugin import models
from tests.plugin.clips import drift
from tests.tolerances import FFMPEG
from vsdeblur.ffmpeg import wrapper
from vsdeblur.ffmpeg.graph import Way, graph

core = vs.core.vsdeblur
ONE_SEGMENT = {"sc": 0, "segment": 1_000_000}


@pytest.fixture
def preload() -> dict[str, str]:
    """What is added to the environment."""
    return {"LD_PRELOAD": wrapper.library()}


@pytest.fixture
def counter(tmp_path: Path) -> Path:
    """An RGB model with a state: every frame is brighter than its input by 1/256 for each frame before it."""
    path = tmp_path / "counter.onnx"
    path.write_bytes(tiny_models.counter())
    return path


def compare(tools: Tools, source: Path, model: Path, preload: dict[str, str], **options: int) -> None:
    """The graph's frames, their number and their times must be the plugin's."""
    before = tools.read(source)
    after = tools.filter(source, source.with_name("out.nut"), graph(str(model), "wrapper"), **preload)
    expected = planes_of(core.Model(clip_of(before), model, **({"sc": 0} | options)))
    assert after.times == before.times
    assert after.pixels == before.pixels
    assert largest_difference(expected, after.frames) <= FFMPEG
    assert largest_difference(before.frames, after.frames) > 2 * FFMPEG


def test_dtb_equals_the_plugin_with_one_segment(
    tools: Tools, random_models: Path, preload: dict[str, str], tmp_path: Path
) -> None:
    source = tools.write(tmp_path / "in.nut", drift(64, 48, 60, vs.RGB24), "gbrp")
    compare(tools, source, random_models / "DTB.onnx", preload, segment=1000)


def test_windows_of_luma(tools: Tools, window_model: Path, preload: dict[str, str], tmp_path: Path) -> None:
    source = tools.write(tmp_path / "in.nut", drift(62, 46, 9), "yuv420p", "N*N*7+500")
    compare(tools, source, window_model, preload)


def test_uneven_windows(tools: Tools, preload: dict[str, str], tmp_path: Path) -> None:
    for before, after in ((3, 1), (0, 2), (2, 0)):
        model = tmp_path / f"{before}{after}.onnx"
        weights = [[(t + 1) / 20 for t in range(before + 1 + after)]]
        model.write_bytes(tiny_models.weighted(weights, window=(before, after), outputs="0", color="luma"))
        source = tools.write(tmp_path / "in.nut", drift(16, 12, 7), "yuv420p")
        compare(tools, source, model, preload)


@pytest.mark.parametrize("timing", ["N*N*7", "N*40+1234", "N*40-80"])
def test_times_are_kept(
    timing: str, tools: Tools, random_models: Path, preload: dict[str, str], tmp_path: Path
) -> None:
    source = tools.write(tmp_path / "in.nut", drift(16, 16, 5, vs.RGB24), "gbrp", timing)
    compare(tools, source, random_models / "DTB.onnx", preload, segment=1000)


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_short_clips(frames: int, tools: Tools, random_models: Path, preload: dict[str, str], tmp_path: Path) -> None:
    source = tools.write(tmp_path / "in.nut", drift(18, 14, frames, vs.RGB24), "gbrp")
    compare(tools, source, random_models / "DTB.onnx", preload, segment=1000)


def test_the_state_starts_at_the_first_frame(
    tools: Tools, counter: Path, preload: dict[str, str], tmp_path: Path
) -> None:
    """FFmpeg's probe run is not counted, and neither is the wait for the look-ahead."""
    black = vs.core.std.BlankClip(width=8, height=6, format=vs.RGB24, length=20, color=[10, 20, 30])
    source = tools.write(tmp_path / "in.nut", black, "gbrp")
    after = tools.filter(source, tmp_path / "out.nut", graph(str(counter), "wrapper"), **preload)
    for n, planes in enumerate(after.frames):
        for plane, start in zip(planes, (10, 20, 30), strict=True):
            assert (plane == round(start + (n + 1) * tiny_models.STEP * 255)).all()


def test_two_instances_in_one_graph(tools: Tools, counter: Path, preload: dict[str, str], tmp_path: Path) -> None:
    sources = [
        tools.write(tmp_path / f"{n}.nut", drift(width, 24, frames, vs.RGB24), "gbrp")
        for n, (width, frames) in enumerate([(32, 12), (20, 9)])
    ]
    text = graph(str(counter), "wrapper")
    targets = [tmp_path / "a.nut", tmp_path / "b.nut"]
    both = f"[0:v]{text}[a];[1:v]{text}[b]"
    maps = [
        "-map",
        "[a]",
        *STORED,
        "-c:v",
        "rawvideo",
        targets[0],
        "-map",
        "[b]",
        *STORED,
        "-c:v",
        "rawvideo",
        targets[1],
    ]
    tools.run("-i", sources[0], "-i", sources[1], "-filter_complex", both, *maps, **preload)
    for source, target in zip(sources, targets, strict=True):
        expected = planes_of(core.Model(clip_of(tools.read(source)), counter, **ONE_SEGMENT))
        assert largest_difference(expected, tools.read(target).frames) <= FFMPEG


def test_other_models_pass_through(tools: Tools, window_model: Path, preload: dict[str, str], tmp_path: Path) -> None:
    """A tall model carries no contract: the same output, bit for bit, with the library and without."""
    source = tools.write(tmp_path / "in.nut", drift(32, 24, 6), "yuv420p")
    text = graph(str(window_model), "dnn")
    alone = tools.filter(source, tmp_path / "alone.nut", text)
    beside = tools.filter(source, tmp_path / "beside.nut", text, **preload)
    assert largest_difference(alone.frames, beside.frames) == 0
    assert alone.times == beside.times


def test_in_the_place_of_onnx_runtime(tools: Tools, counter: Path, tmp_path: Path) -> None:
    """Under the name libonnxruntime.so.1, with the real library named by the environment."""
    real = tools.ffmpeg.resolve().parents[1] / "lib" / "libonnxruntime.so.1"
    folder = tmp_path / "lib"
    folder.mkdir()
    (folder / "libonnxruntime.so.1").symlink_to(wrapper.library())
    source = tools.write(tmp_path / "in.nut", drift(16, 12, 6, vs.RGB24), "gbrp")
    names = {"LD_LIBRARY_PATH": str(folder), "VSDEBLUR_ONNXRUNTIME": str(real)}
    compare(tools, source, counter, names, segment=1_000_000)


def test_memory_does_not_grow(tools: Tools, counter: Path, preload: dict[str, str]) -> None:
    """2,000 frames take no more memory than 200 do."""
    text = graph(str(counter), "wrapper")
    peaks = [
        tools.peak_memory("-f", "lavfi", "-i", f"testsrc2=size=64x48:duration={n / 25}", "-vf", text, **preload)
        for n in (200, 2000)
    ]
    assert peaks[1] < peaks[0] + 8e6


def failure(tools: Tools, source: Path, target: Path, text: str, *options: str, **environment: str) -> str:
    """What FFmpeg says when it fails; nothing whole may be left."""
    done = tools.run(*options, "-i", source, "-vf", text, *STORED, target, check=False, **environment)
    assert done.returncode != 0
    return done.stderr.decode()


def test_without_the_library_ffmpeg_refuses_the_model(tools: Tools, counter: Path, tmp_path: Path) -> None:
    source = tools.write(tmp_path / "in.nut", drift(16, 12, 3, vs.RGB24), "gbrp")
    said = failure(tools, source, tmp_path / "out.mkv", graph(str(counter), "wrapper"))
    assert "supports single-input models only" in said
    assert not (tmp_path / "out.mkv").exists() or (tmp_path / "out.mkv").stat().st_size == 0


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("contract", "2", "its contract has version 2, and this vsdeblur knows version 1"),
        ("states", '[{"input": 3}]', "its contract is malformed: vsdeblur.states is"),
        ("window", None, "its contract lacks vsdeblur.window"),
        ("outputs", "subframes:7", "it gives 7 frames for each frame, and dnn_processing gives one"),
    ],
)
def test_a_bad_contract_ends_ffmpeg_before_a_frame(
    key: str, value: str | None, sentence: str, tools: Tools, counter: Path, preload: dict[str, str], tmp_path: Path
) -> None:
    source = tools.write(tmp_path / "in.nut", drift(16, 12, 3, vs.RGB24), "gbrp")
    text = graph(str(counter), "wrapper")
    models.with_metadata(counter, **{key: value})
    said = failure(tools, source, tmp_path / "out.mkv", text, **preload)
    assert f"vsdeblur: {counter}: {sentence}" in said
    assert not (tmp_path / "out.mkv").exists() or (tmp_path / "out.mkv").stat().st_size == 0


def test_a_graph_without_marks_is_refused(tools: Tools, counter: Path, preload: dict[str, str], tmp_path: Path) -> None:
    source = tools.write(tmp_path / "in.nut", drift(16, 12, 3, vs.RGB24), "gbrp")
    text = f"format=rgb24,dnn_processing=dnn_backend=onnx:model={counter}"
    said = failure(tools, source, tmp_path / "out.mkv", text, **preload)
    assert "the frames carry no marks: use the filter graph of vsdeblur ffmpeg-graph --via wrapper" in said


@pytest.fixture
def two_sizes(tmp_path: Path) -> Path:
    """A file with four frames of 64x48 and four of 32x48. H.264 can have that; PyPI's FFmpeg can write it."""
    encoder = imageio_ffmpeg.get_ffmpeg_exe()
    joined = b""
    for size in ("64x48", "32x48"):
        source = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25:duration=0.16", "-pix_fmt", "yuv420p"]
        command = [encoder, "-loglevel", "error", *source, "-c:v", "libx264", "-bf", "0", "-f", "h264", "pipe:"]
        joined += subprocess.run(command, check=True, capture_output=True).stdout
    path = tmp_path / "sizes.mkv"
    command = [encoder, "-loglevel", "error", "-f", "h264", "-i", "pipe:", "-c", "copy", path]
    subprocess.run(command, input=joined, check=True)
    return path


def test_a_change_of_size_in_mid_stream_is_an_error(
    tools: Tools, random_models: Path, two_sizes: Path, tmp_path: Path
) -> None:
    text = graph(str(random_models / "DTB.onnx"), "wrapper")
    environment = wrapper.environment({})
    done = tools.run("-i", two_sizes, "-vf", text, *STORED, tmp_path / "out.mkv", check=False, **environment)
    assert done.returncode != 0
    assert "the filter graph was built anew in mid-stream, so frames are lost" in done.stderr.decode()


@pytest.mark.parametrize("way", ["dnn", "wrapper"])
def test_without_a_new_graph_the_first_size_stays(
    way: Way, tools: Tools, window_model: Path, two_sizes: Path, tmp_path: Path
) -> None:
    text = graph(str(window_model), way)
    options = ["-reinit_filter", "0", "-i", two_sizes, "-vf", text]
    tools.run(*options, *STORED, tmp_path / "out.mkv", **wrapper.environment({}))
    frames = tools.read(tmp_path / "out.mkv").frames
    assert [planes[0].shape for planes in frames] == [(48, 64)] * 8


def test_an_onnx_runtime_that_is_too_old(tools: Tools, counter: Path, tmp_path: Path) -> None:
    """A library whose table ends before the version that FFmpeg was built for says so in one sentence."""
    code = tmp_path / "old.c"
    code.write_text(
        "#include <stddef.h>\n#include <stdint.h>\n"
        "static const void *api(uint32_t version) { (void)version; return NULL; }\n"
        'static const char *version(void) { return "1.9.0"; }\n'
        "static const struct { const void *(*api)(uint32_t); const char *(*version)(void); } base = {api, version};\n"
        "const void *OrtGetApiBase(void) { return &base; }\n"
    )
    old = tmp_path / "old.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", old, code], check=True)
    source = tools.write(tmp_path / "in.nut", drift(16, 12, 3, vs.RGB24), "gbrp")
    text = graph(str(counter), "wrapper")
    said = failure(tools, source, tmp_path / "out.mkv", text, LD_PRELOAD=f"{wrapper.library()}:{old}")
    assert "vsdeblur: ONNX Runtime 1.9.0 is too old for this program" in said
    assert not (tmp_path / "out.mkv").exists() or (tmp_path / "out.mkv").stat().st_size == 0
