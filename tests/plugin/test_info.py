"""Info() tells what a bug report needs, and never fails."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs

from tests.plugin import models


def shipped() -> list[dict[str, object]]:
    return [json.loads(text) for text in np.atleast_1d(vs.core.vsdeblur.Info().get("models", []))]


def test_versions_and_runtime() -> None:
    info = vs.core.vsdeblur.Info()
    assert info["version"] == version("vsdeblur")
    assert info["contract"] == 1
    assert info["vapoursynth"].startswith(f"R{vs.core.core_version.release_major}, API 4.")
    assert [text.split(" 2")[0].split(" 1")[0] for text in info["runtime"]] == ["OpenVINO", "ONNX Runtime"]
    assert all(Path(path).is_file() for path in info["runtime_path"])
    assert all(info["runtime_origin"])
    assert {"OpenVINO:CPU", "ONNXRuntime"} <= set(info["providers"])


def test_models_that_ship(weights: Path) -> None:
    assert shipped() == []
    file = models.counter(
        weights / "DTB.onnx",
        1,
        1,
        name="DTB",
        trained_on='photographs "A\\B"',
        metrics={"psnr_gain_db": 1.25},
        losses={"bf16": 0.01},
    )
    models.instants(weights / "Other.int8.onnx", 7, name="Other", precision="int8")
    (weights / "RVD.onnx").write_bytes(b"broken")
    broken = hashlib.sha256(b"broken").hexdigest()
    dtb, other, rvd = shipped()
    assert dtb == {
        "name": "DTB",
        "precision": "fp32",
        "path": str(file),
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "window": [1, 1],
        "outputs": "0",
        "color": "luma",
        "losses": {"bf16": 0.01},
        "trained_on": 'photographs "A\\B"',
        "license": "CC0-1.0",
        "metrics": {"psnr_gain_db": 1.25},
    }
    assert (other["name"], other["precision"], other["outputs"]) == ("Other", "int8", "subframes:7")
    assert (rvd["name"], rvd["sha256"]) == ("RVD", broken)
    assert str(weights / "RVD.onnx") in str(rvd["error"])


def test_without_weights_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VSDEBLUR_WEIGHTS", str(tmp_path / "none"))
    info = vs.core.vsdeblur.Info()
    assert info["weights"] == f"VSDEBLUR_WEIGHTS names {tmp_path}/none, which is not a folder"
    assert "models" not in info
