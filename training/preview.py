"""A picture sheet of training samples: `python -m training.preview --photos ARCHIVE --out SHEET.png`.

What it shows: training.data.sheet.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from training.data.material import Photographs
from training.data.pictures import DataError
from training.data.sheet import SETTINGS, sheet


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m training.preview", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--photos", type=Path, required=True, help="archive made by training.data.material.pack_photographs"
    )
    parser.add_argument("--out", type=Path, required=True, help="picture to write")
    parser.add_argument("--count", type=int, default=8, help="number of samples")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    if given.count < 1:
        parser.error(f"--count must be at least 1, not {given.count}")
    try:
        picture = sheet(Photographs(given.photos, SETTINGS.canvas), given.count, given.seed, SETTINGS)
        picture.save(given.out)
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    except (OSError, ValueError) as error:
        print(f"{given.out} could not be written: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
