"""Makes folders of pairs, in the layout of training.data.pairs, for evaluation or as a pool of training clips.

    python -m training.synthesize photographs SOURCE... --out FOLDER
    python -m training.synthesize highspeed VIDEO_OR_FOLDER... --out FOLDER --tau N --period T [--light linear|gamma]

`photographs`: see training.data.synthesis; `highspeed`: see training.data.highspeed. `--crf N` puts the blurred side
through H.264 (training.data.encoder); `--tripod` has photographs shot from one, in noise.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from training.data.highspeed import LIGHT, Exposure, make_clips
from training.data.pairs import PairError
from training.data.synthesis import synthesize


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.synthesize", description=__doc__.partition("\n")[0])
    ways = parser.add_subparsers(dest="way", required=True)
    photographs = ways.add_parser("photographs", help="shake photographs and ordinary videos")
    photographs.add_argument("sources", type=Path, nargs="+", help="photographs and video files, one clip each")
    photographs.add_argument("--start", type=int, default=20, help="first frame taken from a video")
    photographs.add_argument("--seed", type=int, default=77)
    photographs.add_argument("--tripod", action="store_true", help="photographs shot from a tripod, in noise")
    highspeed = ways.add_parser("highspeed", help="average the frames of high-speed video")
    highspeed.add_argument("sources", type=Path, nargs="+", help="video files and folders of pictures, one clip each")
    highspeed.add_argument("--tau", type=int, required=True, help="sub-frames averaged to a frame; odd")
    highspeed.add_argument("--period", type=int, required=True, help="sub-frames from one frame to the next")
    highspeed.add_argument("--light", choices=sorted(LIGHT), default="linear", help="sRGB, or GoPro's gamma of 2.2")
    highspeed.add_argument("--instants", type=int, default=1, help="sharp frames kept of an exposure; odd")
    for way in (photographs, highspeed):
        way.add_argument("--out", type=Path, required=True, help="folder of pairs")
        way.add_argument("--crf", type=int, choices=range(52), metavar="0..51", help="put blurred frames through H.264")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit status."""
    given = _parser().parse_args(arguments)
    try:
        if given.way == "photographs":
            synthesize(given.sources, given.out, given.seed, given.start, given.crf, given.tripod)
        else:
            exposure = Exposure(given.tau, given.period, given.light, given.instants)
            make_clips(given.sources, given.out, exposure, given.crf)
    except (PairError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
