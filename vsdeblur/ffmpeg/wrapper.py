"""``libvsdeblur_dnn.so``: where it is, and what a process needs to run FFmpeg with it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from vsdeblur import ffmpeg
from vsdeblur._engine import Error
from vsdeblur._system import HAS_FFMPEG_LIBRARIES

__all__ = ["LIBRARY", "environment", "library"]

LIBRARY = "libvsdeblur_dnn.so"


def library() -> str:
    """The path of the library in the installed package. Raises Error if it is not there."""
    for folder in ffmpeg.__path__:
        path = Path(folder, LIBRARY)
        if path.is_file():
            return str(path)
    if not HAS_FFMPEG_LIBRARIES:
        raise Error("vsdeblur has a wrapper for FFmpeg on Linux only")
    raise Error(f"{LIBRARY} is not in {ffmpeg.__path__[0]}: this vsdeblur was built without it")


def environment(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment ``base`` (the process's own by default) for one run of ffmpeg with the library loaded first.

    A change of the frames' size in mid-stream, at which ffmpeg would drop frames, is then an error. Raises Error as
    above.
    """
    found = dict(os.environ if base is None else base)
    preload = library()
    if any(character in preload for character in " :"):
        raise Error(f"{preload} cannot be preloaded: the loader takes no path with a space or a colon")
    found["LD_PRELOAD"] = ":".join(filter(None, [preload, found.get("LD_PRELOAD", "")]))
    found["VSDEBLUR_DNN_ONE_CLIP"] = "1"
    return found
