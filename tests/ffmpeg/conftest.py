"""What the tests in FFmpeg share. They need the installed wheel, and by environment variable:

VSDEBLUR_TEST_FFMPEG  the folder of an ffmpeg and ffprobe with the ONNX backend (scripts/ffmpeg.sh builds one)
VSDEBLUR_TEST_MODELS  folder of NAME.onnx for the five networks with random weights (``python -m tests.make_models``)
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import tiny_models
from tests.ffmpeg.media import Tools


def _from_environment(name: str, what: str) -> Path:
    value = os.environ.get(name)
    assert value, f"{name} is not set: it names {what}"
    path = Path(value).resolve()
    assert path.exists(), f"{name} is {path}, which is not there"
    return path


@pytest.fixture(scope="session")
def tools() -> Tools:
    """FFmpeg 9 with the ONNX backend."""
    folder = _from_environment("VSDEBLUR_TEST_FFMPEG", "the folder of an ffmpeg with the ONNX backend")
    return Tools(folder / "ffmpeg", folder / "ffprobe")


@pytest.fixture(scope="session")
def random_models() -> Path:
    """The folder of models with random weights."""
    return _from_environment("VSDEBLUR_TEST_MODELS", "a folder that python -m tests.make_models filled")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own for every test."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


@pytest.fixture
def window_model(tmp_path: Path) -> Path:
    """A luma model of five frames whose weights tell all of them apart; sizes must divide by 4."""
    weights = [[0.05, 0.15, 0.45, 0.25, 0.1]]
    path = tmp_path / "window.onnx"
    path.write_bytes(tiny_models.weighted(weights, window=(2, 2), outputs="0", color="luma", multiple=4))
    return path
