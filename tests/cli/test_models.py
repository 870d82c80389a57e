"""``vsdeblur models``."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from vsdeblur import models
from vsdeblur.cli import main


def test_json_has_every_model(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--json"]) == 0
    records = {record["name"]: record for record in json.loads(capsys.readouterr().out)}
    assert list(records) == ["DBLRNet", "RUNet", "SharpSequence"]
    path = weights / "RUNet.onnx"
    assert records["RUNet"] == {
        "name": "RUNet",
        "precision": "fp32",
        "path": str(path),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "window": [0, 0],
        "trained_on": "made by hand",
        "outputs": "0",
        "color": "rgb",
        "license": "CC0-1.0",
        "metrics": {},
        "losses": {},
    }
    assert records["SharpSequence"]["outputs"] == "subframes:7"
    assert records["SharpSequence"]["trained_on"] == "untrained"


def test_json_tells_what_is_wrong_with_a_file(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (weights / "RVD.onnx").write_text("nothing")
    assert main(["models", "--json"]) == 0
    [record] = [record for record in json.loads(capsys.readouterr().out) if record["name"] == "RVD"]
    assert record["window"] is None
    assert record["trained_on"] is None
    assert record["error"].endswith("RVD.onnx is not an ONNX file")


def test_table_has_a_line_for_each_model(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (weights / "RVD.onnx").write_text("nothing")
    assert main(["models"]) == 0
    heading, *lines, card, speed = capsys.readouterr().out.splitlines()
    assert heading.split() == ["name", "precision", "window", "gives", "color", "sha256"]
    assert card.endswith(str(weights / "NAME.md"))
    assert speed.startswith("vsdeblur bench ")
    assert [line.split()[0] for line in lines] == ["DBLRNet", "RUNet", "RVD", "SharpSequence"]
    assert lines[1].split()[1:6] == ["fp32", "0,0", "a", "frame", "rgb"]
    assert [line.split()[0] for line in lines if line.endswith("taken where none is named")] == [models.DEFAULT]
    assert lines[3].split()[3:5] == ["7", "instants"] and lines[3].endswith("untrained, refused by name")
    assert "FAULT" in lines[2]
