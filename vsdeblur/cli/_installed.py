"""Whether an installed distribution's files are those that its wheel had, by the checksums in its RECORD.

importlib.metadata's own list leaves out the files that are missing.
"""

from __future__ import annotations

import csv
import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution
from pathlib import Path

__all__ = ["damage", "recorded"]


def recorded(distribution: Distribution) -> dict[str, str]:
    """Checksums, such as ``sha256=...``, by names of files.

    All but RECORD itself, what Python compiles, and the command's script, which ``pip install --target`` puts elsewhere
    than RECORD says.
    """
    rows = csv.reader((distribution.read_text("RECORD") or "").splitlines())
    return {row[0]: row[1] for row in rows if len(row) == 3 and row[1] and not row[0].startswith("..")}


def damage(distribution: Distribution, checksums: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each file that is missing, cannot be read, or is another one."""
    for name, checksum in checksums.items():
        if sentence := _damage(Path(str(distribution.locate_file(name))), checksum):
            yield f"{name} {sentence}"


def _damage(file: Path, checksum: str) -> str:
    algorithm, _, wanted = checksum.partition("=")
    try:
        digest = hashlib.new(algorithm, file.read_bytes()).digest()
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    is_same = urlsafe_b64encode(digest).rstrip(b"=").decode() == wanted
    return "" if is_same else "is not as it was installed"
