"""Opens hostile models, one after the other: ``python -m tests.robustness.open_models FOLDER CASE...``.

Prints a line of JSON for each case and runtime: how far it came, in what words, the processor's seconds and how
much memory the process had at most meanwhile. A case that ends the process is the one after the last line.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import time
from pathlib import Path

import numpy as np

from tests.robustness.hostile import hostile, kind_of, lay_out
from vsdeblur import Deblurrer, Error

RUNTIMES = ("ONNXRuntime", "OpenVINO")
SECONDS = 10
"""Of computing that a case may take; the alarm then ends the process, whatever it is at."""
WALL_SECONDS = 60
"""For one that waits instead: other work on the machine counts here."""
MOST_BYTES = 2 << 30
"""Of memory that the process may have for its data; more is refused to it."""


def outcome(model: Path, provider: str) -> tuple[str, str]:
    """``refused`` at the first look, ``failed`` later, both with the error's sentence, or ``ran``."""
    frame = np.zeros((16, 16, 3), np.uint8)
    try:
        deblurrer = Deblurrer(model=model, provider=provider)
    except Error as error:
        return "refused", str(error)
    try:
        answers = list(deblurrer(frame for _ in range(3)))
    except Error as error:
        return "failed", str(error)
    assert len(answers) == 3 * max(1, deblurrer.contract.subframes)
    assert all(answer.shape == frame.shape and answer.dtype == frame.dtype for answer in answers)
    return "ran", ""


def peak_begins() -> None:
    """The kernel's mark of the most memory begins anew."""
    Path("/proc/self/clear_refs").write_text("5")


def peak_mib() -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


def main() -> None:
    models = lay_out(Path(sys.argv[1]))
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
    for number in map(int, sys.argv[2:]):
        model = models / f"{number}.onnx"
        model.write_bytes(hostile(number))
        for provider in RUNTIMES:
            peak_begins()
            start = time.process_time()
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            signal.setitimer(signal.ITIMER_REAL, WALL_SECONDS)
            stage, sentence = outcome(model, provider)
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
            seconds = round(time.process_time() - start, 3)
            said = {"case": number, "kind": kind_of(number), "provider": provider, "stage": stage}
            print(json.dumps(said | {"sentence": sentence, "s": seconds, "mib": peak_mib()}), flush=True)
        model.unlink()


main()
