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
from training.data.pairs import write_pair
from training.evaluate import main
from training.evaluation.crops import ZOOM
from training.evaluation.drift import SHORTEST
from training.evaluation.methods import baselines, models
from training.evaluation.report import BEGIN, END
from training.evaluation.run import evaluate
from vsdeblur.measures.metrics import PSNR_CEILING

Frame = npt.NDArray[np.uint8]
SIDE = 24


def frames(count: int, seed: int, side: int = SIDE) -> list[Frame]:
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
    identity = models([model(tmp_path, "identity", tiny_models.identity())])
    results = evaluate(pairs, identity, tmp_path / "report").results
    assert [(result.clip, result.method) for result in results] == [("one", "identity"), ("two", "identity")]
    for result in results:
        assert result.gain == result.gain_y == 0
        assert result.sharp_control == PSNR_CEILING
        assert result.input.psnr < 20
        assert result.output_tof == result.input_tof is not None


def test_the_first_frames_alone_are_measured_on_request(pairs: Path, tmp_path: Path) -> None:
    (unsharp, _) = baselines()
    whole = evaluate(pairs, [unsharp], tmp_path / "whole").results
    part = evaluate(pairs, [unsharp], tmp_path / "part", frames=2).results
    assert [result.frames for result in part] == [2, 2]
    assert part[0].input.psnr != whole[0].input.psnr
    assert evaluate(pairs, [unsharp], tmp_path / "more", frames=9).results == whole


def test_models_and_baselines_share_the_report(pairs: Path, tmp_path: Path) -> None:
    methods = models([model(tmp_path, "identity", tiny_models.identity())]) + baselines()
    report = evaluate(pairs, methods, tmp_path / "report")
    written = json.loads((tmp_path / "report" / "report.json").read_text())
    names = [method.name for method in methods]
    assert [(row["clip"], row["method"]) for row in written["results"]] == [
        (clip, name) for clip in ("one", "two") for name in names
    ]
    assert all(result.sharp_control < PSNR_CEILING for result in report.results if result.method != "identity")
    assert (tmp_path / "report" / "report.md").read_text() == report.as_markdown()
    with Image.open(tmp_path / "report" / "one.png") as picture:
        assert picture.size == (SIDE * ZOOM * (len(methods) + 2), SIDE * ZOOM)


def test_drift_is_measured_where_there_is_a_state(tmp_path: Path) -> None:
    sharp = [np.full((16, 16, 3), value, np.uint8) for value in (100, 110)]
    write_pair(tmp_path / "pairs" / "one", [frame - np.uint8(20) for frame in sharp], sharp)
    contents = {"counter": tiny_models.counter(), "identity": tiny_models.identity()}
    methods = models([model(tmp_path, name, content) for name, content in contents.items()])
    (drift,) = evaluate(tmp_path / "pairs", methods, tmp_path / "report", SHORTEST + 20).drifts
    assert (drift.clip, drift.method, drift.frames) == ("one", "counter", SHORTEST + 20)
    # The counter brightens by a step a frame: past the sharp frames at frame 20, and ever further from them.
    assert drift.change < -5
    assert drift.worst_frame == SHORTEST + 19


def test_one_command_regenerates_a_table(pairs: Path, tmp_path: Path) -> None:
    table = tmp_path / "README.md"
    table.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    identity = model(tmp_path, "identity", tiny_models.identity())
    out = tmp_path / "report"
    assert main([str(pairs), "--model", str(identity), "--out", str(out), "--table", str(table)]) == 0
    assert table.read_text() == f"before\n{BEGIN}\n\n{(out / 'report.md').read_text()}\n{END}\nafter\n"


def test_a_table_without_marks_is_refused_before_anything_is_measured(
    pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "README.md"
    table.write_text("no marks\n")
    assert main([str(pairs), "--baselines", "--out", str(tmp_path / "report"), "--table", str(table)]) == 1
    assert capsys.readouterr().err.startswith(f"{table} must have the line {BEGIN} once")
    assert not (tmp_path / "report").exists()


def test_frames_too_small_for_ssim_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_pair(tmp_path / "pairs" / "tiny", frames(2, 1, side=10), frames(2, 1, side=10))
    assert main([str(tmp_path / "pairs"), "--baselines", "--out", str(tmp_path / "report")]) == 1
    assert capsys.readouterr().err.strip().endswith("the frames of tiny are 10x10; SSIM needs 11x11 or more")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--baselines", "--drift", "99"], "--drift must be at least 100 frames, not 99"),
        ([], "give --model, --baselines or both"),
    ],
)
def test_bad_arguments_are_refused(
    given: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([str(tmp_path), "--out", str(tmp_path / "report"), *given])
    assert sentence in capsys.readouterr().err


def test_bad_input_is_one_sentence(tmp_path: Path) -> None:
    arguments = [str(tmp_path), "--baselines", "--out", str(tmp_path / "report")]
    done = subprocess.run(
        [sys.executable, "-m", "training.evaluate", *arguments],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith(f"{tmp_path} holds no clips")
