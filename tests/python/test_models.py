"""vsdeblur.models: the weights folder, and what a name means."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests import tiny_models
from vsdeblur import Deblurrer, Error, models


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of the shipped weights: two sound files, one untrained, one that is no model."""
    monkeypatch.setenv("VSDEBLUR_WEIGHTS", str(tmp_path))
    (tmp_path / "Able.onnx").write_bytes(tiny_models.next_frame(name="Able"))
    (tmp_path / "Able.fp16.onnx").write_bytes(tiny_models.next_frame(name="Able", precision="fp16"))
    (tmp_path / "Fresh.onnx").write_bytes(tiny_models.identity(name="Fresh", trained_on="untrained"))
    (tmp_path / "Broken.onnx").write_text("nothing")
    (tmp_path / "Able.md").write_text("a model card")
    return tmp_path


def test_shipped_lists_every_model(weights: Path) -> None:
    found = {(model.name, model.precision): model for model in models.shipped()}
    assert list(found) == [("Able", "fp32"), ("Able", "fp16"), ("Broken", "fp32"), ("Fresh", "fp32")]
    able = found["Able", "fp32"]
    assert able.path == weights / "Able.onnx"
    assert able.sha256 == hashlib.sha256(able.path.read_bytes()).hexdigest()
    assert able.window == (1, 1)
    assert able.trained_on == "made by hand"
    assert not able.error
    assert found["Fresh", "fp32"].trained_on == "untrained"
    broken = found["Broken", "fp32"]
    assert (broken.contract, broken.window, broken.trained_on) == (None, None, None)
    assert broken.error.endswith("Broken.onnx is not an ONNX file")


def test_a_probe_that_is_no_probe_is_a_fault(weights: Path) -> None:
    data = (weights / "Able.onnx").read_bytes()
    key = b'{"height":'
    assert key in data
    (weights / "Able.onnx").write_bytes(data.replace(key, b'{"heighT":'))
    able = models.shipped()[0]
    assert able.contract is None
    assert "vsdeblur.probe" in able.error
    with pytest.raises(Error, match=r"Able\.onnx: vsdeblur\.probe must be an object"):
        Deblurrer("Able")


def test_find_by_name_and_by_file(weights: Path) -> None:
    assert models.find("Able") == (weights / "Able.onnx", "fp32")
    assert models.find("Able", precision="fp16") == (weights / "Able.fp16.onnx", "fp16")
    assert models.find(model=weights / "Fresh.onnx") == (weights / "Fresh.onnx", "fp32")
    assert Deblurrer("Able", precision="fp16").precision == "fp16"
    with pytest.raises(Error, match="untrained"):
        models.find("Fresh")
    with pytest.raises(Error, match="Nobody"):
        models.find("Nobody")
    with pytest.raises(Error, match="int8"):
        models.find("Able", precision="int8")


def test_no_folder_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VSDEBLUR_WEIGHTS", "/nowhere")
    with pytest.raises(Error, match="^VSDEBLUR_WEIGHTS names /nowhere, which is not a folder$"):
        models.shipped()
