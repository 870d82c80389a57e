"""The frei0r plugin in MLT's own player, as Kdenlive and Shotcut use it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests import tiny_models
from tests.ffmpeg.frei0r_fixtures import (
    Clip,
    attempt,
    by_plugin,
    difference,
    drifting,
    ffmpeg,
    program,
    random_model,
    run,
    written,
)
from tests.tolerances import FREI0R_STEPS

WIDTH, HEIGHT = 48, 32
# Under load melt 7.12 ends now and then with status 0 and an empty file, with a filter or without any: one run in seven
# with six beside it on two cores.
ATTEMPTS = 10


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """A project of that size at 25 frames a second."""
    entries = {
        "description": "test",
        "frame_rate_num": 25,
        "frame_rate_den": 1,
        "width": WIDTH,
        "height": HEIGHT,
        "progressive": 1,
        "sample_aspect_num": 1,
        "sample_aspect_den": 1,
        "display_aspect_num": WIDTH,
        "display_aspect_den": HEIGHT,
        "colorspace": 709,
    }
    path = tmp_path / "profile"
    path.write_text("".join(f"{name}={value}\n" for name, value in entries.items()))
    return path


def melted(profile: Path, *arguments: str | Path) -> tuple[Clip, str]:
    """What melt plays, and what it says, in the first run of a few that writes anything."""
    out = profile.with_name("melted.nut")
    consumer = ["-consumer", f"avformat:{out}", "vcodec=rawvideo", "pix_fmt=rgb24", "an=1", "real_time=-1"]
    for _ in range(ATTEMPTS):
        done = run([program("melt"), "-profile", profile, *arguments, *consumer], QT_QPA_PLATFORM="offscreen")
        if out.stat().st_size > 0:
            break
    frames = run(ffmpeg("-i", out, "-f", "rawvideo", "-pix_fmt", "rgb24", "-")).stdout
    return np.frombuffer(frames, np.uint8).reshape(-1, HEIGHT, WIDTH, 3), done.stderr.decode()


@pytest.mark.parametrize(("network", "late"), [("DTB", 1), ("DBLRNet", 2)])
def test_frames_equal_the_plugins_late_by_the_look_ahead(
    network: str, late: int, profile: Path, tmp_path: Path
) -> None:
    model, clip = random_model(network), drifting(7, WIDTH, HEIGHT)
    frames, _ = melted(profile, written(tmp_path / "clip.mkv", clip), "-filter", "frei0r.vsdeblur", f"model={model}")
    expected = by_plugin(clip, model)
    assert len(frames) == len(clip)
    assert difference(expected, clip) > 4 * FREI0R_STEPS
    assert difference(frames[late:], expected[:-late]) <= FREI0R_STEPS
    # Until then, the first frame as if it were alone.
    alone = by_plugin(clip[:1], model)
    for frame in frames[:late]:
        assert difference(frame[None], alone) <= FREI0R_STEPS


def test_parameters_by_number_and_two_filters(profile: Path, tmp_path: Path) -> None:
    model, clip = tmp_path / "counter.onnx", drifting(5, WIDTH, HEIGHT) // 2
    model.write_bytes(tiny_models.counter())
    file = written(tmp_path / "clip.mkv", clip)
    given = ["-filter", "frei0r.vsdeblur", f"0={model}"]
    frames, _ = melted(profile, file, *given, *given)
    assert difference(frames, by_plugin(by_plugin(clip, model), model)) == 0


def test_clips_in_a_row_begin_anew(profile: Path, tmp_path: Path) -> None:
    model, clip = tmp_path / "counter.onnx", drifting(5, WIDTH, HEIGHT) // 2
    model.write_bytes(tiny_models.counter())
    file = written(tmp_path / "clip.mkv", clip)
    part = [file, "in=1", "out=3", "-attach", "frei0r.vsdeblur", f"model={model}"]
    frames, _ = melted(profile, *part, *part)
    expected = by_plugin(clip[1:4], model)
    assert difference(frames, np.concatenate([expected, expected])) == 0


def test_a_model_that_is_not_there_is_stripes_and_a_sentence(profile: Path, tmp_path: Path) -> None:
    file = written(tmp_path / "clip.mkv", drifting(3, WIDTH, HEIGHT))
    frames, said = melted(profile, file, "-filter", "frei0r.vsdeblur", "model=/nowhere/model.onnx")
    assert said.count("vsdeblur: /nowhere/model.onnx does not exist\n") == 1
    assert set(map(tuple, frames.reshape(-1, 3))) == {(255, 0, 255), (0, 0, 0)}


def test_mlt_lists_the_parameters() -> None:
    done = attempt([program("melt"), "-query", "filter=frei0r.vsdeblur"], QT_QPA_PLATFORM="offscreen")
    text = (done.stdout + done.stderr).decode()
    for name in ("model", "tilesize", "provider", "host", "precision", "strength"):
        assert f"title: {name}" in text
