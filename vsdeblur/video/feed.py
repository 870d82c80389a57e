"""Frames that come one after the other, once, and whose number nobody knows, deblurred as those of a file.

A filter of VapourSynth needs a clip whose length it knows, and frames in any order. So frames are kept for a while, and
the clip claims to be endless; once the last frame is near, a clip of the true length takes over, at a place where the
network begins anew (or has no state at all). The engine's answer depends on the clip alone, so both give the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from vsdeblur.video.frames import Shape, blank, filled
from vsdeblur.video.host import vapoursynth

__all__ = ["Feed", "Reach", "chunks"]

_ENDLESS = 40_000_000
"""Frames: weeks. Instants of all of them can be counted with 32 bits."""


@dataclass(frozen=True)
class Reach:
    """Frames that an answer may depend on, besides its own."""

    before: int
    after: int


class Feed:
    """A window on frames as they come. The thread that reads is the only one that calls; VapourSynth's only look."""

    def __init__(self, frames: Iterator[Any], shape: Shape) -> None:
        """``frames`` are PyAV's, of the format that ``shape`` names."""
        self.shape = shape
        self.count = 0
        """Frames that have come."""
        self.has_ended = False
        self._coming = frames
        self._kept: dict[int, Any] = {}
        self._empty = blank(shape, 1).get_frame(0)

    @property
    def kept(self) -> int:
        """How many frames are in memory."""
        return len(self._kept)

    def read(self, count: int) -> None:
        """Waits until that many frames have come in all, or the last one."""
        while self.count < count and not self.has_ended:
            frame = next(self._coming, None)
            if frame is None:
                self.has_ended = True
                return
            self._kept[self.count] = filled(self._empty, frame, self.shape)
            self.count += 1

    def forget(self, first: int) -> None:
        """Drops the frames before ``first``, which nothing may need again."""
        while self._kept and (oldest := next(iter(self._kept))) < first:
            del self._kept[oldest]

    def clip(self, length: int) -> Any:
        """The frames as a clip. Those that are kept may be asked for."""
        empty = blank(self.shape, length)
        kept = self._kept
        return vapoursynth().core.std.ModifyFrame(empty, empty, lambda n, f: kept[n])


def chunks(
    feed: Feed, make: Callable[[Any], Any], length: int, reach: Callable[[], Reach]
) -> Iterator[tuple[Any, int]]:
    """Clips that follow each other, and how many frames of the feed each is of: ``length``, or what is left.

    ``make`` gives the filtered clip, of one frame or several instants a frame; ``reach`` is asked after it. Each clip
    must be read to its end before the next one is asked for. ``length`` is a multiple of the engine's segments where
    the network has a state.
    """
    clip = make(feed.clip(_ENDLESS))
    instants = clip.num_frames // _ENDLESS
    around = reach()
    is_endless = True
    first = 0
    while not (feed.has_ended and first >= feed.count):
        feed.read(first + length + around.after)
        if is_endless and feed.has_ended:
            clip, is_endless = make(feed.clip(feed.count)), False
        end = min(first + length, feed.count)
        yield clip[first * instants : end * instants], end - first
        feed.forget(end - around.before)
        first = end
