"""Puts small faults into the engine, one by one, and says which of them its native tests find.

``nice python -m tests.mutation [NUMBER...]``: the faults of these numbers (tests/mutation/faults.py, from 0), or all.
Works in a copy under ``.build/mutation``; a fault costs a compilation of one file, or of all that include it, and the
native tests until the first of them fails. Needs what ``bash tests/run native`` needs, which is to be run before. Ends
with 1 where more than ALLOWED were not found.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.mutation.faults import ENGINE, FAULTS, Fault

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".build/mutation"
TREE = WORK / "tree"
BUILD = WORK / "build"
PARTS = ("CMakeLists.txt", "pyproject.toml", "vsdeblur/native", "ffmpeg_filter", "tests/native")
PROGRAMS = ("fault_tests", "native_tests")
ALLOWED = 5
SECONDS = 600
"""Of one program's tests; a fault that lets them hang is found."""


def copy_tree() -> None:
    """Brings the copy up to date; files that are the same keep their times."""
    for part in PARTS:
        source, target = ROOT / part, TREE / part
        files = [source] if source.is_file() else [file for file in source.rglob("*") if file.is_file()]
        for file in files:
            copy = target if source.is_file() else target / file.relative_to(source)
            if not copy.exists() or copy.read_bytes() != file.read_bytes():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)


def configure() -> None:
    command = ["cmake", "-S", TREE, "-B", BUILD, "-G", "Ninja", "--log-level=WARNING", "-DCMAKE_BUILD_TYPE=Debug"]
    command += ["-DCMAKE_CXX_FLAGS_DEBUG=-O1 -D_GLIBCXX_ASSERTIONS", "-DVSDEBLUR_HOSTS=OFF", "-DVSDEBLUR_TESTS=ON"]
    subprocess.run(command, check=True)


def builds() -> bool:
    command = ["cmake", "--build", BUILD, "--target", *PROGRAMS]
    return subprocess.run(command, capture_output=True).returncode == 0


def library(pattern: str) -> str:
    """A runtime of the environment that tests/run makes."""
    return str(next((ROOT / ".build/runtime/lib").glob(f"python3.*/site-packages/{pattern}")))


def failing() -> str:
    """The first test that fails, or nothing."""
    runtimes = {
        "VSDEBLUR_ONNXRUNTIME": library("onnxruntime/capi/libonnxruntime.so.*"),
        "VSDEBLUR_OPENVINO": library("openvino/libs/libopenvino_c.so.*"),
    }
    for program in PROGRAMS:
        command = [BUILD / "tests/native" / program, "--abort-after=1", "--no-version=true"]
        try:
            done = subprocess.run(
                command, env=os.environ | runtimes, capture_output=True, text=True, errors="replace", timeout=SECONDS
            )
        except subprocess.TimeoutExpired:
            return f"{program}, which does not end"
        if done.returncode != 0:
            cases = re.findall(r"^TEST CASE: *(.+)$", done.stdout, re.MULTILINE)
            return cases[-1] if cases else f"{program}, which ends with {done.returncode}"
    return ""


def outcome(fault: Fault) -> str:
    """What finds a fault, or nothing. Leaves the copy as it was."""
    file = TREE / ENGINE / fault.file
    sound = file.read_text()
    assert sound.count(fault.before) == 1, fault
    file.write_text(sound.replace(fault.before, fault.after))
    try:
        return failing() if builds() else "the compiler"
    finally:
        file.write_text(sound)


def main() -> int:
    numbers = [int(text) for text in sys.argv[1:]] or list(range(len(FAULTS)))
    copy_tree()
    configure()
    broken = failing() if builds() else "the compiler"
    if broken:
        print(f"the tests must pass without a fault, and it is found by {broken}")
        return 1
    found = 0
    for number in numbers:
        start = time.monotonic()
        how = outcome(FAULTS[number])
        found += bool(how)
        seconds = time.monotonic() - start
        result = f"found by {how}" if how else "NOT FOUND"
        print(f"{number:2} {result} ({FAULTS[number].breaks}; {seconds:.0f} s)", flush=True)
    print(f"{found} of {len(numbers)} found")
    return 0 if len(numbers) - found <= ALLOWED else 1


if __name__ == "__main__":
    sys.exit(main())
