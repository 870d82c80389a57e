"""What can be known of paths before work begins."""

from __future__ import annotations

from pathlib import Path

from vsdeblur._engine import Error

__all__ = ["check_source", "check_target"]


def check_source(source: Path) -> None:
    """Raises Error when there is no such file."""
    if not source.is_file():
        raise Error(f"there is no file {source}")


def check_target(target: Path, *, may_replace: bool, hint: str = "") -> None:
    """Raises Error when a file cannot, or must not, be written there. ``hint`` says what else helps."""
    if not target.absolute().parent.is_dir():
        raise Error(f"there is no folder {target.parent}")
    if target.exists() and not may_replace:
        raise Error(f"{target} is there already; --overwrite replaces it{hint}")
