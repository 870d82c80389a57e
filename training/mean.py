"""The mean of checkpoints: `python -m training.mean BEFORE AFTER --shares 3 1 --out CHECKPOINT`.

What it is for: training.loop.mean.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from training.loop.checkpoints import CheckpointError, read_weights, save_weights
from training.loop.mean import Checkpoint, mean_weights


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m training.mean", description=__doc__.partition("\n")[0])
    parser.add_argument("checkpoints", type=Path, nargs="+", metavar="CHECKPOINT")
    parser.add_argument("--shares", type=float, nargs="+", metavar="S", help="how much each counts; default: all alike")
    parser.add_argument("--out", type=Path, required=True, help="the safetensors file to write")
    given = parser.parse_args(arguments)
    shares = given.shares or [1.0] * len(given.checkpoints)
    if len(shares) != len(given.checkpoints) or not all(0 < share < math.inf for share in shares):
        parser.error(f"--shares must be {len(given.checkpoints)} numbers above 0, one for each checkpoint")
    try:
        checkpoints = [Checkpoint(path, *read_weights(path)) for path in given.checkpoints]
        save_weights(given.out, mean_weights(checkpoints, shares), checkpoints[-1].metadata)
    except CheckpointError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
