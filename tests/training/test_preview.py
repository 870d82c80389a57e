from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import training.preview
from training.data.blur import BlurSettings
from training.data.material import Photographs
from training.data.sheet import sheet
from training.preview import main

SMALL = BlurSettings(size=48, margin=16, frames=3, subframes=5)


def test_the_command_writes_a_picture(photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training.preview, "SETTINGS", SMALL)
    out = tmp_path / "sheet.png"
    assert main(["--photos", str(photographs), "--out", str(out), "--count", "1", "--seed", "3"]) == 0
    source = Photographs(photographs, SMALL.canvas)
    assert np.array_equal(np.asarray(Image.open(out)), np.asarray(sheet(source, 1, 3, SMALL)))


def test_a_folder_that_is_not_there_is_named(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(training.preview, "SETTINGS", SMALL)
    for name in ("absent/a.png", "a.unknown"):
        assert main(["--photos", str(photographs), "--out", str(tmp_path / name), "--count", "1"]) == 1
        assert f"{name} could not be written" in capsys.readouterr().err


def test_bad_input_is_named(photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--photos", str(tmp_path / "absent.zip"), "--out", str(tmp_path / "a.png")]) == 1
    assert "absent.zip is not a readable photograph archive" in capsys.readouterr().err
    assert main(["--photos", str(photographs), "--out", str(tmp_path / "a.png")]) == 1
    assert "holds no photograph of at least 256 pixels a side" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--photos", str(photographs), "--out", "a.png", "--count", "0"])
    assert "--count must be at least 1, not 0" in capsys.readouterr().err
