"""Deblurs damaged videos, each in a process of its own: ``python -m tests.robustness.deblur_damaged FOLDER CASE...``.

Processes are forked from this one, which has everything imported and nothing begun. Prints a line of JSON for each
case: what the command line gave, and what it left in FOLDER/CASE/out.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from pathlib import Path

import vsdeblur.video.batch
import vsdeblur.video.deblurring
import vsdeblur.video.direct  # noqa: F401
from tests.robustness.damaged import damaged, kind_of, sources
from vsdeblur.cli import main as vsdeblur_main

SECONDS = 60
MOST_BYTES = 4 << 30
"""Of memory: so that a header that tells of giant pictures does not take the machine's."""


def command(number: int, source: str) -> list[str]:
    """OUT is of IN's kind in half of the cases."""
    ending = Path(source).suffix if number % 2 and source.endswith((".mp4", ".mkv", ".mov", ".webm")) else ".mkv"
    return ["deblur", source, f"out/OUT{ending}", "--leave-out"]


def run_child(folder: Path, arguments: list[str]) -> None:
    """In the child: the command line, to the end of its process."""
    os.setsid()
    os.chdir(folder)
    said = os.open("said", os.O_WRONLY | os.O_CREAT)
    os.dup2(said, 1)
    os.dup2(said, 2)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(vsdeblur_main(arguments))


def status_of(child: int) -> int | str:
    """Its exit status, minus a signal's number, or ``hang``."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "hang"


def main() -> None:
    folder = Path(sys.argv[1])
    sound = folder / "sound"
    sound.mkdir()
    files = sources(sound)
    # Else libraries would wait in the children for threads that are not there.
    assert len(os.listdir("/proc/self/task")) == 1, "a process with threads cannot be forked"
    for number in map(int, sys.argv[2:]):
        name, data = damaged(number, files)
        place = folder / str(number)
        (place / "out").mkdir(parents=True)
        (place / name).write_bytes(data)
        arguments = command(number, name)
        start = time.monotonic()
        child = os.fork()
        if child == 0:
            run_child(place, arguments)
        status = status_of(child)
        seconds = round(time.monotonic() - start, 2)
        line = {
            "case": number,
            "kind": kind_of(number),
            "source": name,
            "status": status,
            "said": (place / "said").read_text(errors="replace"),
            "left": sorted(str(path.relative_to(place / "out")) for path in (place / "out").rglob("*")),
            "s": seconds,
        }
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
