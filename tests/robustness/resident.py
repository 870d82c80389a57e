"""Resident memory over a long run, and whether it stays."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from tests.tolerances import RESIDENT_GROWTH, RESIDENT_GROWTH_SHORT

__all__ = ["FRAMES", "check_flat", "growth", "resident", "sampled"]

FRAMES = int(os.environ.get("VSDEBLUR_ENDURANCE_FRAMES", "2000"))
"""How long the runs are; CI's number is the default."""

WARM_UP = 0.4
"""Share of a run in which caches, of at most 512 values each, and heaps fill."""


def resident(process: int | str = "self") -> int:
    """Bytes of a process that are in memory now; 0 once it has ended."""
    try:
        fields = Path(f"/proc/{process}/statm").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") if fields else 0


def growth(samples: Sequence[int]) -> float:
    """By which share the last quarter of what follows the warm-up is above the first one; samples are evenly spaced."""
    steady = samples[int(len(samples) * WARM_UP) :]
    quarter = len(steady) // 4
    assert quarter > 3, f"{len(samples)} samples are too few to tell"
    return median(steady[-quarter:]) / median(steady[:quarter]) - 1


def sampled(command: Sequence[str | Path], environment: Mapping[str, str]) -> list[int]:
    """Runs a program, which must end well, and gives its resident memory every 20 ms until it ended."""
    samples = []
    with subprocess.Popen(command, env=os.environ | environment, stdin=subprocess.DEVNULL) as process:
        while process.poll() is None:
            samples.append(resident(process.pid))
            time.sleep(0.02)
    assert process.returncode == 0
    return [sample for sample in samples if sample > 0]


def check_flat(samples: Sequence[int], what: str) -> None:
    """Fails unless the memory has stayed; says the figures in any case."""
    grown = growth(samples)
    print(f"{what}: {median(samples) / 2**20:.1f} MiB, {grown:+.2%} after the warm-up")
    assert abs(grown) <= (RESIDENT_GROWTH if FRAMES >= 20_000 else RESIDENT_GROWTH_SHORT), (
        f"{what}: resident memory changed by {grown:+.2%}: {samples[:: len(samples) // 20]}"
    )
