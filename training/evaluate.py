"""Measures exported models on folders of pairs: `python -m training.evaluate FOLDER --model FILE... --out REPORT`.

What is measured is what ships: the .onnx file, run by the engine (vsdeblur.Deblurrer), not the torch module. For
every clip: PSNR and SSIM of input and output against the sharp frames, in RGB and Y, over all frames, unaligned; tOF
(vsdeblur/measures/flow.py); and the sharp control, the PSNR of sharp frames that went through the method against
themselves. --baselines puts classical methods into the same table, --drift adds the drift test, --table puts the
report into a Markdown file. REPORT gets report.json, report.md and, for every clip, a picture of one detail: blurred,
deblurred by each method in the table's order, sharp.

This module needs the installed package vsdeblur and no torch.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from training.data.pairs import PairError
from training.evaluation.drift import SHORTEST
from training.evaluation.methods import baselines, models
from training.evaluation.report import ReportError, between_marks, replace_table
from training.evaluation.run import evaluate
from vsdeblur import Error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="pairs in the layout of training.data.pairs")
    parser.add_argument("--model", type=Path, action="append", default=[], help=".onnx file; may be given again")
    parser.add_argument("--precision", default="auto", help="of the models: fp32, bf16 or int8; default: the file's")
    parser.add_argument("--baselines", action="store_true", help="unsharp mask and Richardson-Lucy too")
    parser.add_argument("--frames", type=int, metavar="N", help="measure the first N frames of each clip; default: all")
    parser.add_argument(
        "--drift",
        type=int,
        default=0,
        metavar="FRAMES",
        help=f"repeat each clip back and forth to FRAMES, at least {SHORTEST}, for models with a state; slow",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the report")
    parser.add_argument("--table", type=Path, metavar="FILE", help="Markdown file whose table the report replaces")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    if not arguments.model and not arguments.baselines:
        parser.error("give --model, --baselines or both")
    if arguments.drift != 0 and arguments.drift < SHORTEST:
        parser.error(f"--drift must be at least {SHORTEST} frames, not {arguments.drift}")
    if arguments.frames is not None and arguments.frames < 1:
        parser.error(f"--frames must be at least 1, not {arguments.frames}")
    try:
        if arguments.table:
            between_marks(arguments.table, "")  # refused now, not after an hour
        methods = models(arguments.model, arguments.precision) + (baselines() if arguments.baselines else [])
        report = evaluate(arguments.folder, methods, arguments.out, arguments.drift, arguments.frames)
        if arguments.table:
            replace_table(arguments.table, report)
    except (PairError, ReportError, Error) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"the report cannot be written: {error}", file=sys.stderr)
        return 1
    print(report.as_markdown())
    return 0


if __name__ == "__main__":
    sys.exit(main())
