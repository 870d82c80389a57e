"""Folders of blurred and sharp clips, the form in which evaluation sets and recorded training material are kept.

What is written here, as in GoPro's: `FOLDER/CLIP/blur/*.png` and `FOLDER/CLIP/sharp/*.png`, the same names on both
sides, in order of time. A clip may have `FOLDER/CLIP/instants/K/*.png` besides, K = 0, 1, ...: for each blurred frame
the sharp picture at instant K of its exposure. Instants are odd in number and evenly spaced from the first to the last
of the exposure, and the middle one is `sharp` again. All pictures of a clip have one size. What is read is that or any
other layout of training.data.datasets.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from training.data.datasets import LAYOUTS, Layout, layout_of
from training.data.datasets import PairError as PairError
from training.data.pictures import DataError, open_picture

Frame = npt.NDArray[np.uint8]
INSTANTS = "instants"
MADE = "made.json"
Made = dict[str, str | int | float | None]


@dataclass(frozen=True)
class PairedClip:
    """One clip: files of its blurred and its sharp frames, in order of time and equal in number.

    `instants[k][n]` is the sharp picture at instant k of frame n's exposure; empty when the clip has none.
    """

    name: str
    blurred: tuple[Path, ...]
    sharp: tuple[Path, ...]
    instants: tuple[tuple[Path, ...], ...] = ()

    def first(self, frames: int) -> PairedClip:
        """The clip's first so many frames, or all where it has fewer."""
        instants = tuple(pictures[:frames] for pictures in self.instants)
        return PairedClip(self.name, self.blurred[:frames], self.sharp[:frames], instants)

    def read(self) -> tuple[list[Frame], list[Frame]]:
        """Blurred and sharp frames, (H, W, 3) uint8 each. Raises PairError naming a corrupt or differing picture."""
        frames = read_pictures(self.blurred + self.sharp)
        return frames[: len(self.blurred)], frames[len(self.blurred) :]


def read_picture(path: Path) -> Frame:
    """A picture as (H, W, 3) uint8 RGB. Raises PairError when it cannot be read."""
    try:
        return np.asarray(open_picture(path))
    except DataError as error:
        raise PairError(str(error)) from error


def read_pictures(paths: Sequence[Path], read: Callable[[Path], Frame] = read_picture) -> list[Frame]:
    """Pictures of one clip. Raises PairError naming one that is corrupt or differs from the first in size."""
    frames = [read(path) for path in paths]
    for path, frame in zip(paths, frames, strict=True):
        if frame.shape != frames[0].shape:
            raise PairError(f"{path} is {_size(frame)}, but its clip began with {_size(frames[0])}")
    return frames


def _size(frame: Frame) -> str:
    return f"{frame.shape[1]}x{frame.shape[0]}"


def find_pairs(folder: Path, layout: str | None = None) -> list[PairedClip]:
    """The clips of a folder, by name.

    Args:
        layout: a name of training.data.datasets.LAYOUTS; without it, the one that fits.

    Raises PairError when there is none, when a side is missing or empty, or when the sides differ in their files.
    """
    if layout is not None and layout not in LAYOUTS:
        raise PairError(f"there is no layout {layout}; known are {', '.join(LAYOUTS)}")
    chosen = LAYOUTS[layout] if layout else layout_of(folder)
    clips = sorted((clip for place in chosen.folders(folder) for clip in _clips(chosen, *place)), key=lambda c: c.name)
    if not clips:
        raise PairError(
            f"{folder} holds no clips of layout {layout}; a clip has the folders {chosen.blurred} and {chosen.sharp}"
        )
    return clips


def _clips(layout: Layout, name: str, blurred: Path, sharp: Path) -> Iterator[PairedClip]:
    files = _same_files(layout, _common(blurred, sharp), blurred, sharp)
    if layout.scenes:
        for scene, members in groupby(files, key=lambda file: file.partition("_")[0]):
            own = list(members)
            yield PairedClip(f"{scene}_{name}", tuple(blurred / f for f in own), tuple(sharp / f for f in own))
        return
    instants = []
    for instant in sorted((blurred.parent / INSTANTS).glob("[0-9]*"), key=lambda path: int(path.name)):
        instants.append(tuple(instant / file for file in _same_files(layout, blurred.parent, blurred, instant)))
    yield PairedClip(name, tuple(blurred / f for f in files), tuple(sharp / f for f in files), tuple(instants))


def _common(one: Path, other: Path) -> Path:
    return next(parent for parent in one.parents if other.is_relative_to(parent))


def _same_files(layout: Layout, clip: Path, one: Path, other: Path) -> list[str]:
    first, second = layout.files(one), layout.files(other)
    if not first or first != second:
        missing = [other / name for name in first if name not in second] + [one / n for n in second if n not in first]
        a, b = (side.relative_to(clip) for side in (one, other))
        raise PairError(
            f"{clip} has {len(first)} pictures in {a} and {len(second)} in {b}; both must hold the same names"
            + (f", and {missing[0].relative_to(clip)} is missing" if missing else "")
        )
    return first


@contextmanager
def whole_clip(folder: Path, made: Made) -> Iterator[Path]:
    """A place to write a clip in that becomes `folder` when the block ends well, and vanishes otherwise.

    `made` says what the clip was made from and how, and is stored with it. Raises PairError when writing fails.
    """
    partial = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        yield partial
        (partial / MADE).write_text(json.dumps(made, indent=1) + "\n")
        partial.replace(folder)
    except OSError as error:
        raise PairError(f"{folder} could not be written: {error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def is_made(folder: Path, made: Made) -> bool:
    """Whether `whole_clip` wrote this clip in this very way before. Raises PairError when it is something else."""
    if not folder.exists():
        return False
    with suppress(OSError, ValueError):
        if json.loads((folder / MADE).read_text()) == made:
            return True
    raise PairError(f"{folder} is there already and was made from other material or settings; remove or rename it")


def write_frame(folder: Path, number: int, blurred: Frame, sharp: Frame, instants: Sequence[Frame] = ()) -> None:
    """Writes frame `number` of a clip, pictures (H, W, 3) uint8, in the layout of this module."""
    sides = {"blur": blurred, "sharp": sharp} | {f"{INSTANTS}/{k}": frame for k, frame in enumerate(instants)}
    for side, frame in sides.items():
        (folder / side).mkdir(parents=True, exist_ok=True)
        Image.fromarray(frame).save(folder / side / f"{number:05d}.png")


def write_pair(folder: Path, blurred: Sequence[Frame], sharp: Sequence[Frame]) -> None:
    """Writes one clip, frames (H, W, 3) uint8, in the layout of this module."""
    for number, pair in enumerate(zip(blurred, sharp, strict=True)):
        write_frame(folder, number, *pair)
