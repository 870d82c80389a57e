"""The frei0r plugin in stock FFmpeg, through the graph that makes up for its delay."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests import tiny_models
from tests.ffmpeg.frei0r_fixtures import (
    PLUGIN_FOLDER,
    attempt,
    by_plugin,
    difference,
    drifting,
    ffmpeg,
    newest_ffmpeg,
    played,
    random_model,
    run,
    written,
)
from tests.tolerances import ALPHA_STEPS, FREI0R_STEPS, GROWTH_MIB
from vsdeblur import Error
from vsdeblur.ffmpeg.frei0r_graph import frei0r_graph


@pytest.fixture
def next_frame(tmp_path: Path) -> Path:
    """A model that gives the frame after the current one."""
    path = tmp_path / "next.onnx"
    path.write_bytes(tiny_models.next_frame())
    return path


def graph(model: Path) -> str:
    return frei0r_graph(str(model))


@pytest.mark.parametrize("network", ["DTB", "DBLRNet", "RVD"])
# FFmpeg 5 pads rows of 38 pixels; those of 48 lie as the plugin expects them.
@pytest.mark.parametrize("size", [(48, 32), (38, 21)])
def test_every_frame_equals_the_plugins(network: str, size: tuple[int, int], tmp_path: Path) -> None:
    model = random_model(network)
    clip = drifting(8, *size)
    file, expected = written(tmp_path / "clip.mkv", clip), by_plugin(clip, model)
    assert difference(expected, clip) > 4 * FREI0R_STEPS
    for program in ("", newest_ffmpeg()):
        frames, times = played(file, graph(model), by=program)
        assert difference(frames, expected) <= FREI0R_STEPS
        assert times == [40 * n for n in range(8)]


@pytest.mark.parametrize(
    "times", [[0, 40, 80, 120], [0, 10, 300, 310, 2000, 2001], [700, 740, 780], [5000, 5003, 5100, 9000, 9040]]
)
def test_times_are_kept(times: list[int], next_frame: Path, tmp_path: Path) -> None:
    clip = drifting(len(times), 24, 16)
    file = written(tmp_path / "clip.mkv", clip, times)
    for program in ("", newest_ffmpeg()):
        frames, found = played(file, graph(next_frame), by=program)
        assert found == times
        # The last frame's next one is its mirror, the frame before it.
        assert difference(frames, np.concatenate([clip[1:], clip[-2:-1]])) == 0


@pytest.mark.parametrize("length", [1, 2, 3])
def test_short_clips(length: int, tmp_path: Path) -> None:
    model = tmp_path / "mean.onnx"
    weights = [[0.4, 0.1, 0.2, 0.1, 0.2]]
    model.write_bytes(tiny_models.weighted(weights, window=(2, 2), outputs="0"))
    clip = drifting(length, 24, 16)
    frames, times = played(written(tmp_path / "clip.mkv", clip), graph(model))
    assert times == [40 * n for n in range(length)]
    assert difference(frames, by_plugin(clip, model)) == 0


def test_two_instances_in_one_graph(next_frame: Path, tmp_path: Path) -> None:
    counter = tmp_path / "counter.onnx"
    counter.write_bytes(tiny_models.counter())
    clip = drifting(6, 24, 16) // 2
    file = written(tmp_path / "clip.mkv", clip)
    frames, times = played(file, f"{graph(counter)},{graph(next_frame)},{graph(counter)}")
    once = by_plugin(clip, counter)
    expected = by_plugin(np.concatenate([once[1:], once[-2:-1]]), counter)
    assert difference(frames, expected) == 0
    assert times == [40 * n for n in range(6)]


def test_one_clip_beside_another_in_filter_complex(next_frame: Path, tmp_path: Path) -> None:
    clip = drifting(5, 24, 16)
    file = written(tmp_path / "clip.mkv", clip)
    text = f"[0]split[a][b];[a]{graph(next_frame)}[c];[b]{graph(next_frame)}[d];[c][d]vstack"
    done = run(ffmpeg("-i", file, "-filter_complex", text, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"))
    frames = np.frombuffer(done.stdout, np.uint8).reshape(5, 2, 16, 24, 3)
    expected = np.concatenate([clip[1:], clip[-2:-1]])
    assert difference(frames[:, 0], expected) == 0
    assert difference(frames[:, 1], expected) == 0


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv422p10le", "gray", "gbrp", "yuva444p"])
def test_the_pixel_format_stays(pixels: str, next_frame: Path, tmp_path: Path) -> None:
    file, text = written(tmp_path / "clip.mkv", drifting(3, 24, 16)), f"format={pixels},{graph(next_frame)}"
    done = run(ffmpeg("-v", "info", "-i", file, "-vf", f"{text},showinfo", "-f", "null", "-"))
    assert f" fmt:{pixels} " in done.stderr.decode()


def test_alpha_goes_with_its_frame(next_frame: Path, tmp_path: Path) -> None:
    file = written(tmp_path / "clip.mkv", drifting(4, 24, 16))
    faded = f"format=rgba,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='50+X+20*N',{graph(next_frame)}"
    frames, _ = played(file, faded, pixels="rgba")
    for n, frame in enumerate(frames):
        assert difference(frame[:, :, 3], np.tile(50 + np.arange(24) + 20 * n, (16, 1))) <= ALPHA_STEPS


def test_a_path_may_hold_what_graphs_are_made_of(next_frame: Path, tmp_path: Path) -> None:
    odd = next_frame.rename(tmp_path / r"a:b|c,d;e[f]'g\h i=j%k.onnx")
    clip = drifting(3, 24, 16)
    frames, _ = played(written(tmp_path / "clip.mkv", clip), graph(odd))
    assert difference(frames[:2], clip[1:]) == 0


def test_without_the_graph_answers_are_late(next_frame: Path, tmp_path: Path) -> None:
    clip = drifting(5, 32, 16)
    frames, times = played(written(tmp_path / "clip.mkv", clip), f"format=rgba,frei0r=vsdeblur:{next_frame}")
    assert difference(frames, clip[[0, 1, 2, 3, 4]]) == 0  # frame n shows the one after frame n - 1
    assert times == [40 * n for n in range(5)]


def test_a_link_in_the_users_folder_is_enough(next_frame: Path, tmp_path: Path) -> None:
    folder = tmp_path / ".frei0r-1/lib"
    folder.mkdir(parents=True)
    (folder / "vsdeblur.so").symlink_to(PLUGIN_FOLDER / "vsdeblur.so")
    clip = drifting(3, 24, 16)
    file = written(tmp_path / "clip.mkv", clip)
    frames, _ = played(file, graph(next_frame), HOME=str(tmp_path), FREI0R_PATH="")
    assert difference(frames[:2], clip[1:]) == 0


def test_a_new_size_starts_anew(next_frame: Path, tmp_path: Path) -> None:
    small, large = drifting(3, 24, 16), drifting(3, 40, 32)
    for n, frame in enumerate([*small, *large]):
        height, width, _ = frame.shape
        (tmp_path / "frame.rgb").write_bytes(frame.tobytes())
        size = ["-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", f"{width}x{height}"]
        run(ffmpeg("-y", *size, "-i", tmp_path / "frame.rgb", tmp_path / f"{n}.png"))
    out = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-autoscale", "0", "-"]
    done = run(ffmpeg("-framerate", "25", "-i", tmp_path / "%d.png", "-vf", graph(next_frame), *out))
    answers = np.concatenate([np.concatenate([large[1:], large[-2:-1]]).ravel()])
    assert done.stdout.endswith(answers.tobytes())


def test_memory_does_not_grow_with_the_clip(tmp_path: Path) -> None:
    model = tmp_path / "counter.onnx"
    model.write_bytes(tiny_models.counter())

    def peak(frames: int) -> int:
        source = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25", "-frames:v", str(frames)]
        command = ffmpeg(*source, "-vf", graph(model), "-f", "null", "-")
        process = subprocess.Popen(command, env=os.environ | {"FREI0R_PATH": str(PLUGIN_FOLDER)})
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        return usage.ru_maxrss // 1024

    assert peak(220) - peak(20) <= GROWTH_MIB


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ("/nowhere/model.onnx|0||ffmpeg", "/nowhere/model.onnx does not exist"),
        ("NOPE|0||ffmpeg", "no weights of NOPE ship in "),
        ("{model}|many||ffmpeg", "tilesize must be auto, N or WIDTHxHEIGHT, such as 256 or 320x240, not 'many'"),
        ("{model}|0|Abacus|ffmpeg", "Abacus"),
    ],
)
def test_what_cannot_be_done_ends_ffmpeg(parameters: str, sentence: str, next_frame: Path, tmp_path: Path) -> None:
    file, out = written(tmp_path / "clip.mkv", drifting(4, 24, 16)), tmp_path / "out.mp4"
    good = graph(next_frame)
    bad = good.replace(f"{next_frame}|auto||ffmpeg", parameters.format(model=next_frame))
    assert bad != good
    done = attempt(ffmpeg("-y", "-i", file, "-vf", bad, out))
    assert done.returncode == 1
    [line] = done.stderr.decode().splitlines()
    assert line.startswith("vsdeblur: ") and sentence in line
    assert attempt(ffmpeg("-i", out, "-f", "null", "-")).returncode != 0


def test_without_the_graph_what_cannot_be_done_is_stripes(next_frame: Path, tmp_path: Path) -> None:
    file = written(tmp_path / "clip.mkv", drifting(4, 64, 16))
    done = run(ffmpeg("-i", file, "-vf", f"frei0r=vsdeblur:{next_frame}|0||vlc", "-f", "rawvideo", "-"))
    assert done.stderr.decode() == "vsdeblur: host must be editor or ffmpeg, not 'vlc'\n"
    frames = np.frombuffer(done.stdout, np.uint8).reshape(4, 16, 64, 4)
    assert set(map(tuple, frames.reshape(-1, 4))) == {(255, 0, 255, 255), (0, 0, 0, 255)}


def test_a_graph_without_the_marks_ends(next_frame: Path, tmp_path: Path) -> None:
    file = written(tmp_path / "clip.mkv", drifting(4, 24, 16))
    done = attempt(ffmpeg("-i", file, "-vf", f"frei0r=vsdeblur:{next_frame}|0||ffmpeg", "-f", "null", "-"))
    assert done.returncode == 1
    assert "vsdeblur: host=ffmpeg is for the graph that vsdeblur ffmpeg-graph prints" in done.stderr.decode()


def test_models_that_no_graph_can_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "exposure.onnx").write_bytes(tiny_models.exposure(name="Seven"))
    (tmp_path / "DTB.onnx").write_bytes(tiny_models.counter(name="DTB", trained_on="untrained"))
    monkeypatch.setenv("VSDEBLUR_WEIGHTS", str(tmp_path))
    with pytest.raises(Error, match="^Seven gives 7 frames for each, and frei0r gives one: use vspipe$"):
        frei0r_graph(str(tmp_path / "exposure.onnx"))
    with pytest.raises(Error, match="^the weights of DTB that ship are untrained"):
        frei0r_graph("DTB")
    with pytest.raises(Error, match="^no weights of NOPE ship in "):
        frei0r_graph("NOPE")
    with pytest.raises(Error, match="does not exist$"):
        frei0r_graph("./nothing.onnx")
