"""What the built-in detector finds on real footage with known cuts, and where it sees cuts that are none.

Scenes of three clips are put one behind the other, each from a clip other than the one before, and changed by what
footage has. A model that counts the frames of its state shows every cut. `pytest -s` prints the table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import vapoursynth as vs

from tests import tiny_models
from tests.plugin import clips
from tests.tolerances import CUTS_FOUND, FALSE_CUTS

Pictures = npt.NDArray[np.float32]

WIDTH, HEIGHT = 200, 112
LENGTH = 24
"""Frames of a scene."""
# Between the clips' own cuts.
STARTS = {"bikes": (0, 90, 200), "bigbuckbunny": (0, 50, 100), "carphone_pristine": (0, 40, 90)}
NOISE = 0.01


@dataclass(frozen=True)
class Counted:
    found: int
    cuts: int
    false: int
    others: int


@pytest.fixture(scope="module")
def scenes(video: Path) -> list[Pictures]:
    """(frames, height, width, 3) each, in turn from the three clips."""
    found = []
    for turn in range(3):
        for name, starts in STARTS.items():
            clip = vs.core.bs.VideoSource(str(video.with_name(f"{name}.mp4")), cachemode=0)
            clip = clip.resize.Bicubic(WIDTH, HEIGHT, format=vs.RGBS, matrix_in=vs.MATRIX_ST170_M)
            numbers = range(starts[turn], starts[turn] + LENGTH)
            found.append(np.stack([np.stack(clips.frame_planes(clip, n), -1) for n in numbers]))
    return found


def as_it_is(scene: Pictures, _: np.random.Generator) -> Pictures:
    return scene


def shaken(scene: Pictures, random: np.random.Generator) -> Pictures:
    """Moved by up to 4 % of the width from frame to frame."""
    moves = random.integers(-8, 9, (len(scene), 2))
    return np.stack([np.roll(frame, tuple(move), (0, 1)) for frame, move in zip(scene, moves, strict=True)])


def flickering(scene: Pictures, _: np.random.Generator) -> Pictures:
    """Every second frame darker by a tenth."""
    return scene * np.where(np.arange(len(scene)) % 2, 0.9, 1).astype(np.float32)[:, None, None, None]


def faded(scene: Pictures, _: np.random.Generator) -> Pictures:
    """From black and to black again, so that no cut shows."""
    levels = np.abs(np.linspace(-1, 1, len(scene), dtype=np.float32))
    return scene * (1 - levels)[:, None, None, None]


CHANGES: dict[str, Callable[[Pictures, np.random.Generator], Pictures]] = {
    "as it is": as_it_is,
    "shaken": shaken,
    "flickering": flickering,
    "faded": faded,
}


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("models") / "counter.onnx"
    file.write_bytes(tiny_models.counter())
    return file


def cuts_seen(pictures: Pictures, model: Path) -> set[int]:
    """Numbers of the frames before which the plugin sees a cut."""
    count = len(pictures)
    blank = vs.core.std.BlankClip(width=WIDTH, height=HEIGHT, format=vs.RGBS, length=count, keep=True)
    clip = clips.painted(blank, lambda n, plane, shape, dtype: pictures[n, ..., plane])
    out = vs.core.vsdeblur.Model(clip, str(model), segment=count, preroll=0)
    counts = [round(float(clips.frame_planes(out, n)[0][0, 0] - pictures[n, 0, 0, 0]) * 256) for n in range(count)]
    assert counts[0] == 1
    assert all(b in (1, a + 1) for a, b in zip(counts, counts[1:], strict=False))
    return {n for n in range(1, count) if counts[n] == 1}


def counted(scenes: list[Pictures], change: str, brightness: float, model: Path) -> Counted:
    random = np.random.default_rng(7)
    changed = np.concatenate([CHANGES[change](scene, random) for scene in scenes]) * np.float32(brightness)
    noisy = np.clip(changed + random.normal(0, NOISE, changed.shape).astype(np.float32), 0, 1)
    seen, cuts = cuts_seen(noisy, model), set(range(LENGTH, len(noisy), LENGTH))
    return Counted(len(seen & cuts), len(cuts), len(seen - cuts), len(noisy) - 1 - len(cuts))


@pytest.mark.parametrize(
    ("change", "brightness"), [*((change, 1) for change in CHANGES), *(("shaken", part) for part in (0.25, 0.1))]
)
def test_cuts_of_real_footage(scenes: list[Pictures], counter: Path, change: str, brightness: float) -> None:
    found = counted(scenes, change, brightness, counter)
    print(f"{change}, brightness {brightness}: {found}")
    if change != "faded":
        assert found.found >= CUTS_FOUND[brightness] * found.cuts
    assert found.false <= FALSE_CUTS * found.others
