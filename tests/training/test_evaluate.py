"""Runs in the runtime environment: evaluation needs the installed engine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tests import tiny_models
from training.evaluate import DETAIL, ZOOM, deblur, evaluate, side_by_side
from training.metrics import PSNR_CEILING
from training.pairs import write_pair
from vsdeblur import Deblurrer

Frame = npt.NDArray[np.uint8]


def frames(count: int, seed: int, side: int = 48) -> list[Frame]:
    return list(np.random.default_rng(seed).integers(0, 256, (count, side, side, 3), dtype=np.uint8))


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    folder = tmp_path / "pairs"
    for seed, name in enumerate(("one", "two")):
        sharp = frames(3, seed)
        write_pair(folder / name, [frame // 2 for frame in sharp], sharp)
    return folder


def model(tmp_path: Path, name: str, content: bytes) -> Path:
    path = tmp_path / f"{name}.onnx"
    path.write_bytes(content)
    return path


def test_a_model_that_changes_nothing_gains_nothing(pairs: Path, tmp_path: Path) -> None:
    results = evaluate(pairs, [model(tmp_path, "identity", tiny_models.identity())], tmp_path / "report")
    assert [(result.clip, result.model) for result in results] == [("one", "identity"), ("two", "identity")]
    for result in results:
        assert result.gain == 0
        assert result.sharp_control == PSNR_CEILING
        assert result.input.psnr < 20


def test_the_report_has_every_clip_and_the_means(pairs: Path, tmp_path: Path) -> None:
    models = [model(tmp_path, name, tiny_models.identity()) for name in ("first", "second")]
    results = evaluate(pairs, models, tmp_path / "report")
    rows = json.loads((tmp_path / "report" / "report.json").read_text())
    assert [(row["clip"], row["model"]) for row in rows] == [(result.clip, result.model) for result in results]
    text = (tmp_path / "report" / "report.md").read_text().splitlines()
    assert len(text) == 2 + 4 + 2
    assert len({line.count("|") for line in text}) == 1
    with Image.open(tmp_path / "report" / "one.png") as picture:
        assert picture.size == (48 * ZOOM * 4, 48 * ZOOM)


def test_the_middle_instant_stands_for_an_exposure(tmp_path: Path) -> None:
    given = frames(2, 1)
    outputs = deblur(Deblurrer(model=model(tmp_path, "exposure", tiny_models.exposure())), given)
    assert len(outputs) == 2
    assert np.abs(outputs[1].astype(float) - given[1] / 2).max() <= 0.5


def test_the_detail_is_where_the_texture_is() -> None:
    reference = np.zeros((300, 400, 3), np.uint8)
    reference[150:290, 200:390, :] = np.random.default_rng(1).integers(0, 256, (140, 190, 1), dtype=np.uint8)
    picture = np.asarray(side_by_side([reference], reference))
    assert picture.shape == (DETAIL * ZOOM, DETAIL * ZOOM, 3)
    assert (picture > 0).mean() > 0.9


def test_bad_input_is_one_sentence(tmp_path: Path) -> None:
    arguments = [str(tmp_path), "--model", "missing.onnx", "--out", str(tmp_path / "report")]
    done = subprocess.run(
        [sys.executable, "-m", "training.evaluate", *arguments],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith(f"{tmp_path} holds no clips")
