"""Files that are made for FFmpeg and kept: where they lie, and how they are written."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

__all__ = ["cache_folder", "write_whole"]


def cache_folder() -> Path:
    """``$XDG_CACHE_HOME/vsdeblur``, or ``~/.cache/vsdeblur`` where that variable is no absolute path."""
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(chosen) if os.path.isabs(chosen) else Path.home() / ".cache"
    return base / "vsdeblur"


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
