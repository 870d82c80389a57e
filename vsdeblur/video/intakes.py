"""What can come in beside files that become files, as clips in chunks: a pipe, pictures, and a file for these."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from vsdeblur import models
from vsdeblur._engine import Error
from vsdeblur.video import sequences, source, y4m
from vsdeblur.video.clock import Clock
from vsdeblur.video.deblurring import Request, interlaced_sentence, part_of
from vsdeblur.video.feed import Feed, Reach, chunks
from vsdeblur.video.network import option
from vsdeblur.video.progress import Progress
from vsdeblur.video.segments import cut, progressive, segment_length

__all__ = ["DEFAULT_RATE", "Chunk", "Filed", "Intake", "Make", "Pictured", "Piped"]

DEFAULT_RATE = Fraction(25)
"""Frames a second of picture sequences, as FFmpeg has it."""
_DEFAULT_PREROLL = 4
"""The engine's."""

Make = Callable[[Any, Any], tuple[Any, Any]]
"""Gives the deblurred clip of a clip, and the alpha of its alpha or None."""


@dataclass(frozen=True)
class Chunk:
    """Frames that are deblurred, some of all."""

    clip: Any
    alpha: Any
    """A gray clip, or None."""
    count: int
    """Frames that came in."""

    @property
    def instants(self) -> int:
        """Frames that one which came in became."""
        return int(self.clip.num_frames) // self.count


class Intake(Protocol):
    """What comes in. One thread uses it."""

    width: int
    height: int
    aspect: Fraction
    rate: Fraction
    total: int | None
    """Frames; None: nobody knows yet."""
    number: int
    """That a picture made of the first frame, of all or of those not wanted before it, is to have."""
    first: int
    """The first frame that is wanted."""
    clip: Any
    alpha: Any
    """What is to be deblurred; only the first frame may be asked for."""

    def chunks(self, make: Make) -> Iterator[Chunk]:
        """All of it through ``make``, cut where files are. Each is read to its end before the next is asked for."""


class Piped:
    """Y4M on the standard input."""

    number, first = 1, 0

    def __init__(self, request: Request) -> None:
        reader = y4m.Reader(sys.stdin.buffer, progressive=request.progressive)
        shape = reader.shape
        self.width, self.height, self.aspect, self.rate = shape.width, shape.height, shape.aspect, shape.rate
        self.total: int | None = None
        self._request = request
        self._feed = Feed(iter(reader), shape)
        self._feed.read(1)
        if not self._feed.count:
            raise Error("the standard input holds no frame")
        self.clip, self.alpha = self._feed.clip(1), None

    def chunks(self, make: Make) -> Iterator[Chunk]:
        model, arguments = self._request.model, self._request.arguments

        def reach() -> Reach:
            return _reach(model, arguments)

        for clip, count in chunks(self._feed, lambda clip: make(clip, None)[0], segment_length(arguments), reach):
            self.total = self._feed.count if self._feed.has_ended else None
            yield Chunk(clip, None, count)


def _reach(model: str, arguments: tuple[str, ...]) -> Reach:
    """What an answer, and a chain of a recurrent network's runs, may read around its own frames."""
    path = model if Path(model).suffix == ".onnx" else option(arguments, "model")
    file, _ = models.find("" if path == model else model, model=path)
    contract = models.read_contract(file)
    # Windows lie on a grid, at most as many frames away as a run has outputs, and a cut is seen one frame on.
    around = max(contract.window) + contract.output_frames + 1
    preroll = option(arguments, "preroll") or ""
    chain = max(_DEFAULT_PREROLL, int(preroll) if preroll.isdecimal() else 0) if contract.states else 0
    return Reach(before=chain + around, after=around)


class _Known:
    """A clip of known length, of which a part is wanted."""

    def __init__(self, request: Request, times: Clock, clip: Any, alpha: Any) -> None:
        self.clip, self.alpha = clip, alpha
        self.first, self.count = part_of(request, times)
        self.total: int | None = self.count
        self._length = segment_length(request.arguments)

    def chunks(self, make: Make) -> Iterator[Chunk]:
        clip, alpha = make(self.clip, self.alpha)
        instants = clip.num_frames // self.clip.num_frames
        for segment in cut(self.first, self.count, self._length):
            some = slice(segment.first * instants, (segment.first + segment.count) * instants)
            yield Chunk(clip[some], None if alpha is None else alpha[some], segment.count)


class Filed(_Known):
    """The picture alone of a video file, turned as it is to be shown."""

    number = 1

    def __init__(self, request: Request, folder: Path, progress: Progress, *, has_one_rate: bool) -> None:
        """``folder`` is for the copy that some files need; ``has_one_rate`` refuses one that varies. Raises Error."""
        track = source.described(request.source)
        if track.matrix and track.needs_padding:
            raise Error(f"{request.source.name} is turned and of odd size: only a video file as OUT can be so too")
        progress.stage("Indexing")
        found = source.opened(request.source, track, folder, report=progress, upright=bool(track.matrix))
        progress.stage("Looking at every frame")
        survey = source.surveyed(found, report=progress)
        if survey.fields and not (request.deinterlace or request.progressive):
            raise source.Interlaced(interlaced_sentence(request.source, found, survey))
        times = source.clock(found, survey)
        said = found.clip.fps or times.rate.limit_denominator(1001)
        is_steady = _is_steady(times, said)
        if has_one_rate and not is_steady and not request.wishes.leave_out:
            raise Error(
                f"the frame rate of {request.source.name} varies, and Y4M on - has one rate: a file as OUT keeps the"
                " times, and --leave-out goes on without them"
            )
        self.rate = said if is_steady else times.rate.limit_denominator(1001)
        super().__init__(request, times, *progressive(found, survey, deinterlace=request.deinterlace))
        is_lying = track.matrix != () and (found.clip.width, found.clip.height) != (track.width, track.height)
        self.width, self.height = (track.height, track.width) if is_lying else (track.width, track.height)
        self.aspect = 1 / track.aspect if is_lying else track.aspect


def _is_steady(times: Clock, rate: Fraction) -> bool:
    """Whether all frames are at their places of that rate, to the tick."""
    first, step = times.ticks[0], 1 / rate / times.base
    return all(abs(tick - first - number * step) <= 1 for number, tick in enumerate(times.ticks))


class Pictured(_Known):
    """A picture sequence."""

    def __init__(self, request: Request, progress: Progress) -> None:
        files, self.number = sequences.listed(request.source)
        progress.stage("Looking at every picture")
        shape = sequences.shape_of(files, request.rate or DEFAULT_RATE, report=progress)
        self.width, self.height, self.aspect, self.rate = shape.width, shape.height, shape.aspect, shape.rate
        times = Clock.of(1 / self.rate, range(len(files)), 1 / self.rate)
        super().__init__(request, times, *sequences.clip_of(files, shape))
