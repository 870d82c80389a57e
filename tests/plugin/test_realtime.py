"""vsdeblur.realtime, and the script for mpv that calls it, with the variables that mpv sets."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs

import vsdeblur.editors
from tests import tiny_models
from tests.plugin import clips
from vsdeblur import realtime

SCRIPT = Path(vsdeblur.editors.__file__).with_name("mpv.vpy")
FPS = 25.0


@pytest.fixture
def speed(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pixels a second that this machine is taken to do, which a test may set."""
    value = [1e9]
    monkeypatch.setattr(realtime, "_speed", lambda *_: value[0])
    return value


def written(path: Path, model: bytes) -> Path:
    path.write_bytes(model)
    return path


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920), (640, 480), (161, 97)])
@pytest.mark.parametrize("pixels", [2e3, 1e4, 1e5, 5e5, 1e7])
def test_a_size_has_the_pixels_that_it_may_and_the_pictures_shape(width: int, height: int, pixels: float) -> None:
    size = realtime.chosen_size(width, height, pixels)
    if width * height <= pixels:
        assert size == (width, height)
        return
    assert size[0] * size[1] <= pixels
    scale = np.sqrt(pixels / (width * height))
    for side, whole in zip(size, (width, height), strict=True):
        assert side % 8 == 0 and whole * scale - 8 < side <= max(8, whole * scale)


def test_where_there_is_time_for_all_pixels_it_is_the_network(random_weights: Path, speed: list[float]) -> None:
    clip = clips.noise(vs.YUV420P8, 64, 48, 4).std.SetFrameProps(_Matrix=1)
    out, expected = realtime.deblurred(clip, FPS, "DTB"), vs.core.vsdeblur.DTB(clip, segment=1 << 30)
    for n in range(4):
        for a, b in zip(clips.frame_planes(out, n), clips.frame_planes(expected, n), strict=True):
            assert (a == b).all()


def test_at_a_smaller_size_only_the_change_is_enlarged(speed: list[float], tmp_path: Path) -> None:
    speed[0] = 192 * 112 * FPS / 0.7
    noise = clips.noise(vs.YUV420P8, 384, 224, 2).std.SetFrameProps(_Matrix=1)
    same = written(tmp_path / "same.onnx", tiny_models.identity(color="luma", name="DBLRNet"))
    out = realtime.deblurred(noise, FPS, f"DBLRNet model={same}")
    for a, b in zip(clips.frame_planes(out, 1), clips.frame_planes(noise, 1), strict=True):
        assert (a == b).all()
    flat = vs.core.std.BlankClip(width=384, height=224, format=vs.YUV420P8, color=[100, 120, 140], length=2)
    lighter = written(tmp_path / "lighter.onnx", tiny_models.mixed(np.float32([[1.5]]), color="luma", name="DBLRNet"))
    out = realtime.deblurred(flat, FPS, f"DBLRNet model={lighter}")
    whole = vs.core.vsdeblur.DBLRNet(flat, model=str(lighter))
    assert clips.pixel(out, 1) == clips.pixel(whole, 1) > 130


def test_the_size_follows_from_the_time_between_frames(speed: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    monkeypatch.setattr(realtime, "_run", lambda name, arguments, clip: sizes.append((clip.width, clip.height)) or clip)
    clip = vs.core.std.BlankClip(width=640, height=480, format=vs.YUV420P8, length=1)
    speed[0] = 320 * 240 * 30 / 0.7 + 1
    for fps in (30.0, 60.0, 0.0, float("nan")):
        realtime.deblurred(clip, fps)
    assert sizes == [(320, 240), (224, 168), (320, 240), (320, 240)]


def test_what_cannot_be_done_is_one_sentence(speed: list[float]) -> None:
    clip = vs.core.std.BlankClip(width=640, height=480, format=vs.YUV420P8, length=1)
    for request, sentence in (
        ("Info", "Info is not a network that gives a frame for a frame"),
        ("SharpSequence", "SharpSequence is not a network that gives a frame for a frame"),
        ("DTB strength=2", "strength=2 must be a network's name or one of device_id=, stride="),
        ("RVD stride=five", "stride=five must be a network's name or one of device_id=, stride="),
    ):
        with pytest.raises(vs.Error, match="^vsdeblur.realtime: " + sentence):
            realtime.deblurred(clip, FPS, request)
    speed[0] = 640 * 480 / 8 * FPS / 0.7 * 0.99
    for request, other in (("", "a smaller video"), ("DTB", "RUNet, a smaller video")):
        name = request or "RUNet"
        sentence = (
            f"{name}: at 25 frames a second this machine deblurs 224x168 pixels, and with less than an eighth of the"
        )
        with pytest.raises(
            vs.Error, match=f"^{sentence} 640x480 that there are more is lost than gained: take {other}"
        ):
            realtime.deblurred(clip, FPS, request)


def test_speed_is_measured_once(random_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(realtime, "_SECONDS", 0.0)
    realtime._speed.cache_clear()
    first = realtime._speed("RVD", (("stride", 5),), (32, 24))
    assert first > 0
    assert realtime._speed("RVD", (("stride", 5),), (32, 24)) == first
    realtime._speed.cache_clear()


def test_the_script_runs_as_in_mpv(random_weights: Path, speed: list[float]) -> None:
    clip = clips.noise(vs.YUV420P8, 64, 48, 4).std.SetFrameProps(_Matrix=1)
    endless = clip.std.Loop(0)  # mpv's clip has no end that is known
    variables = {"video_in": endless, "video_in_dw": 64, "video_in_dh": 48, "container_fps": FPS, "display_fps": 60.0}
    try:
        runpy.run_path(str(SCRIPT), init_globals=variables | {"user_data": "RVD stride=5"})
        out = vs.get_output(0)[0]
        assert (out.width, out.height, out.num_frames) == (64, 48, endless.num_frames)
        expected = vs.core.vsdeblur.RVD(endless, stride=5)
        assert all(
            (a == b).all() for a, b in zip(clips.frame_planes(out, 2), clips.frame_planes(expected, 2), strict=True)
        )
        runpy.run_path(str(SCRIPT), init_globals=variables)  # mpv before 0.36 has no user_data
    finally:
        vs.clear_outputs()
