"""What a run shows of itself: a progress bar, TensorBoard's event files, and its curves as a picture.

`NAME.csv` has a row every `EVERY` steps (step, seconds, loss, rate, gradient), `NAME.validation.csv` one at every
checkpoint (step, seconds, gain, weak, sharp, flat; training.loop.validation); `NAME.png` shows both; event files for
`tensorboard --logdir FOLDER` lie in `FOLDER/events/NAME`.
"""

from __future__ import annotations

import csv
from pathlib import Path
from types import TracebackType
from typing import Self

from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from training.loop.validation import Score

EVERY = 20
COLUMNS = ("step", "seconds", "loss", "rate", "gradient")
SCORES = ("step", "seconds", "gain", "weak", "sharp", "flat")


class Progress:
    """The records of one run; a run that goes on adds to them. Not thread-safe."""

    def __init__(self, folder: Path, name: str) -> None:
        self.table, self.picture = folder / f"{name}.csv", folder / f"{name}.png"
        self.scores = folder / f"{name}.validation.csv"
        self.events = SummaryWriter(str(folder / "events" / name))
        self.bar = tqdm(total=100, unit="%", mininterval=10, bar_format="{desc} {l_bar}{bar}| {elapsed}{postfix}")
        self.bar.set_description(name)
        self.mean = 0.0
        for table, columns in ((self.table, COLUMNS), (self.scores, SCORES)):
            _begin(table, columns)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self.bar.close()
        self.events.close()

    def step(self, step: int, seconds: float, share: float, loss: float, rate: float, gradient: float) -> None:
        """Notes one step; `share` of the budget is used up, `gradient` is its norm before it was limited."""
        self.mean = loss if self.mean == 0 else 0.98 * self.mean + 0.02 * loss
        self.bar.set_postfix(step=step, loss=f"{self.mean:.5f}", refresh=False)
        self.bar.update(100 * share - self.bar.n)
        if step % EVERY:
            return
        self._note(self.table, COLUMNS, (step, round(seconds, 1), self.mean, rate, gradient))

    def validated(self, step: int, seconds: float, score: Score) -> None:
        """Notes what the mean weights reach."""
        rounded = (round(score.gain, 3), round(score.weak, 3), round(score.sharp, 2), round(score.flat, 2))
        self._note(self.scores, SCORES, (step, round(seconds, 1), *rounded))

    def _note(self, table: Path, columns: tuple[str, ...], values: tuple[float, ...]) -> None:
        with table.open("a") as file:
            csv.writer(file, lineterminator="\n").writerow(values)
        for column, value in list(zip(columns, values, strict=True))[2:]:
            self.events.add_scalar(column, value, values[0])

    def draw(self) -> None:
        """Writes the curves as a picture, once there is a row."""
        import matplotlib.figure  # a second to load, which short runs and tests need not spend

        shown = [(column, self.table, at) for at, column in enumerate(COLUMNS) if at >= 2]
        shown += [(column, self.scores, at) for at, column in enumerate(SCORES) if at >= 2]
        curves = {column: [(row[0], row[at]) for row in _rows(table) if row[at:]] for column, table, at in shown}
        curves = {column: points for column, points in curves.items() if points}
        if not curves:
            return
        figure = matplotlib.figure.Figure((8, 2 * len(curves)), layout="constrained")
        for number, (column, points) in enumerate(curves.items(), 1):
            axes = figure.add_subplot(len(curves), 1, number, ylabel=column)
            axes.plot(*zip(*points, strict=True), linewidth=1)
        axes.set_xlabel("step")
        figure.savefig(self.picture, dpi=100)


def _begin(table: Path, columns: tuple[str, ...]) -> None:
    """Writes a table's first line; one whose run began before a column was added keeps its shorter rows."""
    lines = table.read_text().splitlines()[1:] if table.exists() else []
    table.write_text("\n".join([",".join(columns), *lines]) + "\n")


def _rows(table: Path) -> list[list[float]]:
    with table.open() as file:
        return [list(map(float, row)) for row in list(csv.reader(file))[1:]]
