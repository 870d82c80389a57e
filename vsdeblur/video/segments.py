"""A video cut at places that the clip and the arguments alone decide; each segment is made by itself.

The engine's answer for a frame depends on clip and arguments only, so a segment is the same whoever makes it, and when.
Cuts lie on multiples of the engine's own segments, where the state of a recurrent network begins anew anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

from vsdeblur._engine import Error
from vsdeblur.video.encoders import Encoding, Picture
from vsdeblur.video.encoding import encode, in_format, planes
from vsdeblur.video.host import translated, vapoursynth
from vsdeblur.video.network import deblurred, option
from vsdeblur.video.source import Source, Survey, Track, opened

__all__ = ["Job", "Maker", "Segment", "cut", "progressive", "segment_length", "segments", "sharpened"]

_LEAST = 80
"""Frames of a segment, about; the engine's default for recurrent networks."""


@dataclass(frozen=True)
class Job:
    """All that the coded frames depend on. May go to other processes and machines, where paths mean the same."""

    source: Path
    size: int
    modified: int
    """Bytes, and nanoseconds since 1970, of the file."""
    track: Track
    folder: Path
    """Where segments and the padded copy are."""
    model: str
    arguments: tuple[str, ...]
    weights_file: str
    """What network.weights_file() says of them."""
    threads: int
    """Of the network, everywhere: the last bits of what OpenVINO computes depend on it."""
    deinterlace: bool
    survey: Survey
    picture: Picture
    encoding: Encoding
    rate: Fraction
    """Frames a second that the encoder is told, for its distribution of bits."""
    container: str
    """Of segments."""
    first: int
    count: int
    """Frames of the source that are wanted."""
    version: str

    def described(self) -> dict[str, str]:
        """Each part in words, for comparing with those of an earlier run."""
        return {part.name: _in_words(getattr(self, part.name)) for part in fields(self)}


def _in_words(value: object) -> str:
    if isinstance(value, tuple) and all(isinstance(entry, str) for entry in value):
        return " ".join(value) or "none"
    return value if isinstance(value, str) else repr(value)


@dataclass(frozen=True)
class Segment:
    """Frames of the source that are deblurred and encoded together."""

    number: int
    first: int
    count: int

    def file(self, folder: Path) -> Path:
        return folder / f"segment-{self.number:06}"


def segment_length(arguments: Sequence[str]) -> int:
    """Frames from one cut to the next, a multiple of the engine's own segments."""
    given = option(arguments, "segment")
    unit = max(1, int(given)) if given and given.isdecimal() else _LEAST
    return unit * -(-_LEAST // unit)


def segments(job: Job) -> list[Segment]:
    """Those of a job, in order."""
    return cut(job.first, job.count, segment_length(job.arguments))


def cut(first: int, count: int, length: int) -> list[Segment]:
    """``count`` frames from ``first`` on, cut at multiples of ``length``."""
    end = first + count
    cuts = [first, *range((first // length + 1) * length, end, length), end]
    return [Segment(n, start, stop - start) for n, (start, stop) in enumerate(zip(cuts, cuts[1:], strict=False))]


def progressive(source: Source, survey: Survey, *, deinterlace: bool) -> tuple[Any, Any]:
    """Clip and alpha with no frame marked as interlaced: those that are come out of Bwdif, or lose their mark."""
    vs = vapoursynth()
    if not survey.fields:
        return source.clip, source.alpha
    if not deinterlace:
        return vs.core.std.SetFieldBased(source.clip, 0), source.alpha
    if not hasattr(vs.core, "bwdif"):
        raise Error("--deinterlace needs VapourSynth's plugin bwdif; pip install vapoursynth-bwdif")
    clip = _chosen(source.clip, survey)
    alpha = None if source.alpha is None else _chosen(source.alpha, survey)
    return clip, alpha


def _chosen(clip: Any, survey: Survey) -> Any:
    """The clip with its interlaced frames in Bwdif's form, at the same rate."""
    vs = vapoursynth()
    whole = vs.core.bwdif.Bwdif(clip, field=int(survey.top_first))
    whole = vs.core.std.SetFieldBased(whole, 0)
    if len(survey.fields) == clip.num_frames:
        return whole
    interlaced = frozenset(survey.fields)
    return vs.core.std.FrameEval(clip, lambda n: whole if n in interlaced else clip)


def sharpened(clip: Any, alpha: Any, model: str, arguments: Sequence[str]) -> tuple[Any, Any]:
    """The deblurred clip, and its alpha: that of the frame that each is of, or None."""
    vs = vapoursynth()
    sharp = deblurred(vs.core.vsdeblur, clip, model, arguments)
    instants = sharp.num_frames // clip.num_frames
    if alpha is not None and instants > 1:
        alpha = vs.core.std.Interleave([alpha] * instants)
    return sharp, alpha


class Maker:
    """Makes segments of one job, in one process. Not thread-safe."""

    def __init__(self, job: Job, source: Source | None = None) -> None:
        """``source`` is the job's where it is open already."""
        self._job = job
        source = source or opened(job.source, job.track, job.folder, report=lambda done, total: None)
        with translated():
            clip, alpha = progressive(source, job.survey, deinterlace=job.deinterlace)
            sharp, alpha = sharpened(clip, alpha, job.model, job.arguments)
            self.instants: int = sharp.num_frames // clip.num_frames
            self._clip, self._alpha = in_format(sharp, alpha, job.encoding.format)
        self._begun: dict[int, Iterator[list[Any]]] = {}

    def make(
        self, segment: Segment, target: Path, report: Callable[[int], None], following: Segment | None = None
    ) -> None:
        """Writes a segment; ``report`` hears how many frames of the source are done.

        The frames of the segment ``following``, which is to be made next, are begun before the encoder gives what it
        still holds back, or the network would wait for it.
        """
        job = self._job
        with translated():
            encode(
                self._frames(segment, following),
                job.encoding,
                job.picture,
                job.rate * self.instants,
                target,
                container=job.container,
                report=lambda done: report(done // self.instants),
            )

    def _frames(self, segment: Segment, following: Segment | None) -> Iterator[list[Any]]:
        yield from self._begun.pop(segment.number, None) or self._planes(segment)
        if following is not None:
            coming = self._planes(following)
            with suppress(vapoursynth().Error):  # which that segment will meet again
                self._begun = {following.number: chain([next(coming)], coming)}

    def _planes(self, segment: Segment) -> Iterator[list[Any]]:
        start, stop = segment.first * self.instants, (segment.first + segment.count) * self.instants
        return planes(self._clip[start:stop], None if self._alpha is None else self._alpha[start:stop])
