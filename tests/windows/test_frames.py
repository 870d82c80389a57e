"""Frames of the plugin and of Deblurrer against those that the wheel for Linux makes of the same clips."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests import system_frames, tolerances
from tests.system_frames import CASES, assert_close, of_case
from tests.windows.wine import Wine

Frames = dict[str, np.ndarray]
Pair = Callable[[str], tuple[Frames, Frames]]

SCRIPT = Path(system_frames.__file__)


@pytest.fixture(scope="module")
def both(wine: Wine, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """All frames of a runtime, as Windows makes them and as Linux does."""

    @cache
    def make(runtime: str) -> tuple[Frames, Frames]:
        folder = tmp_path_factory.mktemp("frames")
        done = wine.run("python", SCRIPT, runtime, folder / "windows.npz", cwd=folder)
        assert done.status == 0, done.err
        subprocess.run([sys.executable, SCRIPT, runtime, folder / "linux.npz"], check=True)
        with np.load(folder / "windows.npz") as windows, np.load(folder / "linux.npz") as linux:
            return dict(windows), dict(linux)

    return make


@pytest.mark.parametrize("case", CASES)
def test_onnx_runtime_makes_the_same_frames_bit_by_bit(both: Pair, case: str) -> None:
    windows, linux = (of_case(found, case) for found in both("ONNXRuntime"))
    assert windows.keys() == linux.keys()
    assert len(linux) >= 3
    for name in linux:
        assert windows[name].dtype == linux[name].dtype
        np.testing.assert_array_equal(windows[name], linux[name], err_msg=name)


@pytest.mark.parametrize("case", CASES)
def test_openvino_makes_the_same_frames(both: Pair, case: str) -> None:
    windows, linux = (of_case(found, case) for found in both("OpenVINO"))
    assert_close(windows, linux, case, tolerances.OPENVINO_SYSTEMS)
