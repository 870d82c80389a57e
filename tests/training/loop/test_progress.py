from __future__ import annotations

import csv
from pathlib import Path

from PIL import Image

from training.loop.progress import COLUMNS, EVERY, SCORES, Progress
from training.loop.validation import Score


def record(folder: Path, first: int, last: int) -> None:
    with Progress(folder, "DTB") as progress:
        for step in range(first, last):
            progress.step(step, 1.5 * step, step / 100, loss=1 / step, rate=1e-3, gradient=0.1)
        progress.validated(last, 1.5 * last, Score(0.1 * last, -0.5, 45.0, 1.5))
        progress.draw()


def test_a_run_that_goes_on_adds_rows(tmp_path: Path) -> None:
    record(tmp_path, 1, EVERY + 1)
    record(tmp_path, EVERY + 1, 2 * EVERY + 1)
    rows = list(csv.DictReader((tmp_path / "DTB.csv").open()))
    assert [int(row["step"]) for row in rows] == [EVERY, 2 * EVERY]
    assert tuple(rows[0]) == COLUMNS
    assert float(rows[0]["loss"]) > float(rows[1]["loss"]) > 0
    scores = list(csv.DictReader((tmp_path / "DTB.validation.csv").open()))
    assert [int(row["step"]) for row in scores] == [EVERY + 1, 2 * EVERY + 1]
    assert tuple(scores[0]) == SCORES
    assert [float(row["gain"]) for row in scores] == [2.1, 4.1]


def test_curves_and_events_are_written(tmp_path: Path) -> None:
    record(tmp_path, 1, 3 * EVERY)
    with Image.open(tmp_path / "DTB.png") as picture:
        assert picture.convert("L").getextrema() == (0, 255)
    assert list((tmp_path / "events" / "DTB").glob("events.*"))


def test_a_run_without_rows_has_no_picture(tmp_path: Path) -> None:
    with Progress(tmp_path, "DTB") as progress:
        progress.step(1, 1.5, 0.01, loss=1, rate=1e-3, gradient=0.1)
        progress.draw()
    assert not (tmp_path / "DTB.png").exists()


def test_a_run_from_before_a_column_goes_on_with_it(tmp_path: Path) -> None:
    (tmp_path / "DTB.validation.csv").write_text("step,seconds,gain,weak,sharp\n1,1.5,0.1,-0.5,45.0\n")
    record(tmp_path, 2, EVERY + 1)
    rows = list(csv.DictReader((tmp_path / "DTB.validation.csv").open()))
    assert [row["flat"] for row in rows] == [None, "1.5"]
    assert [row["step"] for row in rows] == ["1", str(EVERY + 1)]
