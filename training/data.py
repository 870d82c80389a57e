"""Photographs as training material: reading, scaling and random crops."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Generator, Tensor

from training.pictures import SUFFIXES, open_picture
from training.pictures import DataError as DataError

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

    def __init__(self, archive: Path, smallest: int) -> None:
        """Reads `archive`, keeping pictures of at least `smallest` pixels a side.

        Raises DataError when it is missing, corrupt or empty.
        """
        self.pictures: list[Tensor] = []
        try:
            with zipfile.ZipFile(archive) as packed:
                for name in packed.namelist():
                    self._add(open_picture(io.BytesIO(packed.read(name)), f"{archive}:{name}"), smallest)
        except (OSError, zipfile.BadZipFile) as error:
            raise DataError(f"{archive} is not a readable photograph archive: {error}") from error
        if not self.pictures:
            raise DataError(f"{archive} holds no photograph of at least {smallest} pixels a side")

    def _add(self, image: Image.Image, smallest: int) -> None:
        for longest in LONGEST_SIDES:
            scaled = _scaled(image, longest)
            if min(scaled.size) >= smallest:
                self.pictures.append(torch.from_numpy(np.asarray(scaled).copy()))

    def crops(self, count: int, size: int, generator: Generator) -> Tensor:
        """(count, 3, size, size) random crops, sRGB 0..1, flipped and turned at random."""
        return torch.stack([self._crop(size, generator) for _ in range(count)])

    def _crop(self, size: int, generator: Generator) -> Tensor:
        def draw(limit: int) -> int:
            return int(torch.randint(limit, (1,), generator=generator))

        for _ in range(self.TRIES):
            picture = self.pictures[draw(len(self.pictures))]
            top, left = draw(picture.shape[0] - size + 1), draw(picture.shape[1] - size + 1)
            crop = picture[top : top + size, left : left + size].float()
            middle = crop[size // 4 : -size // 4, size // 4 : -size // 4]
            gradient = (middle[1:] - middle[:-1]).abs().mean() + (middle[:, 1:] - middle[:, :-1]).abs().mean()
            if gradient >= self.MIN_GRADIENT:
                break
        crop = torch.rot90(crop.permute(2, 0, 1), draw(4), (1, 2))
        return (crop.flip(2) if draw(2) else crop) / 255
