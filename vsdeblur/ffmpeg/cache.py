"""Files that are made for FFmpeg and kept: where they lie, and how they are written."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from vsdeblur._system import cache_home

__all__ = ["cache_folder", "write_whole"]


def cache_folder() -> Path:
    """``vsdeblur`` in ``$XDG_CACHE_HOME``, or in ``~/.cache`` where that variable is no absolute path; on Windows in
    ``%LOCALAPPDATA%``."""
    return cache_home() / "vsdeblur"


def write_whole(path: Path, data: bytes) -> None:
    """A reader sees the old file (or none) or the new one, never a part. Raises OSError."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
