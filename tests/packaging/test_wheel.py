"""The wheel, as a user without a compiler gets it: its contents, and `pip install` into empty environments.

tests/run names the wheel and the Pythons: VSDEBLUR_WHEEL (a path) and VSDEBLUR_PYTHONS (paths, one a line).
"""

from __future__ import annotations

import os
import re
import subprocess
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from tests.packaging.libraries import (
    BINDING,
    FREI0R,
    PLUGIN,
    SHOWN,
    SYSTEM_LIBRARIES,
    WRAPPER,
    glibc,
    library,
    needed,
    promised_glibc,
    shown,
)

WHEEL = Path(os.environ["VSDEBLUR_WHEEL"])
PYTHONS = os.environ["VSDEBLUR_PYTHONS"].splitlines()


@pytest.fixture(scope="module")
def names() -> set[str]:
    """The names of all files in the wheel."""
    with zipfile.ZipFile(WHEEL) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def test_one_wheel_serves_every_python_from_3_12_on_many_linuxes() -> None:
    assert re.fullmatch(r"vsdeblur-[0-9.]+-cp312-abi3-manylinux_2_\d+_x86_64\.whl", WHEEL.name)


def test_holds_plugin_manifest_binding_stubs_and_weights(names: set[str]) -> None:
    wanted = {
        PLUGIN,
        "vapoursynth/plugins/vsdeblur/manifest.vs",
        BINDING,
        FREI0R,
        WRAPPER,
        "vsdeblur/_engine.pyi",
        "vsdeblur/py.typed",
        "vsdeblur/weights/DTB.onnx",
        "vsdeblur/weights/DTB.md",
    }
    assert wanted <= names


def test_holds_nothing_else(names: set[str]) -> None:
    folders = {name.split("/")[0] for name in names}
    assert {folder for folder in folders if not folder.endswith(".dist-info")} == {"vsdeblur", "vapoursynth"}
    assert {name for name in names if name.startswith("vapoursynth/")} == {
        PLUGIN,
        "vapoursynth/plugins/vsdeblur/manifest.vs",
    }
    assert not [name for name in names if "/native/" in name or name.endswith((".c", ".cpp", ".h", ".pyx", ".pyc"))]


def test_manifest_names_the_plugin() -> None:
    with zipfile.ZipFile(WHEEL) as archive:
        manifest = archive.read("vapoursynth/plugins/vsdeblur/manifest.vs").decode()
    assert manifest == "[VapourSynth Manifest V1]\nlibvsdeblur\n"


@pytest.mark.parametrize("name", SHOWN)
def test_libraries_need_nothing_but_the_system(name: str) -> None:
    assert needed(library(WHEEL, name)) <= SYSTEM_LIBRARIES


@pytest.mark.parametrize("name", SHOWN)
def test_libraries_show_what_programs_call_and_nothing_else(name: str) -> None:
    assert shown(library(WHEEL, name)) == SHOWN[name]


@pytest.mark.parametrize("name", SHOWN)
def test_libraries_need_no_newer_glibc_than_the_name_says(name: str) -> None:
    assert glibc(library(WHEEL, name)) <= promised_glibc(WHEEL)


def environment_without_compiler(folder: Path) -> dict[str, str]:
    """This process's environment with nothing but an empty folder on the PATH."""
    folder.mkdir()
    kept = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "CC", "CXX"}}
    return kept | {"PATH": str(folder)}


def python_version(python: str) -> str:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


# One Python of each version is enough.
VERSIONS = {python_version(python): python for python in reversed(PYTHONS)}


def test_python_3_12_or_newer_is_there() -> None:
    assert VERSIONS


class Environment:
    """An empty environment of a Python, where no compiler is."""

    def __init__(self, python: str, folder: Path) -> None:
        self.folder, self.variables = folder, environment_without_compiler(folder / "empty")
        self.run(python, "-m", "venv", folder / "venv")
        self.python = folder / "venv/bin/python"

    def run(self, *command: str | Path) -> str:
        """What a program prints, which must succeed."""
        done = subprocess.run(command, env=self.variables, cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def install(self, *more: str) -> None:
        self.run(self.python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", WHEEL, *more)


@pytest.mark.parametrize("version", sorted(VERSIONS))
def test_install_is_the_whole_set_up(version: str, tmp_path: Path) -> None:
    empty = Environment(VERSIONS[version], tmp_path)
    empty.install()
    info = empty.run(empty.python, "-c", "import vapoursynth as vs; print(vs.core.vsdeblur.Info())")
    assert "DTB" in info
    assert "onnxruntime" in info.lower()
    assert "Deblurrer" in empty.run(empty.python, "-c", "import vsdeblur; print(vsdeblur.Deblurrer)")
    assert "DTB" in empty.run(tmp_path / "venv/bin/vsdeblur", "models")


def test_the_oldest_versions_that_are_allowed(tmp_path: Path) -> None:
    """On the oldest Python that is there; later ones have no wheels of all of them."""
    with zipfile.ZipFile(WHEEL) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        needed = Parser().parsestr(archive.read(name).decode()).get_all("Requires-Dist") or []
    oldest = dict(
        re.findall(r"^([\w-]+)>=([\d.]+)", "\n".join(line for line in needed if "extra ==" not in line), re.M)
    )
    assert set(oldest) == {"vapoursynth", "numpy", "onnxruntime", "openvino"}
    empty = Environment(VERSIONS[min(VERSIONS, key=lambda version: int(version.split(".")[1]))], tmp_path)
    empty.install(*(f"{package}=={version}" for package, version in oldest.items()))
    for provider, runtime in ((), "OpenVINO"), (("--provider", "ONNXRuntime"), "ONNX Runtime"):
        lines = empty.run(tmp_path / "venv/bin/vsdeblur", "doctor", *provider).splitlines()
        assert any(line.startswith(f"ok     {runtime}: {oldest[runtime.replace(' ', '').lower()]}") for line in lines)
        assert any(line.startswith("ok     model DTB.onnx") and f"in {runtime} " in line for line in lines)
    frames = "[numpy.zeros((48, 64, 3), numpy.uint8)] * 3"
    code = f"import numpy, vsdeblur; print(len(list(vsdeblur.Deblurrer('DTB')({frames}))))"
    assert empty.run(empty.python, "-c", code) == "3\n"
