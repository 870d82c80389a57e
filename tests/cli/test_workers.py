"""``vsdeblur deblur --workers`` and ``--scheduler``: the same file whoever made it, whoever was lost on the way."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import distributed
import pytest

from tests import tiny_models
from tests.cli.conftest import ffmpeg, files
from tests.digest import digest
from vsdeblur.cli import main
from vsdeblur.video import workers
from vsdeblur.video.journal import Journal, folder_of
from vsdeblur.video.segments import Segment
from vsdeblur.video.workers import Tally

SMALL = 20_000
"""Bytes: less than a segment has, and more than the journal."""


def deblurring(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "vsdeblur", "deblur", *map(str, arguments)]


def lines_of(error: str) -> list[str]:
    return [line for line in error.splitlines() if line]


@pytest.mark.parametrize("count", ["2", "9"])
def test_any_number_of_workers_makes_the_same(weights: Path, long: Path, whole: bytes, out: Path, count: str) -> None:
    target = out / "a.mkv"
    assert main(["deblur", str(long), str(target), "--workers", count]) == 0
    assert files(out) == {"a.mkv"}
    assert digest(target) == digest(whole)


def test_networks_compute_the_same_bits(tmp_path: Path) -> None:
    """An odd size, where one thread of OpenVINO rounds RUNet otherwise than two; a copy that all workers share."""
    models = os.environ.get("VSDEBLUR_TEST_MODELS") or pytest.skip("VSDEBLUR_TEST_MODELS is not set")
    source = tmp_path / "in.mkv"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=203x157:rate=25:duration=3.6", "-c:v", "ffv1", source)
    common = ["deblur", str(source), "--frames", "70:90", "--codec", "ffv1", "--arg", "segment=10"]
    for count in ("1", "2"):
        target = tmp_path / f"{count}.mkv"
        assert main([*common[:2], str(target), *common[2:], "--model", f"{models}/RUNet.onnx", "--workers", count]) == 0
    assert digest(tmp_path / "1.mkv") == digest(tmp_path / "2.mkv")


def killing(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """So many times, the process that was given segment 2 is killed."""
    give, left = workers._Worker.give, [times]

    def lost(self: Any, segment: Segment) -> None:
        give(self, segment)
        if segment.number == 2 and left[0] > 0:
            left[0] -= 1
            os.kill(self._process.pid, signal.SIGKILL)

    monkeypatch.setattr(workers._Worker, "give", lost)


def test_a_lost_worker_costs_its_segment_only(
    weights: Path, long: Path, whole: bytes, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = out / "a.mkv"
    killing(monkeypatch, 2)
    given: list[int] = []
    give = workers._Worker.give

    def counted(self: Any, segment: Segment) -> None:
        given.append(segment.number)
        give(self, segment)

    monkeypatch.setattr(workers._Worker, "give", counted)
    assert main(["deblur", str(long), str(target), "--workers", "2"]) == 0
    assert sorted(given) == [0, 1, 2, 2, 2, 3]
    assert digest(target) == digest(whole)


def test_a_segment_that_ends_every_worker_is_one_line(
    weights: Path,
    long: Path,
    whole: bytes,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    target = out / "a.mkv"
    with monkeypatch.context() as patch:
        killing(patch, 3)
        assert main(["deblur", str(long), str(target), "--workers", "2"]) == 1
    assert capsys.readouterr().err == (
        "vsdeblur: frames 160 to 239 ended 3 workers (exit status -9), as want of memory may: with fewer workers"
        " --resume goes on\n"
    )
    assert main(["deblur", str(long), str(target), "--resume"]) == 0
    assert digest(target) == digest(whole)


def test_errors_of_workers_are_those_of_one_process(weights: Path, long: Path, out: Path) -> None:
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, SMALL))

    said = []
    for options in ([], ["--workers", "2"]):
        command = deblurring(long, out / "a.mkv", "--lossless", *options)
        done = subprocess.run(command, preexec_fn=small_files, capture_output=True, text=True, timeout=300)
        assert done.returncode == 1
        said.append(lines_of(done.stderr))
    assert said[0] == said[1] == ["vsdeblur: work on a.mkv failed: File too large"]
    assert files(out) == set()


def children(process: int) -> list[int]:
    return [int(text) for text in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_run_that_was_broken_off_leaves_no_process(
    weights: Path, long: Path, whole: bytes, out: Path, number: signal.Signals
) -> None:
    """The signal goes to all processes, as Ctrl-C does; SIGKILL and SIGTERM to the first one alone."""
    target = out / "a.mkv"
    command = deblurring(long, target, "--workers", "2")
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    until = time.monotonic() + 120
    while not Journal(target).found("segment") and time.monotonic() < until:
        time.sleep(0.002)
    started = children(running.pid)
    if number == signal.SIGINT:
        os.killpg(running.pid, number)
    else:
        running.send_signal(number)
    _, message = running.communicate(timeout=60)
    while any(map(is_alive, started)) and time.monotonic() < until:
        time.sleep(0.01)
    assert not any(map(is_alive, started))
    if running.returncode != 0:  # the signal may come when all is done
        assert running.returncode == {signal.SIGKILL: -9, signal.SIGINT: 130, signal.SIGTERM: 143}[number]
        if number != signal.SIGKILL:
            assert lines_of(message) == [f"vsdeblur: broken off; --resume goes on, from {folder_of(target).name}"]
    again = ["deblur", str(long), str(target), "--resume", "--workers", "2"]
    assert running.returncode == 0 or main(again) == 0
    assert files(out) == {"a.mkv"}


def test_progress_sums_over_workers() -> None:
    told: list[tuple[int, int]] = []
    tally = Tally(10, 40, lambda done, total: told.append((done, total)))
    first, second = Segment(0, 10, 20), Segment(1, 30, 10)
    tally.heard(first, 5)
    tally.heard(second, 4)
    tally.heard(first, 0)
    tally.finished(second)
    tally.heard(first, 7)
    tally.finished(first)
    assert told == [(done, 40) for done in (15, 19, 14, 20, 27, 40)]


def test_nothing_of_dask_is_imported_without_scheduler(weights: Path, long: Path, out: Path) -> None:
    code = (
        "import sys; from vsdeblur.cli import main; assert main(sys.argv[1:]) == 0;"
        "assert not {'dask', 'distributed'} & {name.partition('.')[0] for name in sys.modules}"
    )
    command = [sys.executable, "-c", code, "deblur", str(long), str(out / "a.mkv"), "--frames", "0:3"]
    subprocess.run(command, check=True, timeout=300)


@pytest.fixture
def cluster(weights: Path) -> Iterator[Any]:
    """Two workers, started by a fixture's turn so that they know where the weights are."""
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as started:
        yield started


