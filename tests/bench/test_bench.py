"""The bench itself: turns, what its table says, and what it refuses. Nothing here asserts a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import tiny_models
from tests.bench import gpu, peak
from tests.bench.__main__ import main, rows
from tests.bench.jobs import Job, onnxruntime, stride
from tests.bench.runs import Contender, Result, race


@pytest.fixture
def models(tmp_path: Path) -> Path:
    (tmp_path / "Counter.onnx").write_bytes(tiny_models.counter(name="Counter"))
    return tmp_path


def contender(name: str, precision: str = "fp32") -> Contender:
    return Contender(name, Path("Net.onnx"), 100, 10, precision)


def test_the_table_is_what_was_measured() -> None:
    best = Result(contender("peak"), [2.0, 1.0], [0.5, 1.0], 10)
    first = Result(contender("openvino"), [0.5, 1.0, 2.0], [1.0, 1.0, 1.0], 20)
    second = Result(contender("vsdeblur"), [0.55, 1.1, 2.2], [0.9, 0.9, 0.9], 30)
    lines = list(rows("Net", peak.MULTIPLICATIONS / 2000, [best, first, second]))
    speed = peak.MULTIPLICATIONS / 1e9
    assert lines == [
        f"| Net | 100x10 | peak | fp32 | | | {speed:.1f} | | 0.75 | 10 |",
        f"| Net | 100x10 | openvino | fp32 | 1 | 1.000 | {speed / 2:.1f} | 0.50 | 1.00 | 20 |",
        f"| Net | 100x10 | vsdeblur | fp32 | 0.909 | 1.100 | {speed / 2.2:.1f} | 0.45 | 0.90 | 30 |",
    ]


def test_contenders_take_turns_and_who_cannot_says_so(models: Path) -> None:
    file = models / "Counter.onnx"
    names = ("onnxruntime", "openvino", "mlrt-ort")
    found = race([Contender(name, file, 32, 16, "fp32", 1) for name in names], rounds=2, seconds=0.01)
    assert [len(result.seconds) for result in found] == [2, 2, 0]
    assert found[2].refused == "vs-mlrt cannot run Counter: it has a state or several pictures a run"
    assert found[0].memory > 10


def test_a_contender_that_cannot_start_is_refused(models: Path) -> None:
    (result,) = race([Contender("onnxruntime", models / "Nothing.onnx", 8, 8, "fp32")], rounds=1, seconds=0.01)
    assert "Nothing.onnx" in result.refused


def test_states_go_from_run_to_run(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import onnxruntime as ort

    seen = []
    run = ort.InferenceSession.run_with_ort_values
    monkeypatch.setattr(
        ort.InferenceSession,
        "run_with_ort_values",
        lambda self, names, feeds: (seen.append(feeds["count_in"].numpy().max()), run(self, names, feeds))[1],
    )
    job = Job(models / "Counter.onnx", 7, 5, "fp32")
    assert (job.size, stride(job.contract)) == ((6, 8), 1)
    step = onnxruntime(job)
    for _ in range(3):
        step()
    assert seen == [0, tiny_models.STEP, 2 * tiny_models.STEP]


def test_an_engine_is_of_one_model_device_size_and_precision(models: Path) -> None:
    model, job = b"model", Job(models / "Counter.onnx", 64, 48, "fp32")
    others = [(b"other", "GPU, 1", job), (model, "GPU, 2", job)]
    others += [(model, "GPU, 1", Job(job.path, *rest)) for rest in ((96, 48, "fp32"), (64, 48, "fp16"))]
    folders = {gpu.engine_folder(model, "GPU, 1", job), *(gpu.engine_folder(*other) for other in others)}
    assert len(folders) == 5


def test_without_a_gpu_there_is_one_sentence(
    models: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(models))
    assert main(["--gpu", "--models", str(models), "--networks", "Counter"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "bench: --gpu needs an NVIDIA GPU with its driver, and nvidia-smi finds none here\n"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--networks", "Nobody"], "has no Nobody.onnx"),
        (["--rounds", "0"], "--rounds must be at least 1, not 0"),
        (["--clock", "cpu"], "--clock cpu goes with --cores 1"),
    ],
)
def test_wrong_options_are_one_line(
    models: Path, capsys: pytest.CaptureFixture[str], options: list[str], sentence: str
) -> None:
    assert main(["--models", str(models), "--networks", "Counter", *options]) == 1
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert captured.err.count("\n") == 1
