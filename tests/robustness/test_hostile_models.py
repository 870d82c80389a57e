"""Damaged and hostile models end in one sentence: no crash, no hang, no flood of memory, in both runtimes.

VSDEBLUR_HOSTILE_CASES in the environment is how many are tried; CI's number is the default.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.robustness.hostile import hostile

CASES = int(os.environ.get("VSDEBLUR_HOSTILE_CASES", "400"))
MOST_MIB = 2048


def opened(folder: Path, first: int, end: int) -> tuple[list[dict[str, Any]], subprocess.CompletedProcess[str]]:
    command = [sys.executable, "-m", "tests.robustness.open_models", str(folder), str(first), str(end)]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=CASES + 300)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")], done


def test_every_case_ends_in_a_sentence_or_in_frames(tmp_path: Path) -> None:
    found, done = opened(tmp_path, 0, CASES)
    where = found[-1] if found else None
    assert done.returncode == 0, f"after {where}: status {done.returncode}; {done.stderr[-2000:]}"
    assert len(found) == 2 * CASES
    for case in found:
        sentence = case["result"]
        assert sentence and "\n" not in sentence, case
        assert case["mib"] < MOST_MIB, case
    refused = [case for case in found if case["result"] != "fine"]
    assert len(refused) > CASES, "the cases are hardly hostile"


def test_external_data_is_not_read(tmp_path: Path) -> None:
    """Of either runtime, from outside the model's folder: what lies there may be anyone's."""
    climbing = [number for number in range(600) if b"etc/passwd" in hostile(number)][:6]
    assert climbing
    for number in climbing:
        found, _ = opened(tmp_path, number, number + 1)
        assert [case["result"] != "fine" for case in found] == [True, True], found
