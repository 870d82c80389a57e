"""Runs methods over a folder of pairs and writes the report: report.json, report.md and a picture for each clip."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from training.data.pairs import find_pairs
from training.evaluation.crops import side_by_side
from training.evaluation.drift import measure_drift
from training.evaluation.measures import Subject
from training.evaluation.methods import Method
from training.evaluation.report import Report


def evaluate(
    folder: Path, methods: Sequence[Method], out: Path, drift_frames: int = 0, frames: int | None = None
) -> Report:
    """Measures every method on every clip and writes the report into the folder `out`.

    `drift_frames`, 0 or at least SHORTEST, is the length of the drift test. With `frames`, only so many of each clip
    are measured, from its first on. Raises PairError or vsdeblur.Error.
    """
    clips = find_pairs(folder) if frames is None else [clip.first(frames) for clip in find_pairs(folder)]
    out.mkdir(parents=True, exist_ok=True)
    results, drifts = [], []
    with tqdm(total=len(clips) * len(methods), unit="run") as progress:
        for clip in clips:
            progress.set_description(clip.name)
            subject = Subject(clip)
            shown = [subject.blurred[subject.middle]]
            for method in methods:
                result, outputs = subject.measure(method)
                results.append(result)
                shown.append(outputs[subject.middle])
                if drift_frames:
                    drifts.append(measure_drift(subject.name, subject.blurred, subject.sharp, method, drift_frames))
                progress.update()
            shown.append(subject.sharp[subject.middle])
            side_by_side(shown, shown[-1]).save(out / f"{clip.name.replace('/', '_')}.png")
    report = Report(methods, results, [drift for drift in drifts if drift is not None])
    (out / "report.json").write_text(report.as_json())
    (out / "report.md").write_text(report.as_markdown())
    return report
