from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.training.conftest import picture
from training.data.material import Photographs
from training.pack import main


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["pack", *arguments])
    return main()


def test_what_is_packed_can_be_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in" / "deeper").mkdir(parents=True)
    Image.fromarray(picture(0)).save(tmp_path / "in" / "a.png")
    Image.fromarray(picture(1)).save(tmp_path / "in" / "deeper" / "b.jpg")
    assert run(monkeypatch, str(tmp_path / "in"), "--out", str(tmp_path / "out.zip")) == 0
    assert "out.zip: 2 photographs, 0." in capsys.readouterr().out
    assert Photographs(tmp_path / "out.zip", 64).pictures


@pytest.mark.parametrize("folder", ["empty", "missing"])
def test_a_folder_without_photographs_is_a_sentence(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert run(monkeypatch, str(tmp_path / folder), "--out", str(tmp_path / "out.zip")) == 1
    assert f"{folder} holds no photographs" in capsys.readouterr().err
    assert not (tmp_path / "out.zip").exists()
