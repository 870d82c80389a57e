"""doctor and models."""

from __future__ import annotations

from pathlib import Path

from tests.arm.arm import Arm


def test_doctor_finds_nothing_wrong(arm: Arm, tmp_path: Path) -> None:
    lines = arm.module("vsdeblur", "doctor", cwd=tmp_path).splitlines()
    assert all(line.startswith(("ok ", "note ")) for line in lines), lines
    assert any(line.startswith("ok     VapourSynth plugin") for line in lines)
    assert any("ONNX Runtime" in line and "/onnxruntime/capi/libonnxruntime.so" in line for line in lines)
    assert any("model DTB.onnx" in line for line in lines)


def test_models_lists_the_networks(arm: Arm, tmp_path: Path) -> None:
    names = {line.split()[0] for line in arm.module("vsdeblur", "models", cwd=tmp_path).splitlines()[1:]}
    assert {"DTB", "RUNet", "RVD", "DBLRNet", "DBLRGAN", "SharpSequence"} <= names