def test_a_cluster_makes_the_same_although_a_worker_is_lost(
    long: Path, whole: bytes, out: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = out / "a.mkv"
    killed: list[int] = []
    note = Journal.note

    def noted(self: Journal, **what: Any) -> None:
        note(self, **what)
        if "segment" in what and not killed:
            killed.append(cluster.workers[0].pid)
            os.kill(killed[0], signal.SIGKILL)

    monkeypatch.setattr(Journal, "note", noted)
    assert main(["deblur", str(long), str(target), "--scheduler", cluster.scheduler_address]) == 0
    assert killed
    assert files(out) == {"a.mkv"}
    assert digest(target) == digest(whole)


def test_errors_of_a_cluster_are_one_line(
    weights: Path, long: Path, out: Path, cluster: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def deblur(address: str) -> str:
        assert main(["deblur", str(long), str(out / "a.mkv"), "--scheduler", address]) == 1
        return capsys.readouterr().err

    others = tmp_path / "others"
    others.mkdir()
    (others / "RUNet.onnx").write_bytes(tiny_models.counter(name="RUNet", license="other"))
    assert deblur("tcp://127.0.0.1:1") == "vsdeblur: no Dask scheduler answers at tcp://127.0.0.1:1\n"
    monkeypatch.setenv("VSDEBLUR_WEIGHTS", str(others))
    assert " has other weights: RUNet.onnx in fp32, SHA-256 " in deblur(cluster.scheduler_address)
    assert files(out) == set()


def test_count_is_checked(weights: Path, long: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="^2$"):
        main(["deblur", str(long), str(out / "a.mkv"), "--workers", "0"])
    assert "argument --workers: must be a whole number of at least 1, not 0" in capsys.readouterr().err
