"""The report of an evaluation: Markdown, JSON, and its place in a Markdown file between two marks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from training.evaluation.drift import SPAN, Drift
from training.evaluation.measures import Result
from training.evaluation.methods import Method

BEGIN = "<!-- evaluation: begin -->"
END = "<!-- evaluation: end -->"
LEGEND = (
    "PSNR, gain (PSNR above the input's) and sharp control (PSNR of sharp frames that went through the method, against"
    " themselves) in dB; RGB unless marked Y; means over all frames, unaligned. tOF: error of the motion between frames"
    " in pixels; lower is better."
)
COLUMNS = (
    "clip",
    "method",
    "input PSNR",
    "PSNR",
    "gain",
    "input SSIM",
    "SSIM",
    "PSNR Y",
    "gain Y",
    "SSIM Y",
    "input tOF",
    "tOF",
    "sharp control",
)
DRIFT_COLUMNS = (
    "clip",
    "method",
    "frames",
    f"first {SPAN}: PSNR",
    "gain",
    f"last {SPAN}: PSNR",
    "gain",
    "change of gain",
    "worst frame: PSNR",
    "gain",
    "number",
)


class ReportError(ValueError):
    """A file that cannot take the report; the message names it."""


@dataclass(frozen=True)
class Summary:
    """One method over all clips, dB."""

    gain: float
    worst_clip: str
    worst_gain: float
    lowest_control_clip: str
    lowest_control: float

    @classmethod
    def of(cls, results: Sequence[Result]) -> Summary:
        """Of one method's results, at least one."""
        worst = min(results, key=lambda result: result.gain)
        control = min(results, key=lambda result: result.sharp_control)
        gain = float(np.mean([result.gain for result in results]))
        return cls(gain, worst.clip, worst.gain, control.clip, control.sharp_control)

    def __str__(self) -> str:
        lost = f"a loss of {-self.worst_gain:.2f} dB" if self.worst_gain < 0 else f"no loss, {self.worst_gain:+.2f} dB"
        return (
            f"mean gain {self.gain:+.2f} dB; worst clip {self.worst_clip}, {lost};"
            f" lowest sharp control {self.lowest_control:.1f} dB ({self.lowest_control_clip})"
        )


@dataclass(frozen=True)
class Report:
    """All results, in the order of clips and of methods within them."""

    methods: Sequence[Method]
    results: Sequence[Result]
    drifts: Sequence[Drift]

    def of(self, method: Method) -> list[Result]:
        """One method's results."""
        return [result for result in self.results if result.method == method.name]

    def as_json(self) -> str:
        """The report as a JSON object: methods with their summaries, results, drift."""
        content = {
            "methods": [
                {"name": method.name, "note": method.note, **asdict(Summary.of(self.of(method)))}
                for method in self.methods
            ],
            "results": [result.as_dict() for result in self.results],
            "drift": [drift.as_dict() for drift in self.drifts],
        }
        return json.dumps(content, indent=1) + "\n"

    def as_markdown(self) -> str:
        """The report as Markdown: what each method did at worst, the table with means, drift."""
        summary = [f"- {method.name} ({method.note}): {Summary.of(self.of(method))}" for method in self.methods]
        rows = [_row(result.clip, result.method, [result]) for result in self.results]
        rows += [_row("**mean**", method.name, self.of(method)) for method in self.methods]
        frames = {result.clip: result.frames for result in self.results}
        measured = f"Clips: {len(frames)}, frames: {sum(frames.values())}. {LEGEND}"
        parts = ["\n".join(summary), measured, _table(COLUMNS, rows)]
        if self.drifts:
            parts.append("Clips repeated back and forth, one state from the first frame to the last:")
            parts.append(_table(DRIFT_COLUMNS, [_drift_row(drift) for drift in self.drifts]))
        return "\n\n".join(parts) + "\n"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _mean(values: Sequence[float | None], form: str) -> str:
    """The mean of the values that are there."""
    present = [value for value in values if value is not None]
    return format(np.mean(present), form) if present else "-"


def _row(clip: str, method: str, results: list[Result]) -> list[str]:
    return [
        clip,
        method,
        _mean([r.input.psnr for r in results], ".2f"),
        _mean([r.output.psnr for r in results], ".2f"),
        _mean([r.gain for r in results], "+.2f"),
        _mean([r.input.ssim for r in results], ".4f"),
        _mean([r.output.ssim for r in results], ".4f"),
        _mean([r.output.psnr_y for r in results], ".2f"),
        _mean([r.gain_y for r in results], "+.2f"),
        _mean([r.output.ssim_y for r in results], ".4f"),
        _mean([r.input_tof for r in results], ".2f"),
        _mean([r.output_tof for r in results], ".2f"),
        _mean([r.sharp_control for r in results], ".1f"),
    ]


def _drift_row(drift: Drift) -> list[str]:
    return [
        drift.clip,
        drift.method,
        str(drift.frames),
        f"{drift.first:.2f}",
        f"{drift.first_gain:+.2f}",
        f"{drift.last:.2f}",
        f"{drift.last_gain:+.2f}",
        f"{drift.change:+.2f}",
        f"{drift.worst:.2f}",
        f"{drift.worst_gain:+.2f}",
        str(drift.worst_frame),
    ]


def between_marks(path: Path, text: str) -> str:
    """The content of `path` with `text` in place of what stands between its lines BEGIN and END.

    Raises ReportError when the file cannot be read, or does not have each mark once and in this order.
    """
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(f"{path} is not a readable text file: {error}") from error
    before, begin, rest = content.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or content.count(BEGIN) + content.count(END) != 2:
        raise ReportError(f"{path} must have the line {BEGIN} once and after it the line {END} once, for the table")
    return f"{before}{BEGIN}\n\n{text}\n{END}{after}"


def replace_table(path: Path, report: Report) -> None:
    """Puts the report into `path` between its marks. Raises ReportError, as between_marks does."""
    content = between_marks(path, report.as_markdown())
    partial = path.with_name(f"{path.name}.part")
    partial.write_text(content, encoding="utf-8")
    partial.replace(path)
