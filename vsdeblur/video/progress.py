"""How far a command is: a bar on a terminal, a line now and then on a pipe, or lines of JSON for programs."""

from __future__ import annotations

import json
import sys
import time
from typing import IO, Any

from tqdm import tqdm

__all__ = ["Progress"]

_LINE_SECONDS = 10.0
"""Between lines on a pipe."""
_JSON_SECONDS = 1.0


class Progress:
    """Shows one stage at a time. Not thread-safe."""

    def __init__(self, out: IO[str] | None = None, *, as_json: bool = False) -> None:
        """``out`` is the standard error output if not given."""
        self._out = out or sys.stderr
        self._as_json = as_json
        self._stage = ""
        self._bar: Any = None
        self._start = self._shown = 0.0
        self._begun = 0
        self._prefix = ""
        self._since = time.monotonic()

    def file(self, name: str, number: int, count: int) -> None:
        """File ``number`` of ``count``, from 1, is begun."""
        self.close()
        self._since = time.monotonic()
        self._prefix = f"[{number}/{count}] "
        text = json.dumps({"file": name, "number": number, "of": count})
        print(text if self._as_json else f"{self._prefix}{name}", file=self._out, flush=True)

    def stage(self, name: str, done: int = 0) -> None:
        """Begins a stage, of which ``done`` is done already."""
        self.close()
        self._stage, self._begun = name, done
        self._start = time.monotonic()
        self._shown = float("-inf") if self._as_json else self._start

    def __call__(self, done: int, total: int | None) -> None:
        """``done`` of ``total`` frames, or of 100 percent. None: nobody knows of how many."""
        now = time.monotonic()
        if self._as_json or not self._out.isatty():
            is_last = done == total
            if now - self._shown >= (_JSON_SECONDS if self._as_json else _LINE_SECONDS) or (is_last and self._as_json):
                self._shown = now
                self._line(done, total, now - self._start)
            return
        if self._bar is None:
            self._bar = tqdm(
                total=total,
                initial=self._begun,
                desc=f"{self._prefix}{self._stage}",
                unit=" frames",
                file=self._out,
                leave=True,
            )
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def say(self, sentence: str) -> None:
        """A sentence for the user."""
        self.close()
        text = json.dumps({"note": sentence}) if self._as_json else f"vsdeblur: {sentence}"
        print(text, file=self._out, flush=True)

    def finished(self, name: str, frames: int) -> None:
        """OUT ``name`` is whole, with so many frames."""
        self.close()
        seconds = time.monotonic() - self._since
        if self._as_json:
            text = json.dumps({"finished": name, "frames": frames, "seconds": round(seconds, 1)})
        else:
            unit = "frame" if frames == 1 else "frames"
            text = f"{self._prefix}{name}: {frames} {unit} in {tqdm.format_interval(seconds)}"
        print(text, file=self._out, flush=True)

    def close(self) -> None:
        """Ends what is shown."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _line(self, done: int, total: int | None, seconds: float) -> None:
        rate = (done - self._begun) / seconds if seconds > 0 else 0.0
        left = (total - done) / rate if rate > 0 and total is not None else None
        if self._as_json:
            what = {"stage": self._stage, "done": done, "total": total, "fps": round(rate, 3)}
            text = json.dumps(what | {"seconds_left": None if left is None else round(left, 1)})
        else:
            text = f"{self._prefix}{self._stage}: {done}{'' if total is None else f' of {total}'}, {rate:.2f} a second"
            text += "" if left is None else f", {tqdm.format_interval(left)} left"
        print(text, file=self._out, flush=True)
