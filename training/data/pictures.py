"""Reading pictures, with errors that name the file. Needs no torch, since evaluation runs without it."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

SUFFIXES = {".jpg", ".jpeg", ".png"}


class DataError(ValueError):
    """A data folder or file that cannot be used; the message names it."""


def open_picture(source: Path | io.BytesIO, name: str = "") -> Image.Image:
    """A picture, decoded, as RGB. Raises DataError when it cannot be read; `name` is what to call one in memory."""
    try:
        with Image.open(source) as image:
            return image.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        # Pillow raises a SyntaxError for a PNG chunk with a wrong checksum.
        raise DataError(f"{name or source} is not a readable picture: {error}") from error
