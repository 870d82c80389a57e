"""The source distribution: what comes of it is what comes of the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.packaging.libraries import SHOWN

ROOT = Path(__file__).resolve().parents[2]
PINNED = ROOT / "scripts/pinned/runtime.txt"
WHEEL = Path(os.environ["VSDEBLUR_WHEEL"])


def run(*command: str | Path, **variables: str) -> None:
    """Runs a Python module, which must succeed."""
    command = (sys.executable, "-m", *command)
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    run("build", "--sdist", "--outdir", folder, ROOT, PIP_CONSTRAINT=str(PINNED))
    (file,) = folder.glob("vsdeblur-*.tar.gz")
    return file


def test_it_holds_what_the_package_is_made_of_and_no_more(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        parts = {name.split("/")[1] for name in archive.getnames() if "/" in name}
    documents = {"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md"}
    assert parts - documents == {"CMakeLists.txt", "PKG-INFO", "ffmpeg_filter", "pyproject.toml", "vsdeblur"}


def test_its_wheel_has_the_same_files_and_native_code(sdist: Path, tmp_path: Path) -> None:
    run("pip", "wheel", "--no-deps", "--build-constraint", PINNED, "--wheel-dir", tmp_path, sdist)
    (wheel,) = tmp_path.glob("vsdeblur-*.whl")
    with zipfile.ZipFile(wheel) as made, zipfile.ZipFile(WHEEL) as wanted:
        files = {name for name in wanted.namelist() if not name.endswith("/") and ".dist-info/" not in name}
        assert {name for name in made.namelist() if ".dist-info/" not in name} == files
        assert [name for name in SHOWN if made.read(name) != wanted.read(name)] == []
