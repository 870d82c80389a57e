"""Training material: random crops of photographs, which training.data.blur sets in motion, and of recorded pairs."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Generator, Tensor

from training.data.pairs import PairedClip, find_pairs, read_picture, read_pictures
from training.data.pictures import SUFFIXES, open_picture
from training.data.pictures import DataError as DataError

# Of so many photographs of an archive, the first is held back from training, to measure on.
HELD_BACK = 8
# Longest sides that a photograph is scaled to: strong scaling leaves pixel-sharp texture, weak scaling the softness of
# ordinary video.
LONGEST_SIDES = (1600, 960, 640)


def pack_photographs(folder: Path, archive: Path, quality: int = 92) -> int:
    """Scales every photograph under `folder` to at most `LONGEST_SIDES[0]` and stores them as JPEG in one zip file.

    Returns the number of photographs. Raises DataError when a picture is corrupt or none is found.
    """
    partial = archive.with_name(archive.name + ".part")
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and not path.is_symlink())
    if not files:
        raise DataError(f"{folder} holds no photographs; {', '.join(sorted(SUFFIXES))} are read")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as packed:
            for path in files:
                buffer = io.BytesIO()
                _scaled(open_picture(path), LONGEST_SIDES[0]).save(buffer, "JPEG", quality=quality, subsampling=0)
                name = "_".join(path.relative_to(folder).with_suffix(".jpg").parts)
                packed.writestr(zipfile.ZipInfo(name), buffer.getvalue())
        partial.replace(archive)
    finally:
        partial.unlink(missing_ok=True)
    return len(files)


def _scaled(image: Image.Image, longest: int) -> Image.Image:
    factor = longest / max(image.size)
    if factor >= 1:
        return image
    width, height = (max(1, round(side * factor)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


class Photographs:
    """Photographs of an archive made by `pack_photographs`, held in memory at several scales.

    Crops come out sharp and textured: a crop whose mean absolute gradient is below `MIN_GRADIENT` is drawn again, since
    blur leaves no trace in a plain sky.
    """

    MIN_GRADIENT = 10.0
    TRIES = 6

    def __init__(self, archive: Path, smallest: int, *, held_back: bool = False) -> None:
        """Reads `archive`, keeping pictures of at least `smallest` pixels a side.

        One photograph in `HELD_BACK` is left out, or with `held_back` all others are; an only one is not held back.
        Raises DataError when the archive is missing or corrupt, or nothing is left.
        """
        self.pictures: list[Tensor] = []
        try:
            with zipfile.ZipFile(archive) as packed:
                names = packed.namelist()
                apart = names[::HELD_BACK] if len(names) > 1 else []
                for name in names:
                    if (name in apart) == held_back:
                        self._add(open_picture(io.BytesIO(packed.read(name)), f"{archive}:{name}"), smallest)
        except (OSError, zipfile.BadZipFile) as error:
            raise DataError(f"{archive} is not a readable photograph archive: {error}") from error
        if not self.pictures:
            what = "photograph to hold back" if held_back else "photograph"
            raise DataError(f"{archive} holds no {what} of at least {smallest} pixels a side")

    def _add(self, image: Image.Image, smallest: int) -> None:
        for longest in LONGEST_SIDES:
            scaled = _scaled(image, longest)
            if min(scaled.size) >= smallest:
                self.pictures.append(torch.from_numpy(np.asarray(scaled).copy()))

    def crops(self, count: int, size: int, generator: Generator) -> Tensor:
        """(count, 3, size, size) random crops, sRGB 0..1, flipped and turned at random."""
        return torch.stack([self._crop(size, generator) for _ in range(count)])

    def _crop(self, size: int, generator: Generator) -> Tensor:
        for _ in range(self.TRIES):
            picture = self.pictures[_draw(len(self.pictures), generator)]
            top, left = (_draw(side - size + 1, generator) for side in picture.shape[:2])
            crop = picture[top : top + size, left : left + size]
            if _gradient(crop[size // 4 : -size // 4, size // 4 : -size // 4]) >= self.MIN_GRADIENT:
                break
        return _turned(crop, generator)


def _draw(limit: int, generator: Generator) -> int:
    return int(torch.randint(limit, (1,), generator=generator))


def _gradient(picture: Tensor) -> float:
    """Mean absolute difference of neighbours down and across, summed, of (H, W, 3) uint8."""
    values = picture.float()
    return float((values[1:] - values[:-1]).abs().mean() + (values[:, 1:] - values[:, :-1]).abs().mean())


def _turned(pictures: Tensor, generator: Generator) -> Tensor:
    """(..., H, W, 3) uint8 to (..., 3, H, W) in 0..1, turned and flipped at random, all alike."""
    moved = torch.rot90(pictures.movedim(-1, -3).float(), _draw(4, generator), (-2, -1))
    return (moved.flip(-1) if _draw(2, generator) else moved) / 255


class Recordings:
    """Folders of pairs in any layout of training.data.datasets, read from disk as crops are drawn.

    Like those of Photographs, crops have texture: a place whose sharp middle frame has a mean absolute gradient below
    `MIN_GRADIENT` is drawn again. Decoding whole pictures takes most of the time, so up to `CACHE_BYTES` of them are
    kept in memory; sets of large pictures that go far beyond are better cut into smaller ones once.
    """

    MIN_GRADIENT = 10.0
    TRIES = 6
    CACHE_BYTES = 1 << 30

    def __init__(self, folders: Sequence[Path], smallest: int, layout: str | None = None) -> None:
        """Lists the clips of `folders`, keeping those of at least `smallest` pixels a side.

        Raises DataError when a folder cannot be used or no clip is left.
        """
        found = [clip for folder in folders for clip in find_pairs(folder, layout)]
        sizes = [open_picture(clip.sharp[0]).size for clip in found]
        self.clips = [clip for clip, size in zip(found, sizes, strict=True) if min(size) >= smallest]
        if not self.clips:
            named = " and ".join(map(str, folders))
            raise DataError(f"{named} holds no clip of at least {smallest} pixels a side")
        largest = max(3 * width * height for width, height in sizes)
        self._read = lru_cache(maxsize=self.CACHE_BYTES // largest)(read_picture)

    def crops(
        self, count: int, frames: int, size: int, generator: Generator, instants: int = 1
    ) -> tuple[Tensor, Tensor]:
        """Random crops of runs of frames, flipped and turned at random.

        Returns:
            blurred (count, frames, 3, size, size) and sharp, the same or with more than one instant
            (count, frames, instants, 3, size, size), as training.data.blur.synthesise does; sRGB 0..1.

        Raises DataError when no clip has as many frames and instants, or naming a picture that cannot be used.
        """
        fitting = [
            clip
            for clip in self.clips
            if len(clip.sharp) >= frames and (instants == 1 or len(clip.instants) == instants)
        ]
        if not fitting:
            of = f" with {instants} instants" if instants > 1 else ""
            raise DataError(f"none of the {len(self.clips)} recorded clips has {frames} frames{of}")
        drawn = [
            self._crop(fitting[_draw(len(fitting), generator)], frames, size, generator, instants) for _ in range(count)
        ]
        clips = torch.stack(drawn)
        sharp = clips[:, :, 1:] if instants > 1 else clips[:, :, 1]
        return clips[:, :, 0].contiguous(), sharp.contiguous()

    def _crop(self, clip: PairedClip, frames: int, size: int, generator: Generator, instants: int) -> Tensor:
        """(frames, 1 + instants, 3, size, size): each blurred frame and then its sharp ones."""
        start = _draw(len(clip.sharp) - frames + 1, generator)
        sides = (clip.blurred, *(clip.instants if instants > 1 else (clip.sharp,)))
        paths = [side[number] for number in range(start, start + frames) for side in sides]
        pictures = torch.from_numpy(np.stack(read_pictures(paths, self._read)))
        pictures = pictures.view(frames, len(sides), *pictures.shape[1:])
        if min(pictures.shape[2:4]) < size:
            raise DataError(f"{clip.name} is smaller than {size} pixels a side")
        for _ in range(self.TRIES):
            top, left = (_draw(side - size + 1, generator) for side in pictures.shape[2:4])
            crop = pictures[:, :, top : top + size, left : left + size]
            if _gradient(crop[frames // 2, len(sides) // 2]) >= self.MIN_GRADIENT:
                break
        return _turned(crop, generator)
