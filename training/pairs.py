"""Folders of blurred and sharp clips, the form in which evaluation sets are kept.

Layout, as in GoPro's: `FOLDER/CLIP/blur/*.png` and `FOLDER/CLIP/sharp/*.png`, the same names on both sides, in order of
time. All pictures of a clip have one size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

Frame = npt.NDArray[np.uint8]


class PairError(ValueError):
    """A folder of pairs that cannot be used; the message names the folder or file."""


@dataclass(frozen=True)
class PairedClip:
    """One clip: files of its blurred and its sharp frames, in order of time and equal in number."""

    name: str
    blurred: tuple[Path, ...]
    sharp: tuple[Path, ...]

    def read(self) -> tuple[list[Frame], list[Frame]]:
        """Blurred and sharp frames, (H, W, 3) uint8 each. Raises PairError naming a corrupt or differing picture."""
        blurred, sharp = ([read_picture(path) for path in side] for side in (self.blurred, self.sharp))
        for path, frame in zip(self.blurred + self.sharp, blurred + sharp, strict=True):
            if frame.shape != blurred[0].shape:
                raise PairError(f"{path} is {_size(frame)}, but its clip began with {_size(blurred[0])}")
        return blurred, sharp


def _size(frame: Frame) -> str:
    return f"{frame.shape[1]}x{frame.shape[0]}"


def read_picture(path: Path) -> Frame:
    """A picture as (H, W, 3) uint8 RGB. Raises PairError when it cannot be read."""
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, UnidentifiedImageError) as error:
        raise PairError(f"{path} is not a readable picture: {error}") from error


def find_pairs(folder: Path) -> list[PairedClip]:
    """The clips of a folder, by name.

    Raises PairError when there is none, when a side is missing or empty, or when the sides differ in their files.
    """
    clips = sorted(_clips(folder), key=lambda clip: clip.name)
    if not clips:
        raise PairError(f"{folder} holds no clips; a clip is a folder with the folders blur and sharp in it")
    return clips


def _clips(folder: Path) -> Iterator[PairedClip]:
    for clip in folder.glob("*"):
        if not (clip / "blur").is_dir() and not (clip / "sharp").is_dir():
            continue
        blurred, sharp = (tuple(sorted((clip / side).glob("*.png"))) for side in ("blur", "sharp"))
        if not blurred or [path.name for path in blurred] != [path.name for path in sharp]:
            raise PairError(
                f"{clip} has {len(blurred)} pictures in blur and {len(sharp)} in sharp; both must hold the same names"
            )
        yield PairedClip(clip.name, blurred, sharp)


def write_pair(folder: Path, blurred: list[Frame], sharp: list[Frame]) -> None:
    """Writes one clip, frames (H, W, 3) uint8, in the layout of this module."""
    for side, frames in (("blur", blurred), ("sharp", sharp)):
        (folder / side).mkdir(parents=True, exist_ok=True)
        for number, frame in enumerate(frames):
            Image.fromarray(frame).save(folder / side / f"{number:05d}.png")
