"""Runs of ``vsdeblur deblur`` that are broken off, and taken up again"""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import vapoursynth as vs

from tests import tiny_models
from tests.cli.conftest import COUNT, files, planes, read
from tests.digest import digest
from vsdeblur.cli import main
from vsdeblur.video import segments
from vsdeblur.video.journal import Journal, folder_of
from vsdeblur.video.segments import Maker


def broken_off(long: Path, target: Path, number: signal.Signals, segments: int) -> subprocess.CompletedProcess[str]:
    """A run that gets a signal once it has noted so many segments; its journal says how many it has then."""
    command = [sys.executable, "-m", "vsdeblur", "deblur", str(long), str(target), "--resume"]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 120
    while len(Journal(target).found("segment")) < segments and time.monotonic() < until:
        time.sleep(0.002)
    running.send_signal(number)
    _, message = running.communicate(timeout=60)
    return subprocess.CompletedProcess(command, running.returncode, "", message)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("segments", [1, 2, 3])
def test_a_run_that_was_broken_off_is_taken_up_again(
    weights: Path, long: Path, whole: bytes, out: Path, number: signal.Signals, segments: int
) -> None:
    target = out / "a.mkv"
    done = broken_off(long, target, number, segments)
    if done.returncode != 0:  # the signal may come when all is done
        assert files(out) == {folder_of(target).name}
        status = {signal.SIGKILL: -9, signal.SIGINT: 130, signal.SIGTERM: 143}
        assert done.returncode == status[number]
        if number != signal.SIGKILL:
            assert "broken off; --resume goes on" in done.stderr
        assert main(["deblur", str(long), str(target), "--resume"]) == 0
    assert files(out) == {"a.mkv"}
    assert digest(target) == digest(whole)


def test_a_run_without_a_whole_segment_says_that_nothing_is_kept(
    weights: Path, long: Path, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("vsdeblur.video.deblurring._run", interrupted)
    assert main(["deblur", str(long), str(out / "a.mkv")]) == 130
    assert (
        capsys.readouterr().err == "vsdeblur: broken off before the first segment was whole, so nothing of it is kept\n"
    )
    assert files(out) == set()


def test_a_signal_before_anything_is_done_leaves_nothing(weights: Path, long: Path, out: Path) -> None:
    target = out / "a.mkv"
    done = broken_off(long, target, signal.SIGTERM, 0)
    assert done.returncode != 0
    assert files(out) == set()


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException, int], None]:
    """Makes a segment raise, once half of it is written."""

    def fail(error: BaseException, at: int) -> None:
        make = Maker.make

        def broken(self: Maker, segment: Any, target: Path, *others: Any) -> None:
            if segment.number == at:
                target.write_bytes(b"half")
                raise error
            make(self, segment, target, *others)

        monkeypatch.setattr(Maker, "make", broken)

    return fail


def test_full_disk(
    weights: Path,
    long: Path,
    whole: bytes,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failing: Callable[[BaseException, int], None],
) -> None:
    target = out / "a.mkv"
    with monkeypatch.context():
        failing(OSError(errno.ENOSPC, "No space left on device"), 2)
        assert main(["deblur", str(long), str(target)]) == 1
        monkeypatch.undo()
    monkeypatch.setenv("VSDEBLUR_WEIGHTS", str(weights))
    assert capsys.readouterr().err == f"vsdeblur: the disk of {out} is full; with more room --resume goes on\n"
    assert main(["deblur", str(long), str(target)]) == 1
    assert capsys.readouterr().err == (
        "vsdeblur: an earlier run on a.mkv was broken off: --resume goes on, --overwrite begins anew\n"
    )
    assert main(["deblur", str(long), str(target), "--resume", "--model", "DBLRNet"]) == 1
    assert capsys.readouterr().err == (
        "vsdeblur: the earlier run had the model RUNet, and this one has DBLRNet; --overwrite begins anew\n"
    )
    assert len(Journal(target).found("segment")) == 2
    assert main(["deblur", str(long), str(target), "--resume"]) == 0
    assert digest(target) == digest(whole)


