"""When frames are shown, to the tick of the file that they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

__all__ = ["Clock"]


@dataclass(frozen=True)
class Clock:
    """Times of a clip's frames. Immutable."""

    base: Fraction
    """Seconds a tick."""
    ticks: tuple[int, ...]
    """Of each frame, rising."""
    last: int
    """How many ticks the last frame is shown, at least 1."""

    @classmethod
    def of(cls, base: Fraction, ticks: Sequence[int], last: Fraction) -> Clock:
        """``last`` is in seconds. Times that a broken file does not let rise are moved to the next tick."""
        rising: list[int] = []
        for tick in ticks:
            rising.append(max(tick, rising[-1] + 1) if rising else tick)
        return cls(base, tuple(rising), max(1, round(last / base)))

    @property
    def end(self) -> int:
        """The tick at which the last frame goes."""
        return self.ticks[-1] + self.last

    @property
    def rate(self) -> Fraction:
        """Frames a second, on average."""
        return len(self.ticks) / ((self.end - self.ticks[0]) * self.base)

    def seconds(self, tick: int) -> Fraction:
        return tick * self.base

    def part(self, first: int, count: int) -> Clock:
        """The times of ``count`` frames from ``first`` on."""
        beyond = first + count
        end = self.ticks[beyond] if beyond < len(self.ticks) else self.end
        return Clock(self.base, self.ticks[first:beyond], end - self.ticks[beyond - 1])

    def moved(self, ticks: int) -> Clock:
        """The same, that many ticks later."""
        return Clock(self.base, tuple(tick + ticks for tick in self.ticks), self.last)

    def split(self, instants: int) -> Clock:
        """The times of ``instants`` frames in place of each, evenly spread over the time that it is shown."""
        if instants == 1:
            return self
        ends = (*self.ticks[1:], self.end)
        ticks = tuple(
            start * instants + k * (end - start)
            for start, end in zip(self.ticks, ends, strict=True)
            for k in range(instants)
        )
        return Clock(self.base / instants, ticks, self.last)
