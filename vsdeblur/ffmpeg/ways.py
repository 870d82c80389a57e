"""The three ways to run a model in FFmpeg, and what their filter graphs share.

``dnn``      stock FFmpeg 9 (``dnn_processing`` with the ONNX backend), for models of luma without state: ``tile``
             stacks the window, and the model is the tall form of the file (``tall``), kept in the user's cache.
``wrapper``  the same FFmpeg with ``libvsdeblur_dnn.so`` before ONNX Runtime, for every model that gives one frame for
             a frame: the library keeps window and state.
``frei0r``   any FFmpeg with the frei0r plugin.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, get_args

from vsdeblur import models
from vsdeblur._engine import Error

__all__ = ["CONVERTED", "WAYS", "Way", "escaped", "find_model", "opacity"]

Way = Literal["dnn", "wrapper", "frei0r"]
WAYS: tuple[Way, ...] = get_args(Way)

# A conversion of pixel formats without dither.
CONVERTED = "scale=flags=accurate_rnd+full_chroma_int+bicubic:sws_dither=none"

# What an option's value and then the graph around it take for their own (ffmpeg-filters, "Notes on filtergraph
# escaping"; libavutil/avstring.c, av_get_token).
_SPECIAL = ("\\':", "\\'[],;")


def find_model(name: str) -> Path:
    """The file that a name or a path means: what holds a ``/`` or ends in ``.onnx`` is a path. Raises Error."""
    if "/" in name or name.endswith(".onnx"):
        return models.find(model=name)[0].absolute()
    return models.find(name, precision="fp32")[0].absolute()


def opacity(strength: float) -> str:
    """How much of the clip ``blend`` leaves in the picture, for a share of the network's change. Raises Error."""
    if not 0 <= strength <= 1:
        raise Error(f"strength must be between 0 and 1 in FFmpeg's graphs, not {strength:g}")
    return f"{1 - strength:.6g}"


def escaped(path: str | os.PathLike[str], separator: str = "") -> str:
    """A path as the value of a filter's option inside a graph, where ``separator`` may part the value once more."""
    value = os.fspath(path)
    for special in (f"\\'{separator}" if separator else "", *_SPECIAL):
        value = "".join("\\" + character if character in special else character for character in value)
    return value
