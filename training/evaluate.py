"""Measures exported models on folders of pairs: `python -m training.evaluate FOLDER --model FILE... --out REPORT`.

What is measured is what ships: the .onnx file, run by the engine (vsdeblur.Deblurrer), not the torch module. For
every clip: PSNR and SSIM of input and output against the sharp frames, in RGB and Y, over all frames, unaligned; and
the sharp control, the PSNR of sharp frames that went through the model against themselves. REPORT gets report.json,
report.md and, for every clip, a picture of one detail: blurred, deblurred by each model, sharp.

This module needs the installed package vsdeblur and no torch.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from training.metrics import Frame, Score, psnr, score
from training.pairs import PairedClip, PairError, find_pairs
from vsdeblur import Deblurrer, Error

DETAIL = 128  # side of the detail that pictures show, pixels
ZOOM = 2


@dataclass(frozen=True)
class Result:
    """What one model makes of one clip; `sharp_control` in dB."""

    clip: str
    model: str
    input: Score
    output: Score
    sharp_control: float

    @property
    def gain(self) -> float:
        """RGB PSNR of the output above that of the input, dB."""
        return self.output.psnr - self.input.psnr


def deblur(model: Deblurrer, frames: list[Frame]) -> list[Frame]:
    """One output for each frame; of several instants of an exposure, the middle one."""
    outputs = list(model(frames))
    each = len(outputs) // len(frames)
    return outputs[each // 2 :: each]


def measure(clip: PairedClip, name: str, model: Deblurrer) -> tuple[Result, list[Frame]]:
    """Scores one model on one clip; returns the deblurred frames too."""
    blurred, sharp = clip.read()
    outputs = deblur(model, blurred)
    control = float(np.mean([psnr(o, s) for o, s in zip(deblur(model, sharp), sharp, strict=True)]))
    return Result(clip.name, name, score(blurred, sharp), score(outputs, sharp), control), outputs


def _detail(frame: Frame, reference: Frame) -> Frame:
    """The part of `frame` where `reference` has the most texture."""
    energy = np.abs(np.diff(reference.astype(np.float32).mean(2), axis=1))
    side = min(DETAIL, *reference.shape[:2])
    table = np.pad(energy, ((1, 0), (1, 1))).cumsum(0).cumsum(1)
    sums = table[side:, side:] - table[:-side, side:] - table[side:, :-side] + table[:-side, :-side]
    top, left = np.unravel_index(int(np.argmax(sums)), sums.shape)
    return frame[top : top + side, left : left + side]


def side_by_side(frames: list[Frame], reference: Frame) -> Image.Image:
    """The same detail of several frames, from left to right, enlarged."""
    row = Image.fromarray(np.concatenate([_detail(frame, reference) for frame in frames], axis=1))
    return row.resize((row.width * ZOOM, row.height * ZOOM), Image.Resampling.NEAREST)


def table(results: list[Result]) -> str:
    """The results in Markdown: one row for each clip and model, then each model's means."""
    lines = [
        "| clip | model | input PSNR | PSNR | gain | input SSIM | SSIM | PSNR Y | gain Y | SSIM Y | sharp control |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [_row(result.clip, result.model, [result]) for result in results]
    for model in dict.fromkeys(result.model for result in results):
        lines.append(_row("**mean**", model, [result for result in results if result.model == model]))
    return "\n".join(lines) + "\n"


def _row(clip: str, model: str, results: list[Result]) -> str:
    def mean(values: list[float], digits: int) -> str:
        return f"{np.mean(values):.{digits}f}"

    cells = [
        mean([r.input.psnr for r in results], 2),
        mean([r.output.psnr for r in results], 2),
        f"{np.mean([r.gain for r in results]):+.2f}",
        mean([r.input.ssim for r in results], 4),
        mean([r.output.ssim for r in results], 4),
        mean([r.output.psnr_y for r in results], 2),
        f"{np.mean([r.output.psnr_y - r.input.psnr_y for r in results]):+.2f}",
        mean([r.output.ssim_y for r in results], 4),
        mean([r.sharp_control for r in results], 1),
    ]
    return f"| {clip} | {model} | " + " | ".join(cells) + " |"


def _as_json(result: Result) -> dict[str, object]:
    return {
        "clip": result.clip,
        "model": result.model,
        "input": result.input.as_dict(),
        "output": result.output.as_dict(),
        "gain": result.gain,
        "sharp_control": result.sharp_control,
    }


def evaluate(folder: Path, models: list[Path], out: Path) -> list[Result]:
    """Measures every model on every clip and writes the report. Raises PairError or vsdeblur.Error."""
    clips = find_pairs(folder)
    deblurrers = {path.stem: Deblurrer(model=path) for path in models}
    out.mkdir(parents=True, exist_ok=True)
    results = []
    for clip in tqdm(clips, unit="clip"):
        blurred, sharp = clip.read()
        middle = len(sharp) // 2
        shown = [blurred[middle]]
        for name, model in deblurrers.items():
            result, outputs = measure(clip, name, model)
            results.append(result)
            shown.append(outputs[middle])
        side_by_side([*shown, sharp[middle]], sharp[middle]).save(out / f"{clip.name}.png")
    (out / "report.json").write_text(json.dumps([_as_json(result) for result in results], indent=1) + "\n")
    (out / "report.md").write_text(table(results))
    return results


def main() -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="pairs in the layout of training.pairs")
    parser.add_argument("--model", type=Path, action="append", required=True, help=".onnx file; may be given again")
    parser.add_argument("--out", type=Path, required=True, help="folder of the report")
    arguments = parser.parse_args()
    try:
        print(table(evaluate(arguments.folder, arguments.model, arguments.out)))
    except (PairError, Error) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
