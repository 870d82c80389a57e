"""The folder in which a command works on OUT, and what stands in it of work that is done."""

from __future__ import annotations

import gc
import json
import os
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

from vsdeblur import _system
from vsdeblur._engine import Error

__all__ = ["Journal", "folder_of"]

_NAME_BYTES = 100
"""Of OUT's name in that of the folder, which may be 255 bytes long."""


def folder_of(target: Path) -> Path:
    """Where work on ``target`` is kept: beside it."""
    name = os.fsencode(target.name)
    digest = sha256(name).hexdigest()[:8]
    stem = name[:_NAME_BYTES].decode(errors="ignore")
    return target.with_name(f"{stem}.{digest}.vsdeblur")


class Journal:
    """What is done. One process at a time has it, and one thread uses it."""

    def __init__(self, target: Path) -> None:
        self.folder = folder_of(target)
        self._target = target
        self._lock: Any = None
        self._is_over = False

    @property
    def is_there(self) -> bool:
        """Whether an earlier run left work."""
        return self._book.exists()

    @property
    def _book(self) -> Path:
        return self.folder / "journal.jsonl"

    def open(self) -> None:
        """Makes the folder where there is none. Raises Error when another process is at work in it."""
        self.folder.mkdir(exist_ok=True)
        lock = (self.folder / "lock").open("w")
        if not _system.lock(lock):
            lock.close()
            raise Error(f"another vsdeblur is at work on {self._target}")
        self._lock = lock
        self._is_over = False

    def close(self) -> None:
        """Gives the folder free; without anything done in it, it goes."""
        if self._lock is None:
            return
        self._lock.close()
        self._lock = None
        is_left = self._is_over and not _system.REMOVES_OPEN_FILES
        if is_left:
            gc.collect()  # clips, which keep files open, are in cycles
        if is_left or not any("segment" in line for line in self._lines()):
            self.remove()

    def remove(self) -> None:
        """Removes all of it; where files are open that cannot be removed then, close() removes the rest."""
        self._is_over = True
        shutil.rmtree(self.folder, ignore_errors=True)

    def note(self, **what: Any) -> None:
        """Writes a line down so that it outlasts a crash."""
        with self._book.open("a") as book:
            book.write(json.dumps(what) + "\n")
            book.flush()
            os.fsync(book.fileno())

    def found(self, key: str) -> list[dict[str, Any]]:
        """The lines that have ``key``, in order."""
        return [line for line in self._lines() if key in line]

    def _lines(self) -> list[dict[str, Any]]:
        """All whole lines; one that a crash cut off does not count."""
        lines = []
        try:
            texts = self._book.read_text().splitlines()
        except OSError:
            return []
        for text in texts:
            try:
                lines.append(json.loads(text))
            except json.JSONDecodeError:
                continue
        return lines
