"""Options of the engine as Python's callers give them. Defaults and ranges are the engine's."""

from __future__ import annotations

import numbers
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypedDict, cast

import numpy as np

from vsdeblur._engine import Error

__all__ = ["EngineOptions", "Pair", "engine_options"]

Pair: TypeAlias = int | Sequence[int]
"""One number for both directions, or horizontal and vertical."""

_INT_MAX = 2**31 - 1


class EngineOptions(TypedDict, total=False):
    """The options of vsdeblur._engine.Engine; those that are not there have the engine's defaults."""

    precision: str
    provider: str
    device_id: int
    num_streams: int
    verbosity: int
    tilesize: tuple[int, int]
    overlap: tuple[int, int]
    strength: float
    sc: bool
    sc_threshold: float
    segment: int
    preroll: int
    stride: int
    refine: int


def engine_options(**given: Any) -> EngineOptions:
    """The options that are not None, each converted.

    Raises TypeError for a wrong Python type, and Error for a form that the engine's option cannot hold; the engine
    checks the rest.
    """
    options = {name: _CONVERSIONS[name](name, value) for name, value in given.items() if value is not None}
    return cast(EngineOptions, options)


def _whole(name: str, value: int) -> int:
    """A whole number; those beyond 32 bits are brought to its ends."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, not {value!r}") from None
    return max(-_INT_MAX - 1, min(number, _INT_MAX))


def _flag(name: str, value: int) -> bool:
    """0 or 1."""
    number = _whole(name, bool(value) if isinstance(value, np.bool_) else value)
    if number not in (0, 1):
        raise Error(f"{name} must be 0 or 1, not {number}")
    return bool(number)


def _real(name: str, value: float) -> float:
    """Any real number."""
    if not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number, not {value!r}")
    return float(value)


def _text(name: str, value: str) -> str:
    """Any text."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be text, not {value!r}")
    return value


def _pair(name: str, value: Pair) -> tuple[int, int]:
    """Horizontal and vertical."""
    values = value if isinstance(value, Sequence) else [value]
    if not 1 <= len(values) <= 2:
        raise Error(f"{name} must be one number or two, horizontal and vertical, not {len(values)}")
    return _whole(name, values[0]), _whole(name, values[-1])


_CONVERSIONS: Mapping[str, Callable[[str, Any], Any]] = {
    "precision": _text,
    "provider": _text,
    "device_id": _whole,
    "num_streams": _whole,
    "verbosity": _whole,
    "tilesize": _pair,
    "overlap": _pair,
    "strength": _real,
    "sc": _flag,
    "sc_threshold": _real,
    "segment": _whole,
    "preroll": _whole,
    "stride": _whole,
    "refine": _whole,
}
