"""What the tests of kinds of files share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av

from tests.cli.conftest import pictures
from vsdeblur.cli import main
from vsdeblur.video.padding import plane_rows

COUNT = 12
RATE = 25
SOUND = ("-f", "lavfi", "-i", f"sine=duration={COUNT / RATE}")


def picture(size: str = "96x64") -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate={RATE}:duration={COUNT / RATE}")


def deblurred(source: Path, target: Path, *options: str) -> Path:
    assert main(["deblur", str(source), str(target), *options]) == 0
    return target


def luma(file: Path) -> list[Any]:
    """Of each frame, as PyAV decodes it."""
    return [plane_rows(frame.planes[0], frame.width).copy() for frame in pictures(file)]


def stream(file: Path, number: int = 0) -> Any:
    with av.open(file) as container:
        return container.streams[number]
