"""Trains networks: `python -m training.train NAME... --photos ARCHIVE --out FOLDER --minutes N`.

Material is an archive of photographs (training.pack), folders of recorded pairs (`--pairs`), or both. Several names are
trained in turn, and share the minutes as their recipes say; `all` is every network with a recipe. A run that was
stopped goes on from what it finds in FOLDER. See training.loop.trainer.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

from training.data.pictures import DataError
from training.loop.checkpoints import CheckpointError
from training.loop.recipes import RECIPES
from training.loop.trainer import Clock, Plan, train


def main() -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m training.train", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="+", choices=[*sorted(RECIPES), "all"], metavar="NAME")
    parser.add_argument("--photos", type=Path, help="archive made by training.data.material.pack_photographs")
    parser.add_argument(
        "--pairs", type=Path, nargs="+", default=[], help="folders in a layout of training.data.datasets"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of checkpoints and records")
    budget = parser.add_mutually_exclusive_group(required=True)
    budget.add_argument("--minutes", type=float, default=0, help="budget of all runs together in minutes")
    budget.add_argument("--steps", type=int, default=0, help="budget of each run in steps")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--start", type=Path, help="checkpoint of weights to begin with; default: random weights")
    parser.add_argument("--skip", type=float, default=0, help="share of the recipe that --start has behind it, 0..1")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.minutes < 0 or arguments.steps < 0 or arguments.minutes + arguments.steps == 0:
        parser.error("a budget must be above 0")
    if not 0 <= arguments.skip < 1 or (arguments.skip and arguments.start is None):
        parser.error("--skip must be at least 0 and below 1, and 0 without --start")
    if arguments.photos is None and not arguments.pairs:
        parser.error("there is nothing to train on: give --photos, --pairs or both")
    names = list(RECIPES) if "all" in arguments.names else arguments.names
    limit = Clock(arguments.steps, arguments.minutes * 60)
    plan = Plan(
        arguments.photos,
        arguments.out,
        limit,
        tuple(arguments.pairs),
        arguments.device,
        arguments.seed,
        arguments.start,
        arguments.skip,
    )
    try:
        train(names, plan)
    except (DataError, CheckpointError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
