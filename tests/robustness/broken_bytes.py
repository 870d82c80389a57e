"""Damage that any file may have, from a seed."""

from __future__ import annotations

import random

__all__ = ["flipped", "truncated"]


def truncated(data: bytes, chance: random.Random) -> bytes:
    """The beginning alone."""
    return data[: chance.randrange(len(data))]


def flipped(data: bytes, chance: random.Random, count: int, begin: int = 0, room: int | None = None) -> bytes:
    """``count`` bits are others, among the ``room`` bytes from ``begin`` on; None: all of them."""
    changed = bytearray(data)
    for _ in range(count):
        changed[begin + chance.randrange(len(changed) if room is None else room)] ^= 1 << chance.randrange(8)
    return bytes(changed)
