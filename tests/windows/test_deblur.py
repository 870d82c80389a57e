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


LOCKED = """
from pathlib import Path
from vsdeblur import Error
from vsdeblur.video.journal import Journal

first, second = Journal(Path("scharf.mkv")), Journal(Path("scharf.mkv"))
first.open()
try:
    second.open()
except Error as error:
    print(error)
first.close()
second.open()
second.close()
print(*Path().glob("*.vsdeblur"))
"""


def on_linux(*arguments: str, cwd: Path, given: bytes = b"") -> bytes:
    command = [sys.executable, "-m", "vsdeblur", "deblur", *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, input=given)
    assert done.returncode == 0, done.stderr
    return done.stdout


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


def test_pipes_carry_every_byte(wine: Wine, folder: Path) -> None:
    write_clip(folder / "unscharf.y4m", frames=3)
    given = (folder / "unscharf.y4m").read_bytes()
    done = wine.run("vsdeblur", "deblur", "-", "-", *ARGUMENTS[:2], cwd=folder, given=given)
    assert done.status == 0, done.err
    assert done.out == on_linux("-", "-", *ARGUMENTS[:2], cwd=folder, given=given)
    assert len(done.out) > 3 * 64 * 48 * 3 // 2


def test_one_process_at_a_time_works_on_a_file(wine: Wine, folder: Path) -> None:
    (folder / "locked.py").write_text(LOCKED)
    done = wine.run("python", "locked.py", cwd=folder)
    assert done.status == 0, done.err
    assert done.text.splitlines() == ["another vsdeblur is at work on scharf.mkv", ""]
