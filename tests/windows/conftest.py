"""What the tests of the wheel for Windows share.

tests/run names the folder that scripts/windows.sh fills, with the wheel installed for a Python for Windows:
VSDEBLUR_TEST_WINDOWS. The wheel for Linux is installed where pytest runs.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.windows.wine import Wine


@pytest.fixture(scope="session")
def wine() -> Iterator[Wine]:
    folder = os.environ.get("VSDEBLUR_TEST_WINDOWS")
    if not folder:
        pytest.skip("VSDEBLUR_TEST_WINDOWS is not set: it names the folder that scripts/windows.sh fills")
    found = Wine(Path(folder))
    # Else wine would start its services anew for every program. They keep what they are started with, so no pipe.
    subprocess.run(["wineserver", "--wait"], env=found.environment, check=True)
    subprocess.run(["wineserver", "--persistent"], env=found.environment, check=True)
    nowhere = subprocess.DEVNULL
    subprocess.run(["wineboot"], env=found.environment, check=True, stdin=nowhere, stdout=nowhere, stderr=nowhere)
    yield found
    subprocess.run(["wineserver", "--kill"], env=found.environment, check=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder whose name has a space and letters that no single-byte alphabet has all of."""
    path = tmp_path / "Bücher Ωμέγα 映画"
    path.mkdir()
    return path


def write_clip(path: Path, width: int = 64, height: int = 48, frames: int = 6) -> None:
    """A short video of a pattern that moves, in YUV420P8: .y4m, or .mkv."""
    with av.open(path, "w") as file:
        codec = "wrapped_avframe" if path.suffix == ".y4m" else "libx264" if width % 2 == 0 else "ffv1"
        stream = file.add_stream(codec, rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        y, x = np.mgrid[:height, :width]
        for number in range(frames):
            gray = 128 + 80 * np.sin(0.4 * (x + 2 * number)) * np.cos(0.5 * y)
            picture = np.repeat(gray.astype(np.uint8)[..., None], 3, axis=2)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode())


def frames_of(path: Path) -> list[np.ndarray]:
    """The decoded frames of a video: Y with the rows of U and V below, as PyAV has them."""
    with av.open(path) as file:
        return [frame.to_ndarray() for frame in file.decode(video=0)]


def size_of(path: Path) -> tuple[int, int, int]:
    """Width, height and number of frames of a video."""
    with av.open(path) as file:
        stream = file.streams.video[0]
        return stream.width, stream.height, sum(1 for _ in file.decode(stream))
