"""Photographs for the training tests: smooth noise with edges, drawn from a seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image


def picture(seed: int, height: int = 240, width: int = 320) -> npt.NDArray[np.uint8]:
    """(height, width, 3) uint8 with texture at several scales."""
    random = np.random.default_rng(seed)
    total = np.zeros((height, width, 3))
    for cells in (4, 16, 64):
        noise = Image.fromarray(random.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
        total += np.asarray(noise.resize((width, height), Image.Resampling.BICUBIC), dtype=float)
    return (total / 3).clip(0, 255).astype(np.uint8)


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """An archive of three photographs."""
    from training.data.material import pack_photographs  # needs PyTorch, which test_evaluate.py's environment lacks

    folder = tmp_path / "photographs"
    folder.mkdir()
    for seed in range(3):
        Image.fromarray(picture(seed)).save(folder / f"{seed}.png")
    archive = tmp_path / "photographs.zip"
    assert pack_photographs(folder, archive) == 3
    return archive
