"""``vsdeblur deblur IN --preview FILE.png``: before and after, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vapoursynth as vs
from PIL import Image

from tests import tiny_models
from tests.cli.conftest import FRAMES, ffmpeg, files, planes, read
from vsdeblur.cli import main

WIDTH, HEIGHT = 256, 96  # of the video's frames: names have room on one line
LABEL = 40  # rows at the top that a label may cover
EDGE = 4  # rows at the bottom whose chroma the next frame touches


@pytest.fixture
def video(tmp_path: Path) -> Path:
    file = tmp_path / "wide.mkv"
    ffmpeg("-f", "lavfi", "-i", f"testsrc2=size={WIDTH}x{HEIGHT}:rate=25", "-frames:v", str(FRAMES), file)
    return file


def rows(file: Path) -> list[Any]:
    with Image.open(file) as picture:
        assert picture.mode == "RGB"
        pixels = np.asarray(picture)
    return list(pixels.reshape(-1, HEIGHT, *pixels.shape[1:]))


def test_three_frames_are_those_of_compare(weights: Path, video: Path, out: Path) -> None:
    assert main(["deblur", str(video), "--preview", str(out / "p.png"), "--model", "DBLRNet"]) == 0
    assert files(out) == {"p.png"}
    shown = rows(out / "p.png")
    assert len(shown) == 3
    for row, number in zip(shown, (2, 6, 10), strict=True):
        given = ["--frame", str(number), "--model", "DBLRNet", "--overwrite"]
        assert main(["compare", str(video), str(out / "c.png"), *given]) == 0
        (wanted,) = rows(out / "c.png")
        assert row.shape == wanted.shape == (HEIGHT, 2 * WIDTH, 3)
        assert (row[LABEL:-EDGE] == wanted[LABEL:-EDGE]).all()
        assert (row[:LABEL] != wanted[:LABEL]).any()  # which does not say the number
        assert (row[LABEL:, :WIDTH] != row[LABEL:, WIDTH:]).any()


def test_out_is_not_touched(weights: Path, video: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["deblur", str(video), str(out / "a.mkv"), "--preview", str(out / "p.png"), "--frames", "4:6"]
    assert main(given) == 0
    assert files(out) == {"p.png"}
    assert capsys.readouterr().err.endswith(f"vsdeblur: {out / 'p.png'} shows frames 4, 5 before and after\n")
    assert len(rows(out / "p.png")) == 2
    assert main(given) == 1
    assert capsys.readouterr().err == f"vsdeblur: {out / 'p.png'} is there already; --overwrite replaces it\n"
    assert main([*given, "--overwrite"]) == 0


def test_a_picture_sequence(weights: Path, video: Path, tmp_path: Path, out: Path) -> None:
    (weights / "RUNet.onnx").write_bytes(tiny_models.counter(name="RUNet"))
    ffmpeg("-i", video, "-pix_fmt", "rgb24", tmp_path / "%03d.png")
    ffmpeg("-i", tmp_path / "%03d.png", "-c:v", "ffv1", "-pix_fmt", "gbrp", tmp_path / "in.mkv")
    assert main(["deblur", str(tmp_path / "%03d.png"), "--preview", str(out / "p.png")]) == 0
    before = read(tmp_path / "in.mkv")
    after = vs.core.vsdeblur.RUNet(before)
    for row, number in zip(rows(out / "p.png"), (2, 6, 10), strict=True):
        assert (row[LABEL:, :WIDTH] == np.stack(planes(before, number), axis=-1)[LABEL:]).all()
        assert (row[LABEL:, WIDTH:] == np.stack(planes(after, number), axis=-1)[LABEL:]).all()


def test_the_middle_instant_is_shown(weights: Path, video: Path, out: Path) -> None:
    model = out / "fresh.onnx"
    model.write_bytes(tiny_models.exposure())
    assert main(["deblur", str(video), "--preview", str(out / "p.png"), "--model", str(model)]) == 0
    assert main(["compare", str(video), str(out / "c.png"), "--model", str(model), "--frame", "6"]) == 0
    assert (rows(out / "p.png")[1][LABEL:-EDGE] == rows(out / "c.png")[0][LABEL:-EDGE]).all()


def test_interlaced(weights: Path, video: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = out / "in.mkv"
    ffmpeg("-i", video, "-vf", "setfield=tff", "-c:v", "libx264", "-flags", "+ildct+ilme", "-an", source)
    assert main(["deblur", str(source), "--preview", str(out / "p.png")]) == 1
    assert "frame 2 of in.mkv is interlaced; --deinterlace makes whole" in capsys.readouterr().err
    for choice in ("--deinterlace", "--progressive"):
        assert main(["deblur", str(source), "--preview", str(out / "p.png"), choice, "--overwrite"]) == 0
        assert len(rows(out / "p.png")) == 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--preview", "p.jpg"], "--preview must be a .png, not p.jpg"),
        (["--preview", "absent/p.png"], "there is no folder absent"),
        (["--preview", "p.png", "--out-dir", "."], "--preview is for one file as IN, or a picture sequence"),
        (["--preview", "p.png", "--model", "Nobody"], "--model must be one of "),
        (["--preview", "p.png", "--frames", "5:13"], "--frames must be FIRST:END with 0 <= FIRST < END <= 12"),
    ],
)
def test_bad_arguments_are_one_line(
    weights: Path,
    video: Path,
    out: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(out)
    assert main(["deblur", str(video), *arguments]) == 1
    message = capsys.readouterr().err
    assert message.startswith(f"vsdeblur: {sentence}")
    assert message.count("\n") == 1
    assert files(out) == set()
