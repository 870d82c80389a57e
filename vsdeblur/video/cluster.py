"""Segments made by the workers of a Dask cluster, which see the same files under the same paths.

Dask gives a segment whose worker is lost to another worker by itself. A worker that makes a segment which nobody waits
for any longer, because the command was ended, stops at its next frame. The only module that knows Dask.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Generator, Sequence
from importlib.metadata import version
from typing import Any
from uuid import uuid4

from vsdeblur._engine import Error, usable_cores
from vsdeblur.video.network import weights_file
from vsdeblur.video.segments import Job, Maker, Segment
from vsdeblur.video.workers import Tally, lost_sentence, write

try:
    import distributed
except ImportError:
    raise Error('--scheduler needs Dask; pip install "vsdeblur[cluster]"') from None

__all__ = ["on_cluster"]

_ANSWER_SECONDS = 10
_REPORT_SECONDS = 0.5
_CORES = usable_cores()


def on_cluster(job: Job, todo: Sequence[Segment], address: str, tally: Tally) -> Generator[Segment, None, None]:
    """Has all segments made, and yields each once its file is there, in any order. Closing it calls the others off.

    Raises what Maker does on the workers, and Error when there is no cluster, or a segment ends worker after worker.
    """
    for name in ("distributed", "distributed.client"):  # what matters comes as an error
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with _client(address) as client:
        news: queue.SimpleQueue[tuple[Segment, Any]] = queue.SimpleQueue()
        topic = f"vsdeblur-{uuid4().hex}"
        numbered = {segment.number: segment for segment in todo}
        client.subscribe_topic(topic, lambda event: news.put((numbered[event[1][0]], event[1][1])))
        futures = []
        for segment in todo:
            future = client.submit(_make, job, segment, topic, key=f"{topic}-{segment.number}", pure=False)
            future.add_done_callback(lambda done, segment=segment: news.put((segment, done)))
            futures.append(future)
        unfinished = set(numbered)
        while unfinished:
            segment, said = news.get()
            if segment.number not in unfinished:
                continue
            if isinstance(said, int):
                tally.heard(segment, said)
                continue
            _raise_failure(said, segment, address)
            unfinished.remove(segment.number)
            tally.finished(segment)
            yield segment


def _client(address: str) -> Any:
    connect: Any = distributed.Client
    try:
        client = connect(address, timeout=_ANSWER_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise Error(f"no Dask scheduler answers at {address}") from error
    if not client.scheduler_info()["workers"]:
        client.close()
        raise Error(f"the Dask scheduler at {address} has no workers; dask worker {address} starts one")
    return client


def _raise_failure(future: Any, segment: Segment, address: str) -> None:
    """Raises what became of the future, unless its segment is there."""
    if future.cancelled():
        raise Error(f"the Dask scheduler at {address} is gone; with another one --resume goes on")
    error = future.exception()
    if isinstance(error, distributed.KilledWorker):
        raise Error(lost_sentence(segment, "see Dask's log")) from error
    if error is not None:
        raise error


_one_at_a_time = threading.Lock()
_makers: list[tuple[Job, Maker]] = []
"""This process's, of the job that it worked on last."""


class _CalledOff(Exception):
    """Nobody waits for the segment any longer."""


def _make(job: Job, segment: Segment, topic: str) -> None:
    """What a worker does."""
    worker = distributed.get_worker()
    key, told = worker.get_current_task(), 0.0

    def report(count: int) -> None:
        nonlocal told
        task = worker.state.tasks.get(key)
        if task is None or task.state == "cancelled":
            raise _CalledOff
        now = time.monotonic()
        if now - told > _REPORT_SECONDS:
            told = now
            worker.log_event(topic, (segment.number, count))

    with _one_at_a_time:
        write(_maker(job, worker), segment, job.folder, report)


def _maker(job: Job, worker: Any) -> Maker:
    if not _makers or _makers[0][0] != job:
        _makers.clear()
        _check(job, worker.address)
        os.environ["VSDEBLUR_THREADS"] = str(job.threads)
        _makers.append((job, Maker(job)))
    return _makers[0][1]


def _check(job: Job, address: str) -> None:
    """Raises Error when this worker would make something else."""
    if version("vsdeblur") != job.version:
        raise Error(f"the worker {address} has vsdeblur {version('vsdeblur')} and not {job.version}")
    try:
        stat = job.source.stat()
    except OSError:
        raise Error(f"the worker {address} does not see {job.source}") from None
    if (stat.st_size, stat.st_mtime_ns) != (job.size, job.modified):
        raise Error(f"the worker {address} sees another {job.source}")
    if not job.folder.is_dir():
        raise Error(f"the worker {address} does not see {job.folder}")
    if job.threads > _CORES:
        raise Error(
            f"the worker {address} has {_CORES} cores and not {job.threads}, on which the last bits depend; with"
            f" VSDEBLUR_THREADS={_CORES} the command takes fewer everywhere"
        )
    found = weights_file(job.model, job.arguments)
    if found != job.weights_file:
        raise Error(f"the worker {address} has other weights: {found} and not {job.weights_file}")
