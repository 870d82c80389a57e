"""``vsdeblur doctor``."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from importlib.metadata import Distribution, PathDistribution, distribution
from pathlib import Path

import pytest

from tests import tiny_models
from tests.cli.conftest import Run
from vsdeblur import models
from vsdeblur.cli import main
from vsdeblur.cli._installed import damage, recorded

OTHER = "is not as it was installed"


def faults(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("FAULT")]


def test_a_sound_installation_passes(weights: Path, vsdeblur: Run) -> None:
    done = vsdeblur("doctor")
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(line.startswith("ok ") for line in lines)
    subjects = [line.removeprefix("ok").strip().split(":")[0] for line in lines]
    assert subjects == [
        "version",
        "files",
        "OpenVINO",
        "ONNX Runtime",
        "VapourSynth plugin",
        "model DBLRNet.onnx",
        "model RUNet.onnx",
        "model SharpSequence.onnx",
    ]
    assert lines[-1].endswith("untrained, refused by name")


def test_a_model_that_computes_something_else_is_found(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contract = models.read_contract(weights / "RUNet.onnx")
    for change, is_fault in ((0.5e-3, False), (2e-3, True)):
        probe = dataclasses.replace(contract.probe, mean=contract.probe.mean + change)
        (weights / "RUNet.onnx").write_bytes(tiny_models.counter(name="RUNet", probe=probe))
        assert main(["doctor"]) == int(is_fault)
        found = faults(capsys.readouterr().out)
        assert len(found) == int(is_fault)
        assert all("the probe differs by 2.0e-03, and 1e-03 is allowed" in line for line in found)


def test_a_broken_file_is_found_and_the_others_are_checked(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = (weights / "DBLRNet.onnx").read_bytes()
    (weights / "DBLRNet.onnx").write_bytes(whole[: len(whole) // 2])
    assert main(["doctor"]) == 1
    text = capsys.readouterr().out
    assert len(faults(text)) == 1
    assert "DBLRNet.onnx" in faults(text)[0]
    assert "ok     model RUNet.onnx" in text


def test_no_models_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VSDEBLUR_WEIGHTS", str(tmp_path))
    assert main(["doctor"]) == 1
    assert faults(capsys.readouterr().out) == ["FAULT  models: there are none in the weights folder"]
    monkeypatch.setenv("VSDEBLUR_WEIGHTS", str(tmp_path / "absent"))
    assert main(["doctor"]) == 1
    assert "which is not a folder" in faults(capsys.readouterr().out)[0]


def test_a_provider_that_is_not_there_is_a_fault(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--provider", "Nonsense"]) == 1
    found = faults(capsys.readouterr().out)
    assert len(found) == 3
    assert all("provider Nonsense" in line for line in found)


def test_no_runtime_is_a_fault(weights: Path, vsdeblur: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VSDEBLUR_ONNXRUNTIME", "/nowhere/libonnxruntime.so")
    done = vsdeblur("doctor")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert any(line.startswith("FAULT  ONNX Runtime: ") and "/nowhere" in line for line in faults(done.stdout))


def test_a_plugin_that_does_not_load_is_a_fault(
    weights: Path, vsdeblur: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "vapoursynth.py").write_text("import os\nos.abort()\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    done = vsdeblur("doctor")
    assert done.returncode == 1
    assert faults(done.stdout) == ["FAULT  VapourSynth plugin: loading it ended with status -6"]


def test_that_vspipe_cannot_run_is_a_note(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("vsdeblur.cli.doctor.sysconfig.get_path", lambda name: str(tmp_path))
    program = tmp_path / "vspipe"
    for script, sentence in (
        ("echo VapourSynth", None),
        ("echo first >&2; echo No Python. >&2; exit 1", "No Python. It needs libpython3."),
        ("exit 3", "It ended with status 3. It needs libpython3."),
    ):
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        assert main(["doctor"]) == 0
        *checks, last = capsys.readouterr().out.splitlines()
        assert all(line.startswith("ok ") for line in checks)
        assert last.startswith("ok " if sentence is None else f"note   vspipe runs no scripts: {sentence}")
    monkeypatch.setattr("vsdeblur.cli.doctor.sys.platform", "darwin")
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.endswith("note   vspipe runs no scripts: It ended with status 3.\n")
    program.write_text("no program")
    assert main(["doctor"]) == 0
    assert "note   vspipe runs no scripts: [Errno 8]" in capsys.readouterr().out


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Distribution:
    """A copy of the installation, but for the command's script; doctor looks at it in the installation's place."""
    for file in distribution("vsdeblur").files or ():
        if ".." not in file.parts and "__pycache__" not in file.parts:
            (tmp_path / "site" / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(str(file.locate()), tmp_path / "site" / file)
    (folder,) = (tmp_path / "site").glob("vsdeblur-*.dist-info")
    found = PathDistribution(folder)
    monkeypatch.setattr("vsdeblur.cli.doctor.distribution", lambda name: {"vsdeblur": found}[name])
    return found


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (Path.unlink, "is missing"),
    "a bit": (lambda file: file.write_bytes(bytes([file.read_bytes()[0] ^ 1]) + file.read_bytes()[1:]), OTHER),
    "a byte more": (lambda file: file.write_bytes(file.read_bytes() + b"\n"), OTHER),
    "empty": (lambda file: file.write_bytes(b""), OTHER),
}


@pytest.mark.parametrize("kind", DAMAGES)
@pytest.mark.parametrize("name", ["vsdeblur/weights/RUNet.onnx", "vsdeblur/vs.py"])
def test_a_damaged_file_is_found(copied: Distribution, kind: str, name: str) -> None:
    checksums = recorded(copied)
    assert list(damage(copied, checksums)) == []
    inflict, sentence = DAMAGES[kind]
    inflict(Path(str(copied.locate_file(name))))
    assert list(damage(copied, checksums)) == [f"{name} {sentence}"]


def test_several_damaged_files_are_counted(
    weights: Path, copied: Distribution, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("models.py", "vs.py", "contract.py"):
        Path(str(copied.locate_file(f"vsdeblur/{name}"))).unlink()
    assert main(["doctor"]) == 1
    (found,) = faults(capsys.readouterr().out)
    assert found.startswith("FAULT  files: vsdeblur/")
    assert found.endswith(".py is missing, and 2 more like it; pip install --force-reinstall --no-deps vsdeblur")


def test_an_installation_without_a_list(
    weights: Path, copied: Distribution, capsys: pytest.CaptureFixture[str]
) -> None:
    (record,) = Path(str(copied.locate_file("."))).glob("vsdeblur-*.dist-info/RECORD")
    record.unlink()
    assert main(["doctor"]) == 1
    assert faults(capsys.readouterr().out) == ["FAULT  files: the installation keeps no list of its files"]
