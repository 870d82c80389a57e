"""The training loop: `python -m training.train NAME --photos ARCHIVE --out FOLDER --minutes N`.

Blur is made on the training device from still photographs (training.blur). Every batch serves two updates: as it is,
and turned over in space, time and colour, since making it costs nearly as much as learning from it. The learning rate
rises over the first hundred batches and then falls linearly to zero. The budget of a run is a number of batches
("steps"), or of minutes: then the rate follows the time that is used up. It is kept over interruptions. Recurrent
networks see longer clips in the last part of the run, so that their state does not drift.

Checkpoints are safetensors files, written whole or not at all: `NAME.safetensors` (weights, what `python -m export`
reads) and `NAME.resume.pt` (optimiser, generators, clock). A run that finds them goes on where it stopped, and with a
budget in steps ends as an unbroken one would.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Generator, Tensor, nn
from tqdm import tqdm

from training.blur import BlurSettings, synthesise
from training.data import DataError, Photographs
from training.losses import clip_loss
from training.networks import NETWORKS, Network


@dataclass(frozen=True)
class Recipe:
    """How one network is trained. Sizes are pixels; `rate` is Adam's learning rate at its peak.

    A clip has `frames` frames that count, besides neighbours, and `long_frames` after the share `long_from` of the run.
    """

    batch: int = 4
    size: int = 96
    frames: int = 5
    rate: float = 5e-4
    clip_norm: float = 1.0
    warm_up: int = 100
    long_frames: int = 8
    long_from: float = 0.7


RECIPES = {
    "DTB": Recipe(),
    "DBLRNet": Recipe(frames=3, long_frames=3),
    "RVD": Recipe(batch=2, frames=3, long_frames=3),
}


@dataclass
class Clock:
    """Steps made and seconds spent; both survive an interruption."""

    steps: int = 0
    seconds: float = 0.0


class Trainer:
    """One run: network, optimiser, data and clock."""

    def __init__(self, name: str, photographs: Path, folder: Path, budget: Clock, device: str, seed: int) -> None:
        """`budget` limits steps or seconds, whichever is not 0. Raises DataError when there is no material."""
        self.name, self.folder, self.budget, self.device = name, folder, budget, torch.device(device)
        self.recipe = RECIPES[name]
        torch.manual_seed(seed)
        self.network: Network = NETWORKS[name]()
        self.network.to(self.device)
        for parameter in self.network.parameters():
            if parameter.dim() == 4:  # channels last is faster for 2-D convolutions and not defined for others
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=self.recipe.rate)
        self.crop_generator = Generator().manual_seed(seed)
        self.blur_generator = Generator(self.device).manual_seed(seed)
        self.clock = Clock()
        self.settings = BlurSettings(size=self.recipe.size, frames=self._with_neighbours(self.recipe.frames))
        self.photographs = Photographs(photographs, self.settings.canvas)
        folder.mkdir(parents=True, exist_ok=True)
        self._resume()

    @property
    def progress(self) -> float:
        """Share of the budget that is used up, 0..1."""
        if self.budget.steps:
            return min(1.0, self.clock.steps / self.budget.steps)
        return min(1.0, self.clock.seconds / self.budget.seconds)

    def _with_neighbours(self, frames: int) -> int:
        return frames + sum(self.network.window)

    def _resume(self) -> None:
        path = self.folder / f"{self.name}.resume.pt"
        if not path.exists():
            return
        saved = torch.load(path, map_location=self.device, weights_only=True)
        self.network.load_state_dict(saved["network"])
        self.optimiser.load_state_dict(saved["optimiser"])
        self.crop_generator.set_state(saved["crop_generator"].cpu())
        self.blur_generator.set_state(saved["blur_generator"].cpu())
        self.clock = Clock(**saved["clock"])

    def save(self) -> None:
        """Writes both checkpoint files; a reader never sees half of one."""
        metadata = {
            "name": self.name,
            "trained_on": f"{len(self.photographs.pictures)} scaled photographs, {self.clock.steps} steps",
            "recipe": json.dumps(vars(self.recipe)),
        }
        weights = {key: value.contiguous().cpu() for key, value in self.network.state_dict().items()}
        _replace(self.folder / f"{self.name}.safetensors", lambda path: save_file(weights, path, metadata))
        resume = {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "crop_generator": self.crop_generator.get_state(),
            "blur_generator": self.blur_generator.get_state(),
            "clock": vars(self.clock),
        }
        _replace(self.folder / f"{self.name}.resume.pt", lambda path: torch.save(resume, path))

    def batch(self) -> tuple[Tensor, Tensor]:
        """Blurred and sharp clips, (N, F, 3, size, size) each."""
        settings, count = self.settings, self.recipe.batch
        if self.progress >= self.recipe.long_from:
            settings = replace(settings, frames=self._with_neighbours(self.recipe.long_frames))
            count = max(1, count * self.recipe.frames // self.recipe.long_frames)
        crops = self.photographs.crops(2 * count, settings.canvas, self.crop_generator).to(self.device)
        return synthesise(crops[:count], crops[count:], settings, self.blur_generator)

    def step(self) -> float:
        """One batch, which is two updates; returns the mean loss."""
        started = time.monotonic()
        warm = min(1.0, (self.clock.steps + 1) / self.recipe.warm_up)
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.rate * warm * (1 - self.progress)
        with torch.no_grad():
            blurred, sharp = self.batch()
        loss = self._update(blurred, sharp) + self._update(turned_over(blurred), turned_over(sharp))
        self.clock.steps += 1
        self.clock.seconds += time.monotonic() - started
        return loss / 2

    def _update(self, blurred: Tensor, sharp: Tensor) -> float:
        with torch.autocast(self.device.type, torch.bfloat16):
            loss = clip_loss(self.network, blurred, sharp)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip_norm)
        self.optimiser.step()
        return float(loss.detach())

    def run(self, save_every: float = 180) -> None:
        """Trains until the budget is used up."""
        log = (self.folder / f"{self.name}.log").open("a", buffering=1)
        saved, mean = time.monotonic(), 0.0
        with tqdm(total=100, unit="%", mininterval=10, bar_format="{l_bar}{bar}| {elapsed}{postfix}") as bar:
            while self.progress < 1:
                loss = self.step()
                mean = loss if mean == 0 else 0.98 * mean + 0.02 * loss
                bar.set_postfix(step=self.clock.steps, loss=f"{mean:.5f}", refresh=False)
                bar.update(100 * self.progress - bar.n)
                if self.clock.steps % 100 == 0:
                    log.write(f"{self.clock.steps}\t{self.clock.seconds:.0f}\t{mean:.6f}\n")
                if time.monotonic() - saved > save_every:
                    self.save()
                    saved = time.monotonic()
        self.save()


def turned_over(clip: Tensor) -> Tensor:
    """A clip (N, F, 3, H, W) transposed in space, backwards in time and with the colour channels exchanged."""
    return clip.transpose(3, 4).flip(1, 2)


def _replace(path: Path, write: Callable[[Path], None]) -> None:
    temporary = path.with_name(path.name + ".tmp")
    write(temporary)
    os.replace(temporary, path)


def main() -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m training.train", description=__doc__.partition("\n")[0])
    parser.add_argument("name", choices=sorted(RECIPES))
    parser.add_argument("--photos", type=Path, required=True, help="archive made by training.data.pack_photographs")
    parser.add_argument("--out", type=Path, required=True, help="folder of checkpoints and log")
    budget = parser.add_mutually_exclusive_group(required=True)
    budget.add_argument("--minutes", type=float, default=0, help="budget of the whole run in minutes")
    budget.add_argument("--steps", type=int, default=0, help="budget of the whole run in steps")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.minutes < 0 or arguments.steps < 0 or arguments.minutes + arguments.steps == 0:
        parser.error("a budget must be above 0")
    limit = Clock(arguments.steps, arguments.minutes * 60)
    try:
        Trainer(arguments.name, arguments.photos, arguments.out, limit, arguments.device, arguments.seed).run()
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
