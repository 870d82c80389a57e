"""What the plugin's tests share. They need the installed wheel, and models and a video by environment variable:

VSDEBLUR_TEST_MODELS  folder of NAME.onnx for the five networks with random weights (``python -m tests.make_models``)
VSDEBLUR_TEST_VIDEO   a video file of at least 12 frames
"""

from __future__ import annotations

import gc
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import vapoursynth as vs

RunCounter = Callable[..., AbstractContextManager[list[tuple[int, int]]]]


def _from_environment(name: str, what: str) -> Path:
    value = os.environ.get(name)
    if not value:
        pytest.skip(f"{name} is not set: it names {what}")
    path = Path(value).resolve()
    assert path.exists(), f"{name} is {path}, which is not there"
    return path


@pytest.fixture(scope="session")
def random_models() -> Path:
    """The folder of models with random weights."""
    return _from_environment("VSDEBLUR_TEST_MODELS", "a folder that python -m tests.make_models filled")


@pytest.fixture(scope="session")
def video() -> Path:
    """A real video file."""
    return _from_environment("VSDEBLUR_TEST_VIDEO", "a video file")


@pytest.fixture
def random_weights(random_models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lets every function find random weights under its network's name."""
    monkeypatch.setenv("VSDEBLUR_WEIGHTS", str(random_models))
    return random_models


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of weights that the plugin takes for the shipped one."""
    folder = tmp_path / "weights"
    folder.mkdir()
    monkeypatch.setenv("VSDEBLUR_WEIGHTS", str(folder))
    return folder


@pytest.fixture
def counted() -> RunCounter:
    """``with counted(filters=1) as done``: filters made with verbosity=3 add (frames, network runs) when they end.

    The block's end waits for that many filters.
    """

    @contextmanager
    def count(filters: int = 1) -> Iterator[list[tuple[int, int]]]:
        done: list[tuple[int, int]] = []

        def listen(_kind: vs.MessageType, message: str) -> None:
            match = re.fullmatch(r"\w+: (\d+) frames, (\d+) network runs in .+", message)
            if match:
                done.append((int(match[1]), int(match[2])))

        handle = vs.core.add_log_handler(listen)
        try:
            yield done
            deadline = time.monotonic() + 10
            while len(done) < filters and time.monotonic() < deadline:
                gc.collect()
                time.sleep(0.01)
        finally:
            vs.core.remove_log_handler(handle)

    return count
