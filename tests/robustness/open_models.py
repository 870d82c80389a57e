"""Opens hostile models, one after the other: ``python -m tests.robustness.open_models FOLDER FIRST END``.

Prints a line of JSON for each case and runtime: what came of it, how long it took and how much memory the process has
had at most. A case that ends the process is the one after the last line.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import time
from pathlib import Path

import numpy as np

from tests.robustness.hostile import hostile
from vsdeblur import Deblurrer, Error

RUNTIMES = ("ONNXRuntime", "OpenVINO")
SECONDS = 10
"""Of computing that a case may take; the alarm then ends the process, whatever it is at."""


def outcome(model: Path, provider: str) -> str:
    """The error's sentence, or "fine"."""
    frame = np.zeros((16, 16, 3), np.uint8)
    try:
        for answer in Deblurrer(model=model, provider=provider)(frame for _ in range(3)):
            assert answer.shape == frame.shape
    except Error as error:
        return str(error)
    return "fine"


def main() -> None:
    folder, first, end = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    for number in range(first, end):
        model = folder / f"{number}.onnx"
        model.write_bytes(hostile(number))
        for provider in RUNTIMES:
            start = time.monotonic()
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            result = outcome(model, provider)
            signal.setitimer(signal.ITIMER_PROF, 0)
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            seconds = round(time.monotonic() - start, 3)
            print(json.dumps({"case": number, "provider": provider, "result": result, "s": seconds, "mib": most}))
            sys.stdout.flush()
        model.unlink()


main()
