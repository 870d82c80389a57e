"""``vsdeblur analyze``: where a file is blurred."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import ffmpeg
from vsdeblur.cli import main

SECONDS = 4
RATE = 25


@pytest.fixture(scope="module")
def half_blurred(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds that are blurred across from the second one on, and a flat end from the third on."""
    file = tmp_path_factory.mktemp("analyze") / "half: blurred.mkv"
    picture = ["-f", "lavfi", "-i", f"testsrc2=size=160x96:rate={RATE}:duration={SECONDS}"]
    blur = "avgblur=sizeX=9:sizeY=1:enable='between(t,2,2.99)',drawbox=t=fill:color=gray:enable='gte(t,3)'"
    ffmpeg(*picture, "-vf", blur, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-qp", "0", file)
    return file


def test_blurred_parts_stand_out(half_blurred: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", str(half_blurred), "--every", "1", "--json"]) == 0
    parts = json.loads(capsys.readouterr().out)
    assert [(part["first"], part["end"]) for part in parts] == [(0, 25), (25, 50), (50, 75), (75, 100)]
    assert [part["start"] for part in parts] == pytest.approx([0, 1, 2, 3])
    assert [part["stop"] for part in parts] == pytest.approx([1, 2, 3, 4])
    sharp, also_sharp, blurred, flat = (part["blur"] for part in parts)
    assert abs(sharp - also_sharp) < 0.05 < blurred - max(sharp, also_sharp)
    assert flat is None
    assert all(part["worst"] >= part["blur"] for part in parts[:3])


def test_the_table_and_the_plot(half_blurred: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", str(half_blurred), "--plot", str(tmp_path / "p.png")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + 20
    assert lines[1].startswith("0:00:00.0  0:00:00.2  0..4 ")
    assert lines[-1].split()[-2:] == ["flat", "flat"]
    with Image.open(tmp_path / "p.png") as picture:
        assert np.ptp(np.asarray(picture.convert("L"))) > 200


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["absent.mkv"], "there is no file absent.mkv"),
        (["VIDEO", "--plot", "p.nonsense"], "p.nonsense cannot be written: "),
    ],
)
def test_errors_are_one_line(
    half_blurred: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["analyze", *(str(half_blurred) if text == "VIDEO" else text for text in arguments)]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"vsdeblur: {sentence}")
    assert error.count("\n") == 1


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "soon"])
def test_lengths_of_parts_that_are_none(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["analyze", "a.mkv", "--every", value])
    assert f"must be a number above 0, not {value}" in capsys.readouterr().err
