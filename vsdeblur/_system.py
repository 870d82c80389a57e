"""What differs between operating systems in Python: no other module asks which system it is on.

Native code has its own (native/system/).
"""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NoReturn

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = [
    "HAS_FFMPEG_LIBRARIES",
    "REMOVES_OPEN_FILES",
    "cache_home",
    "become",
    "interrupts_held_back",
    "lock",
    "write_any_text",
]

REMOVES_OPEN_FILES = sys.platform != "win32"
"""Whether a file that some process has open can be removed."""

HAS_FFMPEG_LIBRARIES = sys.platform == "linux"
"""Whether wheels have the wrapper for FFmpeg and the frei0r plugin."""


def lock(file: IO[str]) -> bool:
    """Takes a file for this process, until it is closed or the process ends. False: another process has it."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def interrupts_held_back() -> Iterator[None]:
    """Processes that are started in the block never get Ctrl-C; this one gets it after the block.

    Windows cannot hold it back: there a process must turn it off for itself.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def become(program: str, arguments: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Goes on as another program, whose exit status is this process's. Raises OSError when it does not start.

    Windows has no such call, and what Python makes of it there returns to the caller's shell at once: there this
    process waits for the other.
    """
    sys.stdout.flush()
    if sys.platform == "win32":
        sys.exit(subprocess.run([program, *arguments], env=dict(environment)).returncode)
    os.execve(program, [program, *arguments], dict(environment))


def cache_home() -> Path:
    """The folder of the user for files that can be made anew."""
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA", "")
        return Path(local) if local else Path.home() / "AppData" / "Local"
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    return Path(chosen) if os.path.isabs(chosen) else Path.home() / ".cache"


def write_any_text() -> None:
    """Lets the standard output take every text. A pipe of Windows' has the letters of one language only, and others,
    as in the names of files, come as ``\\u`` and their number."""
    if sys.platform == "win32" and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
