"""Runs contenders in turns, each in a process of its own, so that noise hits all of them alike."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]

TOGETHER = 3 << 19
"""Pixels of a frame up to which all contenders stay in memory together; above, each is started anew for its turn."""


class Refused(RuntimeError):
    """A contender cannot run this; the message is its sentence."""


@dataclass(frozen=True)
class Contender:
    """A name of tests.bench.jobs.CONTENDERS, or ``peak``; a file; pixels; precision; the Python that runs it."""

    name: str
    file: Path
    width: int
    height: int
    precision: str
    cores: int = 0
    python: str = sys.executable


@dataclass
class Result:
    """Seconds a frame by the clock that was asked for, one for each round, and MiB; or why there are none.

    ``shares``: of its cores' time, what the process had in each round. Far below 1, others took it, or it cannot use
    its cores: its time by the wall then says little.
    """

    contender: Contender
    seconds: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    memory: float = 0
    refused: str = ""

    @property
    def rate(self) -> float:
        """Frames a second, the median."""
        return 1 / median(self.seconds)

    @property
    def best(self) -> float:
        """Frames a second, of the fastest round."""
        return 1 / min(self.seconds)

    @property
    def share(self) -> float:
        """The median of ``shares``."""
        return median(self.shares)

    def ratio(self, other: Result) -> float:
        """Time of this one by that of the other in the same round, the median."""
        return median(a / b for a, b in zip(self.seconds, other.seconds, strict=True))


def race(contenders: Sequence[Contender], rounds: int, seconds: float, clock: str = "wall") -> list[Result]:
    """Every contender for about ``seconds`` in each of the rounds, the first one first in the first round.

    ``clock``: ``wall``, or ``cpu``, the processor's time that the process had.
    """
    results = [Result(contender) for contender in contenders]
    together = contenders[0].width * contenders[0].height <= TOGETHER
    with ExitStack() as stack:
        alive: dict[int, subprocess.Popen[str]] = {}
        for number in range(rounds):
            turn = number % len(results)
            for result in results[turn:] + results[:turn]:
                if result.refused:
                    continue
                try:
                    if not together:
                        with _started(result.contender) as child:
                            _measure(child, result, seconds, clock)
                        continue
                    if id(result) not in alive:
                        alive[id(result)] = stack.enter_context(_started(result.contender))
                    _measure(alive[id(result)], result, seconds, clock)
                except Refused as reason:
                    result.refused = str(reason)
    return results


@contextmanager
def _started(contender: Contender) -> Iterator[subprocess.Popen[str]]:
    """Its process, ready to measure. Raises Refused."""
    size = [str(contender.width), str(contender.height)]
    arguments = [contender.name, str(contender.file), *size, contender.precision, str(contender.cores)]
    command = [contender.python, "-m", "tests.bench.child", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as child:
        try:
            answer = _answer(child)
            if "refused" in answer:
                raise Refused(answer["refused"])
            yield child
        finally:
            child.kill()


def _measure(child: subprocess.Popen[str], result: Result, seconds: float, clock: str) -> None:
    assert child.stdin is not None
    child.stdin.write(f"{seconds}\n")
    child.stdin.flush()
    answer = _answer(child)
    cores = result.contender.cores or len(os.sched_getaffinity(0))
    result.seconds.append(answer["cpu" if clock == "cpu" else "seconds"] / answer["frames"])
    result.shares.append(answer["cpu"] / answer["seconds"] / cores)
    result.memory = max(result.memory, answer["peak"])


def _answer(child: subprocess.Popen[str]) -> dict[str, float]:
    """The next JSON line; libraries may write others. Raises Refused when the process has ended."""
    assert child.stdout is not None
    for line in child.stdout:
        if line.startswith("{"):
            answer: dict[str, float] = json.loads(line)
            return answer
    raise Refused(f"its process ended with status {child.wait()}")