def test_other_weights_and_threads_are_noticed(
    weights: Path,
    long: Path,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failing: Callable[[BaseException, int], None],
) -> None:
    target = out / "a.mkv"
    failing(KeyboardInterrupt(), 1)
    assert main(["deblur", str(long), str(target)]) == 130
    monkeypatch.undo()
    monkeypatch.setenv("VSDEBLUR_WEIGHTS", str(weights))
    monkeypatch.setenv("VSDEBLUR_THREADS", "77")
    capsys.readouterr()
    assert main(["deblur", str(long), str(target), "--resume"]) == 1
    assert " had the threads " in capsys.readouterr().err
    monkeypatch.delenv("VSDEBLUR_THREADS")
    (weights / "RUNet.onnx").write_bytes(tiny_models.counter(name="RUNet", license="other"))
    capsys.readouterr()
    assert main(["deblur", str(long), str(target), "--resume"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("vsdeblur: the earlier run had the weights file RUNet.onnx in fp32, SHA-256 ")
    assert said.endswith("; --overwrite begins anew\n")


def test_a_segment_that_is_not_as_noted_is_made_again(
    weights: Path, long: Path, whole: bytes, out: Path, failing: Callable[[BaseException, int], None], monkeypatch: Any
) -> None:
    target = out / "a.mkv"
    failing(KeyboardInterrupt(), 3)
    assert main(["deblur", str(long), str(target)]) == 130
    monkeypatch.undo()
    monkeypatch.setenv("VSDEBLUR_WEIGHTS", str(weights))
    (folder_of(target) / "segment-000001").write_bytes(b"short")
    with (folder_of(target) / "journal.jsonl").open("a") as book:
        book.write('{"segment": 3, "si')
    assert main(["deblur", str(long), str(target), "--resume"]) == 0
    assert digest(target) == digest(whole)


def test_overwrite_begins_anew(
    weights: Path, long: Path, whole: bytes, out: Path, failing: Callable[[BaseException, int], None], monkeypatch: Any
) -> None:
    target = out / "a.mkv"
    failing(KeyboardInterrupt(), 1)
    assert main(["deblur", str(long), str(target), "--model", "DBLRNet"]) == 130
    monkeypatch.undo()
    monkeypatch.setenv("VSDEBLUR_WEIGHTS", str(weights))
    assert main(["deblur", str(long), str(target), "--overwrite"]) == 0
    assert digest(target) == digest(whole)


def test_broken_off_with_out_in_its_place(weights: Path, long: Path, whole: bytes, out: Path) -> None:
    target = out / "a.mkv"
    target.write_bytes(whole)
    journal = Journal(target)
    journal.open()
    journal.note(segment=0, size=1)
    journal.note(whole=target.stat().st_ino)
    journal.close()
    assert main(["deblur", str(long), str(target), "--resume"]) == 0
    assert files(out) == {"a.mkv"}
    assert digest(target) == digest(whole)


def test_out_of_somebody_else_is_not_replaced_on_resuming(
    weights: Path, long: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = out / "a.mkv"
    target.write_text("old")
    journal = Journal(target)
    journal.open()
    journal.note(segment=0, size=1)
    journal.close()
    assert main(["deblur", str(long), str(target), "--resume"]) == 1
    assert capsys.readouterr().err == f"vsdeblur: {target} is there already; --overwrite replaces it\n"
    assert target.read_text() == "old"


def test_two_at_once(weights: Path, long: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = out / "a.mkv"
    journal = Journal(target)
    journal.open()
    assert main(["deblur", str(long), str(target)]) == 1
    assert capsys.readouterr().err == f"vsdeblur: another vsdeblur is at work on {target}\n"
    journal.close()
    assert main(["deblur", str(long), str(target)]) == 0


def test_cuts_do_not_show(weights: Path, long: Path, out: Path) -> None:
    """The recurrent model counts frames of its segments, so any other way to cut would change its answer."""
    for options in ([], ["--arg", "segment=30"]):
        target = out / "a.mkv"
        assert main(["deblur", str(long), str(target), "--lossless", "--overwrite", *options]) == 0
        wanted = vs.core.vsdeblur.RUNet(read(long), segment=30 if options else 80)
        after = read(target)
        for number in range(0, COUNT, 7):
            assert (planes(after, number)[0] == planes(wanted, number)[0]).all()


def test_json(weights: Path, long: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import json

    assert main(["deblur", str(long), str(out / "a.mkv"), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    whole = lines.pop()
    assert (whole["finished"], whole["frames"]) == ("a.mkv", COUNT)
    assert whole["seconds"] > 0
    last = next(line for line in reversed(lines) if line["stage"] == "Deblurring")
    assert (last["done"], last["total"]) == (COUNT, COUNT)
    assert {line["stage"] for line in lines} >= {"Looking at every frame", "Deblurring"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[[int | None], list[int]]:
    """Has a run note every frame that it asks the network for, and fail at one of them."""

    def watch(failing_at: int | None) -> list[int]:
        numbers: list[int] = []
        sharpened = segments.sharpened

        def watched(*given: Any) -> tuple[Any, Any]:
            sharp, alpha = sharpened(*given)

            def chosen(n: int) -> vs.VideoNode:
                numbers.append(n)
                if n == failing_at:
                    raise ValueError("no such frame")
                return sharp

            return vs.core.std.FrameEval(sharp, chosen), alpha

        monkeypatch.setattr(segments, "sharpened", watched)
        return numbers

    return watch


def test_the_network_goes_on_while_the_encoder_empties(
    weights: Path, long: Path, out: Path, asked: Callable[[int | None], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers, note, first_beyond = asked(None), Journal.note, []

    def noted(self: Journal, **what: Any) -> None:
        if "segment" in what:
            first_beyond.append(max(numbers) >= 80 * (what["segment"] + 1))
        note(self, **what)

    monkeypatch.setattr(Journal, "note", noted)
    assert main(["deblur", str(long), str(out / "a.mkv")]) == 0
    assert first_beyond == [True, True, True, False]
    assert sorted(numbers) == list(range(COUNT))


def test_a_frame_that_fails_costs_its_own_segment_alone(
    weights: Path, long: Path, out: Path, asked: Callable[[int | None], list[int]], capsys: pytest.CaptureFixture[str]
) -> None:
    asked(160)
    target = out / "a.mkv"
    assert main(["deblur", str(long), str(target)]) == 1
    assert "no such frame" in capsys.readouterr().err
    assert [line["segment"] for line in Journal(target).found("segment")] == [0, 1]
