"""A process that measures one contender: ``python -m tests.bench.child CONTENDER FILE WIDTH HEIGHT PRECISION CORES``.

CONTENDER is a name of tests.bench.jobs.CONTENDERS, or ``peak``, which measures the machine, with any FILE: a frame is
then one run of tests.bench.peak.

Speaks JSON, one object a line. At first it says ``{"ready": true}``, after its first run, or ``{"refused": SENTENCE}``
and ends. For each line of standard input, a number of seconds, it runs for about that long and says how many
``frames`` it made in how many ``seconds`` by the wall and of the processor (``cpu``), and its ``peak`` memory in MiB.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

from tests.bench.jobs import CONTENDERS, Job, Step, stride
from tests.bench.peak import peak


def say(**values: object) -> None:
    print(json.dumps(values), flush=True)


def measure(step: Step, frames: int, seconds: float) -> dict[str, float]:
    """Runs at least once; ``frames`` is what one call makes."""
    start, busy = time.perf_counter(), time.process_time()
    calls = 0
    while calls == 0 or time.perf_counter() - start < seconds:
        step()
        calls += 1
    taken = time.perf_counter() - start
    return {"frames": calls * frames, "seconds": taken, "cpu": time.process_time() - busy, "peak": _peak()}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _made(contender: str, job: Job) -> tuple[Step, int]:
    if contender == "peak":
        return peak(job.precision), 1
    return CONTENDERS[contender](job), stride(job.contract)


def main() -> int:
    contender, file, width, height, precision, cores = sys.argv[1:]
    if int(cores):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(cores)])
    try:
        step, frames = _made(contender, Job(Path(file), int(width), int(height), precision))
        step()
    except Exception as error:  # whatever a library says
        say(refused=" ".join(str(error).split()) or type(error).__name__)
        return 0
    say(ready=True)
    for line in sys.stdin:
        say(**measure(step, frames, float(line)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
