"""The papers' ablations, small: `python -m training.ablations [TABLE...] --photos ARCHIVE --out FOLDER --steps N`.

What is trained and measured: training.ablations.study.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from training.ablations.study import Settings, ablate, count
from training.ablations.tables import TABLES
from training.data.pictures import DataError
from training.loop.checkpoints import CheckpointError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.ablations", description=__doc__.partition("\n")[0])
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"{', '.join(TABLES)}; default: all")
    parser.add_argument(
        "--photos", type=Path, required=True, help="archive made by training.data.material.pack_photographs"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of checkpoints, records and tables")
    budget = parser.add_mutually_exclusive_group(required=True)
    budget.add_argument("--minutes", type=float, default=0, help="budget of all variants together in minutes")
    budget.add_argument("--steps", type=int, default=0, help="budget of each variant in steps")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--size", type=int, default=64, help="side of the patches in pixels, a multiple of 32")
    parser.add_argument("--batch", type=int, default=4, help="clips of a step")
    parser.add_argument("--seed", type=int, default=0)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = _parser()
    given = parser.parse_args(argv)
    unknown = [name for name in given.tables if name not in TABLES]
    if unknown:
        parser.error(f"there is no table {unknown[0]}; there are {', '.join(TABLES)}")
    if given.minutes < 0 or given.steps < 0 or given.minutes + given.steps == 0:
        parser.error("a budget must be above 0")
    if given.size < 32 or given.size % 32:
        parser.error(f"--size must be a positive multiple of 32, not {given.size}")
    if given.batch < 1:
        parser.error(f"--batch must be at least 1, not {given.batch}")
    names = list(dict.fromkeys(given.tables)) or list(TABLES)
    settings = Settings(given.steps, given.minutes * 60 / count(names), given.size, given.batch, given.seed)
    try:
        tables = ablate(names, given.photos, given.out, settings, given.device)
    except (DataError, CheckpointError) as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(tables))
    return 0


if __name__ == "__main__":
    sys.exit(main())
