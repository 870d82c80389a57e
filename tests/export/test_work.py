"""Multiply-accumulates a pixel, counted from the graph."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from export.work import main, multiplications_a_pixel
from tests import tiny_models
from vsdeblur.contract import FRAMES, FRAMES_OUT

WEIGHTS = Path(__file__).parents[2] / "vsdeblur" / "weights"


def test_a_convolution_by_hand() -> None:
    assert multiplications_a_pixel(tiny_models.blur()) == 9
    assert multiplications_a_pixel(tiny_models.exposure()) == 7 * 3 * 3
    assert multiplications_a_pixel(tiny_models.counter()) == 0


def test_strides_and_transposed_convolutions_by_hand() -> None:
    weights = {"down": np.ones((8, 3, 4, 4), np.float32), "up": np.ones((8, 3, 2, 2), np.float32)}
    nodes = [
        helper.make_node("Conv", [FRAMES, "down"], ["half"], pads=[1] * 4, strides=[2, 2]),
        helper.make_node("ConvTranspose", ["half", "up"], [FRAMES_OUT], strides=[2, 2]),
    ]
    quarter = 8 * 3 * 16 + 8 * 3 * 4
    assert multiplications_a_pixel(tiny_models.model(nodes, weights, multiple=2)) == quarter / 4


def test_a_shipped_network(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(WEIGHTS / "DTB.onnx")]) == 0
    assert "DTB.onnx: 267,328 multiply-accumulates a pixel" in capsys.readouterr().out


def test_what_cannot_be_read_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "nowhere.onnx")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
