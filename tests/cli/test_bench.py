"""``vsdeblur bench``: which networks it measures, and how it says what it found."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from vsdeblur.cli import bench, main
from vsdeblur.deblurrer import Deblurrer

LINE = re.compile(r"(\w+) +([\d.]+) frames/s +([\d.]+) s a frame  (\w+) (\w+), (\w+), (\w+)")


def test_every_trained_network_has_a_line(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--size", "64x48"]) == 0
    found = [LINE.fullmatch(line) for line in capsys.readouterr().out.splitlines()]
    assert [line and (line[1], *line.groups()[3:]) for line in found] == [
        ("DBLRNet", "64x48", "luma", "CPU", "fp32"),
        ("RUNet", "64x48", "rgb", "CPU", "fp32"),
    ]


def test_one_network_can_be_chosen(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--model", "RUNet", "--size", "8x8", "--frames", "2"]) == 0
    assert capsys.readouterr().out.startswith("RUNet ")


def test_choices_are_combined(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sizes, providers = ["--size", "8x8", "--size", "16x8"], ["--provider", "ONNXRuntime", "--provider", "OpenVINO"]
    assert main(["bench", "--model", "RUNet", "--frames", "1", "--precision", "fp32", *sizes, *providers]) == 0
    found = [LINE.fullmatch(line) for line in capsys.readouterr().out.splitlines()]
    assert [line and (line[4], line[6], line[7]) for line in found] == [
        ("8x8", "ONNXRuntime", "fp32"),
        ("8x8", "OpenVINO", "fp32"),
        ("16x8", "ONNXRuntime", "fp32"),
        ("16x8", "OpenVINO", "fp32"),
    ]


def test_time_is_of_the_frames_after_the_first(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = np.zeros((8, 8, 3), np.uint8)

    def slow(self: Deblurrer, frames: Iterator[object]) -> Iterator[object]:
        for number, _ in enumerate(frames):
            time.sleep(0.5 if number == 0 else 0.02)
            yield frame

    monkeypatch.setattr(Deblurrer, "__call__", slow)
    assert 0.02 <= bench._seconds_a_frame(Deblurrer("RUNet"), 8, 8, 3) < 0.2


@pytest.mark.parametrize("shape", [(8, 16), (8, 16, 3)])
def test_frames_differ(shape: tuple[int, ...]) -> None:
    first, second = bench._moving(shape, 2)
    assert first.shape == shape
    assert (first != second).any()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--frames", "0"], "--frames must be at least 1, not 0"),
        (["--model", "SharpSequence"], "SharpSequence"),
        (["--model", "Nobody"], ""),
        (["--provider", "Abacus"], ""),
    ],
)
def test_bad_arguments_are_one_line(
    weights: Path, capsys: pytest.CaptureFixture[str], options: list[str], sentence: str
) -> None:
    assert main(["bench", "--size", "8x8", *options]) == 1
    message = capsys.readouterr().err
    assert message.startswith("vsdeblur: ")
    assert sentence in message
    assert message.count("\n") == 1


@pytest.mark.parametrize("size", ["640", "0x8", "x", "8x8x8", "8 x 8"])
def test_a_bad_size_is_misuse(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="^2$"):
        main(["bench", "--size", size])
    assert "must be WxH" in capsys.readouterr().err
