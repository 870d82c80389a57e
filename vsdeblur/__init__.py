"""Video deblurring for VapourSynth, FFmpeg, editors, the command line and numpy."""

from __future__ import annotations

from importlib import import_module
from pkgutil import extend_path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vsdeblur._engine import Error
    from vsdeblur.deblurrer import Deblurrer, Statistics

__all__ = ["Deblurrer", "Error", "Statistics"]

# `python -m training.evaluate` in a checkout finds the checkout's package first; the binding is in the installed one.
__path__ = extend_path(__path__, __name__)

# Imported when first asked for: vsdeblur.contract serves the checkout too, which has neither the binding nor numpy.
_HOMES = {"Deblurrer": "vsdeblur.deblurrer", "Error": "vsdeblur._engine", "Statistics": "vsdeblur.deblurrer"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'vsdeblur' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
