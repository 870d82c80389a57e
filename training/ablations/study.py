"""The papers' ablations, small: their variants trained and measured.

Every variant of a table (training.ablations.tables) is trained equally long, from the same seed, on the same
photographs and by its network's recipe; then its PSNR above the input's is measured on clips that are the same for all.
Each table is printed as Markdown, the paper's numbers beside ours, and written to `FOLDER/TABLE.md`. A variant that is
finished is not trained again, one that was interrupted goes on.

Small means: patches of `--size` pixels and `--batch` clips, and as many steps or minutes as are given, where the papers
train for days in patches of 128. So orders and differences can be compared, and the numbers themselves cannot.

The clips that are measured are made by training.data.blur of the photographs that training.data.material holds back,
none of them sharp. What is measured is the frame in the middle of the window, or of the exposure (SharpSequence): RGB
for DTB, Y for the others, rounded to 8 bits, against the sharp one. Frames that the widest window of all tables cannot
have are not counted, so that every variant is measured on the same ones, and a recurrent one has its state by then.
"""

from __future__ import annotations

import json
import statistics
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Generator, Tensor
from tqdm import tqdm

from training.ablations.tables import TABLES, Table, Variant
from training.data.blur import synthesise
from training.data.material import DataError, Photographs
from training.loop.checkpoints import CheckpointError, write_whole
from training.loop.recipes import FULL
from training.loop.trainer import Clock, Plan, Trainer
from training.losses import clip_through, to_network
from training.networks import Network
from vsdeblur.measures.metrics import psnr

# The clips that are measured.
CLIPS = 16
CLIP_SEED = 20_011
WIDEST = 5  # frames on either side of the middle one, in any table
SETTINGS = replace(FULL, size=96, frames=4 + 2 * WIDEST, sharp_share=0)

Clip = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Settings:
    """What all variants have in common. `steps` and `seconds` are each one's budget; the one that is not 0 counts."""

    steps: int = 0
    seconds: float = 0.0
    size: int = 64
    batch: int = 4
    seed: int = 0


@dataclass(frozen=True)
class Result:
    """One trained variant: PSNR in dB of the input and the output, number of parameters, steps that it was trained."""

    input_psnr: float
    psnr: float
    parameters: int
    steps: int

    @property
    def gain(self) -> float:
        """dB above the input."""
        return self.psnr - self.input_psnr


def checksum(archive: Path) -> int:
    """Of the names and contents of an archive of photographs. Raises DataError when it cannot be read."""
    try:
        with zipfile.ZipFile(archive) as packed:
            return zlib.crc32(json.dumps([(item.filename, item.CRC) for item in packed.infolist()]).encode())
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{archive} is not a readable photograph archive: {error}") from error


def clips_of(archive: Path, device: torch.device) -> list[Clip]:
    """Blurred and sharp clips to measure, (1, F, 3, H, W) each, the same on every device. Raises DataError."""
    photographs = Photographs(archive, SETTINGS.canvas, held_back=True)
    generator = Generator().manual_seed(CLIP_SEED)
    clips = []
    for _ in range(CLIPS):
        background, foreground = photographs.crops(2, SETTINGS.canvas, generator)[:, None]
        blurred, sharp = synthesise(background, foreground, SETTINGS, generator)
        clips.append((blurred.to(device), sharp.to(device)))
    return clips


