"""numpy frames to the engine's planes, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from vsdeblur._engine import Error, Image

__all__ = ["DTYPES", "Frame", "Layout"]

Frame: TypeAlias = npt.NDArray[Any]
"""(height, width) gray or (height, width, 3) RGB, full range: uint8, uint16 (all 16 bits), or float32 in 0..1."""

DTYPES = (np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(np.float32))


@dataclass(frozen=True)
class Layout:
    """What all frames of a clip have in common."""

    height: int
    width: int
    rgb: bool
    dtype: np.dtype[Any]
    """With the byte order of the frames."""

    @classmethod
    def of(cls, frame: Frame, name: str) -> Layout:
        """The layout of a frame. Raises Error, which calls it ``name``, for one that is not allowed."""
        if frame.dtype.newbyteorder("=") not in DTYPES:
            raise Error(f"{name} must be of uint8, uint16 or float32, not {frame.dtype}")
        is_gray = frame.ndim == 2
        if not is_gray and (frame.ndim != 3 or frame.shape[2] != 3):
            raise Error(f"{name} must be of shape (height, width) or (height, width, 3), not {frame.shape}")
        if frame.size == 0:
            raise Error(f"{name} must have at least 1 pixel, and its shape is {frame.shape}")
        return cls(frame.shape[0], frame.shape[1], not is_gray, frame.dtype)

    def __str__(self) -> str:
        shape = (self.height, self.width, 3) if self.rgb else (self.height, self.width)
        return f"{shape} {self.dtype}"

    @property
    def bits(self) -> int:
        return self.dtype.itemsize * 8

    @property
    def is_floating(self) -> bool:
        return self.dtype.kind == "f"

    def planes(self, frame: Frame) -> Frame:
        """A copy, contiguous and in native byte order: (height, width), or (3, height, width) for RGB."""
        planes = frame.transpose(2, 0, 1) if self.rgb else frame
        return np.array(planes, dtype=self.dtype.newbyteorder("="), order="C", copy=True)

    def frame(self, image: Image) -> Frame:
        """The image as a new array."""
        if not self.rgb:
            return np.array(image.plane(0), dtype=self.dtype)
        return np.stack([np.asarray(image.plane(plane)) for plane in range(3)], axis=-1).astype(self.dtype, copy=False)
