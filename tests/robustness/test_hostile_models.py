"""Damaged and hostile models end in one sentence: no crash, no hang, no flood of memory, in both runtimes.

VSDEBLUR_HOSTILE_CASES in the environment is how many are tried; CI's number is the default.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.robustness.hostile import NEVER, hostile, kind_of

CASES = int(os.environ.get("VSDEBLUR_HOSTILE_CASES", "180"))
FOUND = (779,)
"""Cases that once did not end in a sentence: a control character in a name."""
SHARE = 500
"""Cases of one process, so that a fault in one does not hide all others'."""
MOST_MIB = 2048
RUNTIMES = ("ONNXRuntime", "OpenVINO")


def opened(folder: Path, cases: Sequence[int]) -> list[dict[str, Any]]:
    """What came of these cases. Fails when one of them ends the process."""
    folder.mkdir()
    command = [sys.executable, "-m", "tests.robustness.open_models", str(folder), *map(str, cases)]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=SHARE * 20)
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert done.returncode == 0, f"after {found[-1:]}: status {done.returncode}; {done.stderr[-2000:]}"
    assert len(found) == len(cases) * len(RUNTIMES)
    return found


def check(case: dict[str, Any]) -> None:
    assert case["mib"] < MOST_MIB, case
    if case["stage"] == "ran":
        assert case["kind"] not in NEVER, case
    else:
        # Printable: a name out of the file must not move the cursor of a terminal.
        assert case["sentence"] and case["sentence"].isprintable(), case


def table(found: list[dict[str, Any]]) -> str:
    """How far cases of each kind came."""
    counts = Counter((case["kind"], case["provider"], case["stage"]) for case in found)
    lines = []
    for kind in dict.fromkeys(case["kind"] for case in found):
        stages = [
            f"{name} {'/'.join(str(counts[kind, name, stage]) for stage in ('refused', 'failed', 'ran'))}"
            for name in RUNTIMES
        ]
        lines.append(f"{kind}: {', '.join(stages)}")
    for what in ("s", "mib"):
        most = max(found, key=lambda case: float(case[what]))
        lines.append(f"most {what}: {most[what]} in case {most['case']}, {most['kind']}, {most['provider']}")
    return "\n".join(lines)


def test_every_case_ends_in_a_sentence_or_in_frames(tmp_path: Path) -> None:
    found = []
    cases = sorted({*range(CASES), *FOUND})
    for first in range(0, len(cases), SHARE):
        found += opened(tmp_path / str(first), cases[first : first + SHARE])
    print(f"\nrefused by the contract / refused by the runtime / ran\n{table(found)}")
    for case in found:
        check(case)
    for kind in {kind_of(number) for number in range(CASES)}:
        assert any(case["stage"] != "ran" for case in found if case["kind"] == kind), f"{kind} is hardly hostile"
    assert any(case["stage"] == "ran" for case in found), "nothing ran, so nothing was tried"


def first_with(kind: str, *pieces: bytes) -> int:
    """The first case of a kind that holds these bytes."""
    return next(n for n in range(5000) if kind_of(n) == kind and all(piece in hostile(n) for piece in pieces))


def test_external_data_is_read_in_the_models_folder_alone(tmp_path: Path) -> None:
    """By either runtime. The files outside are there and fit; what lies there may be anyone's."""
    outside = [first_with("climbing", place) for place in (b"../outside.bin", b"link.bin")]
    beside = first_with("external", b"near.bin", b"offset\x12\x010")
    found = opened(tmp_path / "folder", [*outside, beside])
    assert [case["stage"] for case in found] == ["failed"] * 4 + ["ran"] * 2, found
