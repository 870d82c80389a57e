"""Segments handed out: to this process, to processes beside it, or to a Dask cluster (cluster.py).

Whoever makes a segment writes a file of its own and gives it its name when it is whole, so that neither a loss nor
making it twice can leave anything else than the segment. Only the process that hands out writes the journal.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import connection
from pathlib import Path
from typing import Any
from uuid import uuid4

from vsdeblur._engine import Error
from vsdeblur._system import interrupts_held_back
from vsdeblur.video.segments import Job, Maker, Segment

__all__ = ["Tally", "Workers", "handed_out", "lost_sentence", "write"]

_LOSSES = 3
"""Workers that one segment may cost."""


@dataclass(frozen=True)
class Workers:
    """Who makes segments."""

    count: int = 1
    """Processes; 1: this one."""
    scheduler: str | None = None
    """Address of Dask's, whose workers take their place."""


class Tally:
    """Frames that are done, over all workers. Not thread-safe."""

    def __init__(self, done: int, total: int, report: Callable[[int, int], None]) -> None:
        """``report`` hears how many frames are done, and of how many."""
        self._done, self._total, self._report = done, total, report
        self._begun: dict[int, int] = {}

    def heard(self, segment: Segment, count: int) -> None:
        """A segment has that many frames; 0 when its worker is lost."""
        self._begun[segment.number] = count
        self._report(self._done + sum(self._begun.values()), self._total)

    def finished(self, segment: Segment) -> None:
        self._begun.pop(segment.number, None)
        self._done += segment.count
        self._report(self._done + sum(self._begun.values()), self._total)


def handed_out(
    job: Job, todo: Sequence[Segment], maker: Maker, workers: Workers, tally: Tally
) -> Generator[Segment, None, None]:
    """Has all segments made, and yields each once its file is there, in any order.

    Close it to end all workers. ``maker`` is this process's. Raises what Maker does, whoever the maker was, and Error
    when workers are lost again and again.
    """
    _clear(job.folder)
    if workers.scheduler is not None:
        from vsdeblur.video.cluster import on_cluster

        yield from on_cluster(job, todo, workers.scheduler, tally)
    elif min(workers.count, len(todo)) > 1:
        yield from _beside(job, todo, min(workers.count, len(todo)), tally)
    else:
        for segment, following in zip(todo, (*todo[1:], None), strict=True):
            write(maker, segment, job.folder, partial(tally.heard, segment), following)
            tally.finished(segment)
            yield segment


def _clear(folder: Path) -> None:
    """Removes what ended processes were at."""
    for part in folder.glob("segment-*.part"):
        part.unlink(missing_ok=True)


def write(
    maker: Maker, segment: Segment, folder: Path, report: Callable[[int], None], following: Segment | None = None
) -> None:
    """Makes a segment's file, which has its name once it is whole and on the disk.

    ``following`` is the one that this maker is given next, if that is known.
    """
    file = segment.file(folder)
    part = file.with_name(f"{file.name}-{uuid4().hex[:12]}.part")
    try:
        maker.make(segment, part, report, following)
        with part.open("r+b") as written:
            os.fsync(written.fileno())
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _beside(job: Job, todo: Sequence[Segment], count: int, tally: Tally) -> Generator[Segment, None, None]:
    """By that many processes on this machine."""
    waiting, losses = deque(todo), Counter[int]()
    crew: dict[Any, _Worker] = {}

    def start() -> None:
        worker = _Worker(job, waiting.popleft())
        crew[worker.pipe] = worker

    try:
        for _ in range(count):
            start()
        while crew:
            for pipe in connection.wait(list(crew)):
                worker = crew[pipe]
                said = worker.heard()
                if isinstance(said, int):
                    tally.heard(worker.segment, said)
                elif isinstance(said, _Lost):
                    del crew[pipe]
                    status, segment = worker.end(), worker.segment
                    tally.heard(segment, 0)
                    losses[segment.number] += 1
                    if losses[segment.number] == _LOSSES:
                        raise Error(lost_sentence(segment, f"exit status {status}"))
                    waiting.appendleft(segment)
                    start()
                elif said is not None:
                    raise said
                else:
                    done = worker.segment
                    if waiting:
                        worker.give(waiting.popleft())
                    else:
                        del crew[pipe]
                        worker.end()
                    tally.finished(done)
                    yield done
    finally:
        for worker in crew.values():
            worker.end()
        _clear(job.folder)


def lost_sentence(segment: Segment, how: str) -> str:
    return (
        f"frames {segment.first} to {segment.first + segment.count - 1} ended {_LOSSES} workers ({how}), as want of"
        " memory may: with fewer workers --resume goes on"
    )


class _Lost:
    """Said of a worker that is gone."""


class _Worker:
    """A process that makes one segment after the other. Not thread-safe."""

    def __init__(self, job: Job, segment: Segment) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(job, theirs), daemon=True)
        with interrupts_held_back():
            self._process.start()
        theirs.close()
        self.give(segment)

    def give(self, segment: Segment) -> None:
        self.segment = segment
        with contextlib.suppress(OSError):  # of one that is gone heard() tells
            self.pipe.send(segment)

    def heard(self) -> int | BaseException | _Lost | None:
        """How many frames are done, an error, or None: the segment is whole."""
        try:
            said: int | BaseException | None = self.pipe.recv()
        except (EOFError, OSError):
            return _Lost()
        return said

    def end(self) -> int | None:
        """Its exit status."""
        self._process.kill()
        self._process.join()
        self.pipe.close()
        return self._process.exitcode


def _serve(job: Job, pipe: Any) -> None:
    """What a process does: takes segments from the pipe until it is killed, or its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    maker = None
    while True:
        segment = pipe.recv()
        try:
            maker = maker or Maker(job)
            write(maker, segment, job.folder, pipe.send)
            said = None
        except Exception as error:
            said = error
        pipe.send(said)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
