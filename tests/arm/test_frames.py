"""Frames of the plugin and of Deblurrer against those that the wheel for x86-64 makes of the same clips."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests import system_frames, tolerances
from tests.arm.arm import Arm
from tests.system_frames import assert_close, of_case

Frames = dict[str, np.ndarray]

SCRIPT = Path(system_frames.__file__)
# Samples of each kind and each kind of schedule: qemu takes its time.
CASES = ("DTB YUV420P8", "DTB YUV444PS", "DBLRNet", "SharpSequence", "Deblurrer uint16")


@pytest.fixture(scope="module")
def both(arm: Arm, tmp_path_factory: pytest.TempPathFactory) -> tuple[Frames, Frames]:
    """All frames, as ARM makes them and as x86-64 does."""
    folder = tmp_path_factory.mktemp("frames")
    arm.python(SCRIPT, "ONNXRuntime", folder / "arm.npz", *CASES, cwd=folder)
    subprocess.run([sys.executable, SCRIPT, "ONNXRuntime", folder / "x86.npz", *CASES], check=True)
    with np.load(folder / "arm.npz") as made, np.load(folder / "x86.npz") as expected:
        return dict(made), dict(expected)


@pytest.mark.parametrize("case", CASES)
def test_the_frames_are_those_of_x86(both: tuple[Frames, Frames], case: str) -> None:
    made, expected = (of_case(found, case) for found in both)
    assert_close(made, expected, case, tolerances.MACHINES)
