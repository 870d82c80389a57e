"""Clips of noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Frame = npt.NDArray[Any]


def noise(dtype: npt.DTypeLike, *shape: int, seed: int = 0) -> Frame:
    """Random samples of the whole range: of an integer type, or -0.5..1.5 for floats."""
    random = np.random.default_rng(seed)
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return random.uniform(-0.5, 1.5, shape).astype(kind)
    return random.integers(0, np.iinfo(kind).max, shape, dtype=kind, endpoint=True)


def calm(length: int, height: int = 9, width: int = 11) -> list[Frame]:
    """RGB frames of uint8 that differ, but too little for a scene cut: one picture with noise, brighter each time."""
    picture = noise(np.uint8, height, width, 3, seed=length) // 3
    return [picture + noise(np.uint8, height, width, 3, seed=n) // 8 + np.uint8(n % 100) for n in range(length)]


def same(a: list[Frame], b: list[Frame]) -> bool:
    """Whether two clips are equal bit for bit, types and shapes too."""
    return len(a) == len(b) and all(
        x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes() for x, y in zip(a, b, strict=True)
    )
