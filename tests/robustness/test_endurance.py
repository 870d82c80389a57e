"""Encoders run overnight: memory stays, filters and cores come and go, and processes do not disturb each other.

VSDEBLUR_ENDURANCE_FRAMES in the environment is how long the runs are; CI's number is the default.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from statistics import median
from typing import Any

import pytest

from tests.robustness.resident import FRAMES, check_flat
from tests.tolerances import RESIDENT_GROWTH

ROUNDS = 200 if FRAMES >= 20_000 else 3
"""Times that every filter is made and freed."""


def begun(*task: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.robustness.endure", *task]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    )


def ended(process: subprocess.Popen[str]) -> Any:
    """What the task gave."""
    out, error = process.communicate(timeout=120 + FRAMES)
    assert process.returncode == 0, f"status {process.returncode}: {error[-2000:]}"
    return json.loads(out)


@pytest.fixture(autouse=True)
def models() -> None:
    if "VSDEBLUR_TEST_MODELS" not in os.environ:
        pytest.skip("VSDEBLUR_TEST_MODELS is not set: it names a folder that python -m tests.make_models filled")


@pytest.mark.parametrize(("name", "provider"), [("RUNet", "OpenVINO"), ("DTB", "ONNXRuntime")])
def test_memory_stays_over_many_frames(name: str, provider: str) -> None:
    check_flat(ended(begun("frames", name, provider, str(FRAMES))), f"{FRAMES} frames of {name} in {provider}")


def test_filters_come_and_go() -> None:
    rounds = ended(begun("filters", str(ROUNDS)))
    settled = rounds[1:] if ROUNDS < 100 else rounds[ROUNDS // 4 :]
    for what in ("threads", "files"):
        assert settled[-1][what] == settled[0][what], [each[what] for each in rounds]
    kept = [each["resident"] for each in settled]
    grown = median(kept[-3:]) / median(kept[:3]) - 1
    print(f"{ROUNDS} rounds of every filter: {kept[-1] / 2**20:.1f} MiB, {grown:+.2%}")
    if ROUNDS >= 100:  # before, heaps are still filling
        assert grown <= RESIDENT_GROWTH, kept


def test_cores_are_freed_while_frames_are_on_the_way() -> None:
    assert ended(begun("core", "6")) == 6


def test_eight_processes_at_once_give_the_same_bits() -> None:
    processes = [begun("answer", "DTB") for _ in range(8)]
    assert len({ended(process) for process in processes}) == 1
