from __future__ import annotations

import json
from pathlib import Path

import pytest

from training.evaluation.drift import Drift
from training.evaluation.measures import Result
from training.evaluation.methods import Method
from training.evaluation.report import BEGIN, COLUMNS, DRIFT_COLUMNS, END, Report, ReportError, replace_table
from vsdeblur.measures.metrics import Score

INPUT = Score(28.0, 0.8, 29.0, 0.82)


def result(clip: str, method: str, psnr: float, control: float, tof: float | None = 0.5) -> Result:
    return Result(clip, method, 24, INPUT, Score(psnr, 0.85, psnr + 1.5, 0.87), 0.75, tof, control)


@pytest.fixture
def report() -> Report:
    methods = [Method("DTB", "trained on pictures", iter), Method("sharpen", "amount 1", iter)]
    results = [
        result("one", "DTB", 30, 45),
        result("one", "sharpen", 27, 31),
        result("two", "DTB", 28.25, 44, tof=None),
        result("two", "sharpen", 28.5, 30),
    ]
    return Report(methods, results, [Drift("one", "DTB", 500, 30, 29.5, 2, 1.75, 27, -0.5, 41)])


def test_the_summary_states_the_worst_clip_and_loss(report: Report) -> None:
    dtb, sharpen = report.as_markdown().splitlines()[:2]
    assert dtb == (
        "- DTB (trained on pictures): mean gain +1.12 dB; worst clip two, no loss, +0.25 dB;"
        " lowest sharp control 44.0 dB (two)"
    )
    assert "worst clip one, a loss of 1.00 dB; lowest sharp control 30.0 dB (two)" in sharpen
    methods = json.loads(report.as_json())["methods"]
    assert [(method["name"], method["worst_clip"], method["worst_gain"]) for method in methods] == [
        ("DTB", "two", 0.25),
        ("sharpen", "one", -1.0),
    ]


def cells(report: Report, start: str) -> list[str]:
    (line,) = [line for line in report.as_markdown().splitlines() if line.startswith(start)]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_table_has_every_clip_and_the_means(report: Report) -> None:
    for column, value in {"PSNR": "30.00", "gain": "+2.00", "gain Y": "+2.50", "tOF": "0.50"}.items():
        assert cells(report, "| one | DTB | 28.00")[COLUMNS.index(column)] == value
    assert cells(report, "| two | DTB |")[COLUMNS.index("tOF")] == "-"
    mean = cells(report, "| **mean** | DTB |")
    assert (mean[COLUMNS.index("PSNR")], mean[COLUMNS.index("tOF")]) == ("29.12", "0.50")
    widths = {line.count("|") for line in report.as_markdown().splitlines() if line.startswith("|")}
    assert widths == {len(COLUMNS) + 1, len(DRIFT_COLUMNS) + 1}


def test_the_text_says_on_how_much(report: Report) -> None:
    assert "\nClips: 2, frames: 48. PSNR, gain" in report.as_markdown()


def test_drift_has_a_table_of_its_own(report: Report) -> None:
    row = cells(report, "| one | DTB | 500")
    assert row[DRIFT_COLUMNS.index("change of gain")] == "-0.25"
    assert row[-3:] == ["27.00", "-0.50", "41"]
    without = Report(report.methods, report.results, [])
    assert DRIFT_COLUMNS[-1] not in without.as_markdown()


def test_json_has_all_values(report: Report) -> None:
    content = json.loads(report.as_json())
    assert [(row["clip"], row["method"]) for row in content["results"]] == [(r.clip, r.method) for r in report.results]
    assert content["results"][2]["output"] == {**report.results[2].output.as_dict(), "tof": None}
    assert content["results"][0]["gain"] == 2
    assert content["drift"][0]["worst_frame"] == 41


def test_the_table_is_replaced_between_its_marks(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(f"# Über\n\n{BEGIN}\nold\n{END}\n\nafter\n", encoding="utf-8")
    for _ in range(2):
        replace_table(path, report)
        assert path.read_text(encoding="utf-8") == f"# Über\n\n{BEGIN}\n\n{report.as_markdown()}\n{END}\n\nafter\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("text", ["", f"{BEGIN}\n", f"{END}\n{BEGIN}\n", f"{BEGIN}\n{END}\n{BEGIN}\n{END}\n"])
def test_a_file_without_marks_is_left_alone(report: Report, tmp_path: Path, text: str) -> None:
    path = tmp_path / "README.md"
    path.write_text(text)
    with pytest.raises(ReportError, match=r"README\.md must have the line <!-- evaluation: begin --> once"):
        replace_table(path, report)
    assert path.read_text() == text


def test_a_file_that_is_not_there_is_named(report: Report, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"missing\.md is not a readable text file"):
        replace_table(tmp_path / "missing.md", report)
