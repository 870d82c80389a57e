"""A broken video ends in a file that can be read, or in a sentence and nothing: no traceback, no crash, no hang.

VSDEBLUR_DAMAGED_VIDEOS in the environment is how many are tried; CI's number is the default.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import pytest

from tests import tiny_models

CASES = int(os.environ.get("VSDEBLUR_DAMAGED_VIDEOS", "16"))
FOUND = (30, 33, 52, 57)
"""Cases that once ended in a traceback: one frame, hidden alpha, and unknown kinds of video and of sound."""
LINE = re.compile(r"vsdeblur: .+|OUT\.\w+: \d+ frames? in \d\d:\d\d")


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "RUNet.onnx").write_bytes(tiny_models.counter(name="RUNet"))
    monkeypatch.setenv("VSDEBLUR_WEIGHTS", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")  # a process with threads cannot be forked


def deblurred(folder: Path, cases: Sequence[int]) -> list[dict[str, Any]]:
    folder.mkdir()
    command = [sys.executable, "-m", "tests.robustness.deblur_damaged", str(folder), *map(str, cases)]
    done = subprocess.run(
        command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300 + 60 * len(cases)
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [case["case"] for case in found] == list(cases)
    return found


def fault(case: dict[str, Any], folder: Path) -> str:
    """What is wrong with how a case ended, or nothing."""
    lines = case["said"].splitlines()
    if case["status"] not in (0, 1):
        return "neither exit status 0 nor 1"
    if not lines or not all(LINE.fullmatch(line) for line in lines):
        return "said something else than sentences"
    if case["status"] == 1:
        return "something is left" if case["left"] else ""
    if len(case["left"]) != 1:
        return "not OUT alone is left"
    try:
        with av.open(folder / str(case["case"]) / "out" / case["left"][0]) as container:
            return "" if sum(1 for _ in container.decode(video=0)) else "no frame in OUT"
    except av.error.FFmpegError as error:
        return f"OUT cannot be read: {error}"


@pytest.mark.usefixtures("weights")
def test_every_case_ends_in_a_video_or_in_a_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "cases"
    found = deblurred(folder, sorted({*range(CASES), *FOUND}))
    counts = Counter((case["kind"], case["status"]) for case in found)
    kinds = dict.fromkeys(case["kind"] for case in found)
    print("\ndeblurred / refused", *(f"{kind}: {counts[kind, 0]}/{counts[kind, 1]}" for kind in kinds), sep="\n")
    slowest = max(found, key=lambda case: float(case["s"]))
    print(f"slowest: {slowest['s']} s, case {slowest['case']}, {slowest['source']}")
    faults = [case | {"fault": wrong} for case in found if (wrong := fault(case, folder))]
    assert not faults, "\n".join(map(str, faults))
    assert {case["status"] for case in found} == {0, 1}, "one of both ends was not tried"
