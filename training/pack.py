"""Packs photographs for training: `python -m training.pack FOLDER --out ARCHIVE`.

Every JPEG and PNG picture under FOLDER goes into one zip file, scaled down (training.data.material).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from training.data.material import pack_photographs
from training.data.pictures import DataError


def main() -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m training.pack", description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="photographs, in subfolders too")
    parser.add_argument("--out", type=Path, required=True, help="the archive to write")
    arguments = parser.parse_args()
    try:
        count = pack_photographs(arguments.folder, arguments.out)
    except (DataError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{arguments.out}: {count} photographs, {arguments.out.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
