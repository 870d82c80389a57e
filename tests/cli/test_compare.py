"""``vsdeblur compare``: the video and what networks make of it, side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs
from PIL import Image

from tests import tiny_models
from tests.cli.conftest import FRAMES, ffmpeg, files, planes, read
from vsdeblur.cli import main

WIDTH = 96  # of the video's frames
LABEL = 40  # rows at the top that a label may cover


def test_each_network_stands_beside_the_input(weights: Path, video: Path, out: Path) -> None:
    target = out / "a.mkv"
    assert main(["compare", str(video), str(target), "--model", "RUNet", "--model", "DBLRNet", "--crf", "0"]) == 0
    assert files(out) == {"a.mkv"}
    before, sheet = read(video), read(target)
    assert (sheet.num_frames, sheet.width, sheet.height) == (FRAMES, 3 * WIDTH, before.height)
    for place, clip in enumerate((before, vs.core.vsdeblur.RUNet(before), vs.core.vsdeblur.DBLRNet(before))):
        column = planes(sheet, 3)[0][:, place * WIDTH : (place + 1) * WIDTH]
        assert (column[LABEL:] == planes(clip, 3)[0][LABEL:]).all()
        assert (column[:LABEL] != planes(clip, 3)[0][:LABEL]).any()
    assert b"audio" not in ffmpeg("-i", target, "-f", "ffmetadata", "-")


def test_one_frame_becomes_a_picture(weights: Path, video: Path, out: Path) -> None:
    assert main(["compare", str(video), str(out / "a.png"), "--frame", "5"]) == 0
    with Image.open(out / "a.png") as picture:
        assert picture.size == (2 * WIDTH, 64)
        halves = np.asarray(picture.convert("L"), np.int16).reshape(64, 2, WIDTH)[LABEL:]
    assert np.abs(halves[:, 0] - halves[:, 1]).max() > 0


def test_the_middle_instant_is_shown(weights: Path, video: Path, out: Path) -> None:
    model = out / "fresh.onnx"
    model.write_bytes(tiny_models.exposure())
    assert main(["compare", str(video), str(out / "a.mkv"), "--model", str(model), "--crf", "0"]) == 0
    sheet, instants = read(out / "a.mkv"), vs.core.vsdeblur.Model(read(video), str(model))
    assert (sheet.num_frames, sheet.fps_num, sheet.fps_den) == (FRAMES, 25, 1)
    assert (planes(sheet, 4)[0][LABEL:, WIDTH:] == planes(instants, 4 * 7 + 3)[0][LABEL:]).all()


def test_frames_too_small_for_a_label_have_none(weights: Path, video: Path, out: Path) -> None:
    ffmpeg("-i", video, "-vf", "scale=32:32", "-c:v", "ffv1", "-an", out / "small.mkv")
    assert main(["compare", str(out / "small.mkv"), str(out / "a.mkv"), "--crf", "0"]) == 0
    assert (planes(read(out / "a.mkv"), 0)[0][:, :32] == planes(read(out / "small.mkv"), 0)[0]).all()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--frame", "12"], "--frame must be 0 to 11, not 12"),
        (["--frame", "-1"], "--frame must be 0 to 11, not -1"),
        (["--model", "Nobody"], "--model must be one of "),
        (["--arg", "segment"], "--arg must be NAME=VALUE"),
    ],
)
def test_bad_arguments_are_one_line(
    weights: Path, video: Path, out: Path, capsys: pytest.CaptureFixture[str], options: list[str], sentence: str
) -> None:
    assert main(["compare", str(video), str(out / "a.mkv"), *options]) == 1
    message = capsys.readouterr().err
    assert message.startswith(f"vsdeblur: {sentence}")
    assert message.count("\n") == 1
    assert files(out) == set()
