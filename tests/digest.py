"""What tests compare long bytes by."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

__all__ = ["digest"]


def digest(content: Path | bytes) -> str:
    """Of a file or of bytes: where two of these differ, pytest, which in CI draws whole differences, draws a line."""
    return sha256(content.read_bytes() if isinstance(content, Path) else content).hexdigest()
