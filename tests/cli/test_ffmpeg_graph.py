"""``vsdeblur ffmpeg-graph``: what it prints and what it refuses. tests/ffmpeg runs the graphs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import tiny_models
from vsdeblur.cli import main


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


def refused(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """The one sentence on stderr."""
    assert main(["ffmpeg-graph", *map(str, arguments)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


def test_one_line_with_one_input_and_one_output(weights: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ffmpeg-graph", "DBLRNet"]) == 0
    text = capsys.readouterr().out
    assert text.count("\n") == 1
    assert text.startswith("scale=")
    assert text.endswith("blend=c0_opacity=0\n")
    [tall] = (cache / "vsdeblur").iterdir()
    assert f"model={tall}" in text


def test_the_tall_file_is_made_once(weights: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ffmpeg-graph", "DBLRNet"]) == 0
    [tall] = (cache / "vsdeblur").iterdir()
    made = tall.stat().st_mtime_ns
    assert main(["ffmpeg-graph", str(weights / "DBLRNet.onnx"), "--via", "dnn"]) == 0
    assert tall.stat().st_mtime_ns == made
    (weights / "DBLRNet.onnx").write_bytes(tiny_models.blur(name="DBLRNet", license="another"))
    assert main(["ffmpeg-graph", "DBLRNet"]) == 0
    assert len(list((cache / "vsdeblur").iterdir())) == 2
    first, second, third = capsys.readouterr().out.splitlines()
    assert first == second != third


def test_the_wrapper_takes_the_file_itself(weights: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ffmpeg-graph", "RUNet", "--via", "wrapper"]) == 0
    assert f"model={weights / 'RUNet.onnx'}" in capsys.readouterr().out
    assert not cache.exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["RUNet"],
            "RUNet keeps a state between frames, which stock FFmpeg cannot run: use --via wrapper or --via frei0r",
        ),
        (["XYZ"], "XYZ"),
        (["/nowhere/model.onnx"], "/nowhere/model.onnx"),
        (["SharpSequence"], "untrained"),
    ],
)
def test_refusals(
    arguments: list[str], sentence: str, weights: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sentence in refused(capsys, *arguments)
    assert sentence in refused(capsys, *arguments) or "--via" in sentence


def test_no_way_gives_several_frames_for_one(weights: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for way in ("dnn", "wrapper"):
        text = refused(capsys, weights / "SharpSequence.onnx", "--via", way)
        assert "gives 7 frames for each frame" in text
        assert "use vspipe" in text


def test_files_without_a_contract(tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = tmp_path / "text.onnx"
    text.write_text("no model")
    assert "text.onnx is not an ONNX file" in refused(capsys, text)
    model = tmp_path / "model.onnx"
    model.write_bytes(tiny_models.blur())
    assert main(["ffmpeg-graph", str(model)]) == 0
    capsys.readouterr()
    [tall] = (cache / "vsdeblur").iterdir()
    assert "contract" in refused(capsys, tall)


def test_a_cache_that_cannot_be_written(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert str(tmp_path / "file") in refused(capsys, "DBLRNet")


def test_an_unknown_way_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="^2$"):
        main(["ffmpeg-graph", "RUNet", "--via", "magic"])
    assert "--via" in capsys.readouterr().err
