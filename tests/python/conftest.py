"""What the tests of the numpy API share: small models and clips."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import tiny_models


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with NAME.onnx for every function of tests.tiny_models."""
    folder = tmp_path_factory.mktemp("models")
    for make in (
        tiny_models.identity,
        tiny_models.next_frame,
        tiny_models.centred,
        tiny_models.exposure,
        tiny_models.blur,
        tiny_models.counter,
        tiny_models.trailing,
    ):
        (folder / f"{make.__name__}.onnx").write_bytes(make())
    return folder