def measure(network: Network, clips: Sequence[Clip]) -> tuple[float, float]:
    """Mean PSNR of input and output in dB; see the module's text for what is measured."""
    network.eval()
    (before, after), channels = network.window, 3 if network.color == "rgb" else 1
    first = 0 if network.states else WIDEST - before  # a state takes all frames before those that are counted
    rows = []
    for blurred, sharp in clips:
        last = blurred.shape[1] - WIDEST
        with torch.no_grad():
            outputs = clip_through(network, blurred[:, first : last + after])[0, WIDEST - last :]
        outputs = outputs.view(len(outputs), -1, channels, *outputs.shape[2:])
        given, wanted = (_eight_bits(to_network(clip[:, WIDEST:last], network)[0]) for clip in (blurred, sharp))
        made = _eight_bits(outputs[:, outputs.shape[1] // 2])
        rows += [(psnr(a, c), psnr(b, c)) for a, b, c in zip(given, made, wanted, strict=True)]
    return statistics.fmean(row[0] for row in rows), statistics.fmean(row[1] for row in rows)


def _eight_bits(frames: Tensor) -> npt.NDArray[np.uint8]:
    return np.asarray((frames.clamp(0, 1) * 255).round().to(torch.uint8).cpu())


def train_variant(table: Table, variant: Variant, settings: Settings, plan: Plan, clips: Sequence[Clip]) -> Result:
    """Trains and measures a variant, or reads what was found before. Raises DataError or CheckpointError."""
    key = table.key(variant)
    path = plan.folder / f"{key}.json"
    if path.exists():
        return _read(path)
    recipe = table.recipe(variant, settings.size, settings.batch)
    run = Trainer(key, plan, build=lambda: table.build(variant), recipe=recipe)
    run.run()
    network = run.average.module
    assert isinstance(network, Network)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    result = Result(*measure(network, clips), parameters, run.clock.steps)
    _write(path, json.dumps(asdict(result)))
    (plan.folder / f"{key}.resume.pt").unlink(missing_ok=True)  # gigabytes for a whole table
    return result


def _read(path: Path) -> Result:
    try:
        return Result(**json.loads(path.read_text()))
    except (OSError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} is damaged; remove it to measure anew: {error}") from error


def _write(path: Path, text: str) -> None:
    write_whole(path, lambda temporary: temporary.write_text(text))


def markdown(table: Table, results: Sequence[Result], settings: Settings) -> str:
    """The paper's numbers beside ours, as Markdown."""
    rows = list(zip(table.variants, results, strict=True))
    chosen, best = next(row for row in rows if row[0].label == table.chosen)
    budget = f"{settings.steps} steps" if settings.steps else f"{settings.seconds / 60:.3g} minutes"
    color = "RGB" if table.network == "DTB" else "Y"
    lines = [
        f"## {table.title}",
        "",
        f"Paper: {table.source}; PSNR in dB. Ours: {budget} for each variant, {settings.batch} clips of"
        f" {settings.size} pixels, seed {settings.seed}; PSNR above the input's {best.input_psnr:.2f} dB, {color}."
        f" Differences are from {table.chosen}. {table.note}".rstrip(),
        "",
        "| variant | paper | difference | ours | difference | parameters | steps |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for variant, result in rows:
        paper = "" if variant.paper is None else f"{variant.paper:.2f}"
        apart = "" if variant.paper is None or chosen.paper is None else f"{variant.paper - chosen.paper:+.2f}"
        lines.append(
            f"| {variant.label} | {paper} | {apart} | {result.gain:+.2f} | {result.gain - best.gain:+.2f} |"
            f" {result.parameters:,} | {result.steps} |"
        )
    return "\n".join(lines) + "\n"


def agree(folder: Path, settings: Settings, material: int) -> None:
    """Notes settings and photographs in `folder`. Raises CheckpointError when what lies there was made with others."""
    path = folder / "settings.json"
    wanted = json.dumps({**asdict(settings), "photographs": material})
    if not path.exists():
        _write(path, wanted)
    elif path.read_text() != wanted:
        raise CheckpointError(f"{path} says {path.read_text()}, not {wanted}; give the same settings or another --out")


def count(names: Sequence[str]) -> int:
    """How many variants the tables `names` have, one that stands in several counted once."""
    return len({TABLES[name].key(variant) for name in names for variant in TABLES[name].variants})


def ablate(names: Sequence[str], photographs: Path, folder: Path, settings: Settings, device: str) -> list[str]:
    """Trains, measures and writes the tables `names`, and returns them as Markdown.

    Raises DataError or CheckpointError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    agree(folder, settings, checksum(photographs))
    limit = Clock(settings.steps, settings.seconds)
    plan = Plan(photographs, folder, limit, device=device, seed=settings.seed)
    clips = clips_of(photographs, torch.device(device))
    written = []
    with tqdm(total=sum(len(TABLES[name].variants) for name in names), unit="variant") as progress:
        for name in names:
            results = []
            for variant in TABLES[name].variants:
                progress.set_description(f"{name}: {variant.label}")
                results.append(train_variant(TABLES[name], variant, settings, plan, clips))
                progress.update()
            text = markdown(TABLES[name], results, settings)
            _write(folder / f"{name}.md", text)
            written.append(text)
    return written
