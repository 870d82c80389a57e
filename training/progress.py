"""What a run shows of itself: a progress bar, TensorBoard's event files, and its curves as a picture.

`NAME.csv` has a row every `EVERY` steps (step, seconds, loss, rate, gradient); `NAME.png` shows it; event files for
`tensorboard --logdir FOLDER` lie in `FOLDER/events/NAME`.
"""

from __future__ import annotations

import csv
from pathlib import Path
from types import TracebackType
from typing import Self

from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

EVERY = 20
COLUMNS = ("step", "seconds", "loss", "rate", "gradient")


class Progress:
    """The records of one run; a run that goes on adds to them. Not thread-safe."""

    def __init__(self, folder: Path, name: str) -> None:
        self.table, self.picture = folder / f"{name}.csv", folder / f"{name}.png"
        self.events = SummaryWriter(str(folder / "events" / name))
        self.bar = tqdm(total=100, unit="%", mininterval=10, bar_format="{desc} {l_bar}{bar}| {elapsed}{postfix}")
        self.bar.set_description(name)
        self.mean = 0.0
        if not self.table.exists():
            self.table.write_text(",".join(COLUMNS) + "\n")

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
        row = dict(zip(COLUMNS, (step, round(seconds, 1), self.mean, rate, gradient), strict=True))
        with self.table.open("a") as file:
            csv.writer(file, lineterminator="\n").writerow(row.values())
        for column in COLUMNS[2:]:
            self.events.add_scalar(column, row[column], step)

    def draw(self) -> None:
        """Writes the curves as a picture, once there is a row."""
        import matplotlib.figure  # a second to load, which short runs and tests need not spend

        rows = [list(map(float, row)) for row in list(csv.reader(self.table.open()))[1:]]
        if not rows:
            return
        figure = matplotlib.figure.Figure((8, 6), layout="constrained")
        for number, column in enumerate(COLUMNS[2:], 1):
            axes = figure.add_subplot(3, 1, number, ylabel=column)
            axes.plot([row[0] for row in rows], [row[1 + number] for row in rows], linewidth=1)
        axes.set_xlabel("step")
        figure.savefig(self.picture, dpi=100)
