"""vsdeblur deblur, in a folder whose name is not everybody's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.windows.conftest import frames_of, size_of, write_clip
from tests.windows.wine import Wine

ARGUMENTS = ("--arg", "provider=ONNXRuntime", "--lossless", "--codec", "ffv1")


def on_linux(*arguments: str | Path, cwd: Path) -> None:
    command = [sys.executable, "-m", "vsdeblur", "deblur", *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def leftovers(folder: Path) -> set[str]:
    """Names of files and folders that a finished command should not leave."""
    return {path.name for path in folder.iterdir() if not path.name.endswith((".mkv", ".bsindex"))}


@pytest.mark.parametrize("more", [(), ("--workers", "2", "--arg", "segment=4")])
def test_makes_the_frames_that_linux_makes(wine: Wine, folder: Path, more: tuple[str, ...]) -> None:
    write_clip(folder / "unscharf Ω.mkv")
    done = wine.run("vsdeblur", "deblur", "unscharf Ω.mkv", "scharf Ω.mkv", *ARGUMENTS, *more, cwd=folder)
    assert done.status == 0, done.err
    on_linux("unscharf Ω.mkv", "linux.mkv", *ARGUMENTS, *more, cwd=folder)
    made = frames_of(folder / "scharf Ω.mkv")
    np.testing.assert_array_equal(made, frames_of(folder / "linux.mkv"))
    assert (np.array(made) != frames_of(folder / "unscharf Ω.mkv")).any()
    assert not leftovers(folder)


def test_whole_paths_odd_sizes_and_a_model_as_a_file(wine: Wine, folder: Path) -> None:
    source, model = folder / "ungerade.mkv", folder / "netz Ω.onnx"
    write_clip(source, width=33, height=31, frames=3)
    model.write_bytes((wine.site / "vsdeblur/weights/DTB.onnx").read_bytes())
    done = wine.run("vsdeblur", "deblur", source, folder / "scharf.mkv", "--model", model, *ARGUMENTS, cwd=folder)
    assert done.status == 0, done.err
    assert size_of(folder / "scharf.mkv") == (33, 31, 3)
    model.unlink()
    assert not leftovers(folder)


def test_a_file_that_is_not_there_is_one_sentence(wine: Wine, folder: Path) -> None:
    done = wine.run("vsdeblur", "deblur", "keine.mkv", "scharf.mkv", cwd=folder)
    assert done.status == 1
    assert done.err.replace("\r\n", "\n") == "vsdeblur: there is no file keine.mkv\n"


def test_pictures_through_a_pattern(wine: Wine, folder: Path) -> None:
    write_clip(folder / "unscharf.mkv", frames=3)
    (folder / "bilder").mkdir()
    done = wine.run("vsdeblur", "deblur", "unscharf.mkv", r"bilder\%03d.png", *ARGUMENTS[:2], cwd=folder)
    assert done.status == 0, done.err
    assert len(list((folder / "bilder").glob("*.png"))) == 3
