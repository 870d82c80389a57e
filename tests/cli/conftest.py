"""What the tests of the command line share."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import tiny_models

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of the shipped weights, with three small sound models, one of them untrained."""
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "DTB.onnx").write_bytes(tiny_models.counter(name="DTB"))
    (folder / "DBLRNet.onnx").write_bytes(tiny_models.blur(name="DBLRNet"))
    (folder / "SharpSequence.onnx").write_bytes(tiny_models.exposure(name="SharpSequence", trained_on="untrained"))
    monkeypatch.setenv("VSDEBLUR_WEIGHTS", str(folder))
    return folder


@pytest.fixture
def vsdeblur(tmp_path: Path) -> Run:
    """Runs ``vsdeblur ARGUMENTS`` in a process of its own, in a folder where no checkout is."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "vsdeblur", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)

    return run
