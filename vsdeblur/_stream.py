"""One clip on its way through one engine, frame by frame."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import numpy as np

from vsdeblur._engine import Engine, Error, Image, Request
from vsdeblur._frames import Frame, Layout
from vsdeblur._options import EngineOptions

__all__ = ["Stream"]


class _Job:
    """An output frame that was asked for, and the attempt to compute it that runs beside the caller, if any."""

    def __init__(self, request: Request, attempt: Future[Image | None] | None) -> None:
        self.request = request
        self.attempt = attempt

    @property
    def is_running(self) -> bool:
        return self.attempt is not None and not self.attempt.done()

    def result(self) -> Image | None:
        """What the attempt gave. None: nothing yet."""
        return self.attempt.result() if self.attempt is not None else None


class Stream:
    """Takes a clip's frames in order and gives the finished ones in order, keeping those that are still needed.

    With ``num_streams`` above 1, that many outputs are computed at the same time, so each comes num_streams - 1 frames
    later. One thread at a time uses a Stream.
    """

    def __init__(self, model: Path, options: EngineOptions, report: Callable[[int, int], None]) -> None:
        """``report`` is told of each output: runs of the network and outputs since it was told last."""
        self._model = model
        self._options = options
        self._report = report
        self._reported = (0, 0)
        self._layout: Layout | None = None
        self._engine: Engine | None = None
        self._workers: ThreadPoolExecutor | None = None
        self._at_once = options.get("num_streams", 1)
        self._frames: dict[int, Frame] = {}  # planes of the frames that may still be needed
        self._count = 0  # frames taken
        self._has_ended = False
        self._jobs: deque[_Job] = deque()  # outputs begun and not given, rising
        self._next = 0  # output to begin next

    def push(self, frame: Any) -> None:
        """Take the next frame. Raises Error, and stays as it was, for a frame that the clip cannot have."""
        array = np.asarray(frame)
        layout = Layout.of(array, f"frame {self._count}")
        if self._layout is None:
            self._engine = self._open(layout)
            self._layout = layout
        elif layout != self._layout:
            raise Error(f"frame {self._count} must be like the first, {self._layout}, not {layout}")
        self._frames[self._count] = layout.planes(array)
        self._count += 1

    def end(self) -> None:
        """No frame follows: ready() then gives all outputs that are left."""
        if self._engine is None:
            return
        wait([job.attempt for job in self._jobs if job.attempt is not None])
        self._engine.set_frames(self._count)
        # A request that has not been answered was made for a clip without an end.
        for job in self._jobs:
            if job.attempt is None or (job.attempt.exception() is None and job.attempt.result() is None):
                job.request = self._engine.request(job.request.frame)
        self._has_ended = True

    def ready(self) -> Iterator[Frame]:
        """Compute and give the outputs for which the frames suffice."""
        if self._engine is None or self._layout is None:
            return
        while self._begin(self._engine):
            is_full = self._has_ended or len(self._jobs) >= self._at_once
            if self._jobs[0].is_running and not is_full:
                return
            image = self._finish(self._engine, self._jobs[0])
            if image is None:
                return
            self._jobs.popleft()
            self._forget(self._engine)
            self._count_runs(self._engine)
            yield self._layout.frame(image)

    def close(self) -> None:
        """Free the engine. Nothing else may be called after it."""
        if self._workers is not None:
            self._workers.shutdown(cancel_futures=True)
        self._jobs.clear()
        self._frames.clear()
        self._engine = None

    def _open(self, layout: Layout) -> Engine:
        engine = Engine(
            self._model,
            width=layout.width,
            height=layout.height,
            rgb=layout.rgb,
            floating=layout.is_floating,
            bits=layout.bits,
            **self._options,
        )
        if self._at_once > 1:
            self._workers = ThreadPoolExecutor(self._at_once, thread_name_prefix="vsdeblur")
        return engine

    def _begin(self, engine: Engine) -> bool:
        """Ask for outputs whose frames are here, up to num_streams. Whether any is on its way."""
        while len(self._jobs) < self._at_once and self._next < self._count * engine.outputs_per_frame:
            request = engine.request(self._next)
            frames = self._held(engine, request)
            if frames is None:
                break
            attempt = self._workers.submit(engine.advance, request, frames) if self._workers else None
            self._jobs.append(_Job(request, attempt))
            self._next += 1
        return bool(self._jobs)

    def _finish(self, engine: Engine, job: _Job) -> Image | None:
        """The output, or None if frames are lacking that are not here yet."""
        image = job.result()
        while image is None:
            frames = self._held(engine, job.request)
            if frames is None:
                return None
            image = engine.advance(job.request, frames)
        return image

    def _held(self, engine: Engine, request: Request) -> dict[int, Frame] | None:
        """The frames that the request needs, or None if one of them is not here yet."""
        numbers = engine.needed(request)
        if not self._has_ended and max(numbers) >= self._count:
            return None
        return {number: self._frames[number] for number in numbers}

    def _forget(self, engine: Engine) -> None:
        oldest = self._jobs[0].request.frame if self._jobs else self._next
        first = oldest // engine.outputs_per_frame - engine.history
        while self._frames and (number := next(iter(self._frames))) < first:
            del self._frames[number]

    def _count_runs(self, engine: Engine) -> None:
        runs, outputs = engine.statistics
        self._report(runs - self._reported[0], outputs - self._reported[1])
        self._reported = (runs, outputs)
