"""The wheel itself."""

from __future__ import annotations

import os
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.windows.wine import Wine

PLUGIN = "vapoursynth/plugins/vsdeblur/libvsdeblur.dll"
BINDING = "vsdeblur/_engine.pyd"
# Libraries that every Windows has.
SYSTEM_LIBRARIES = {"kernel32.dll", "msvcrt.dll"}


@pytest.fixture(scope="module")
def wheel() -> Path:
    folder = os.environ.get("VSDEBLUR_TEST_WINDOWS")
    if not folder:
        pytest.skip("VSDEBLUR_TEST_WINDOWS is not set: it names the folder that scripts/windows.sh fills")
    (found,) = Path(folder).glob("wheel/vsdeblur-*.whl")
    return found


def test_one_wheel_serves_every_python_from_3_12(wheel: Path) -> None:
    assert re.fullmatch(r"vsdeblur-[0-9.]+-cp312-abi3-win_amd64\.whl", wheel.name)
    with zipfile.ZipFile(wheel) as archive:
        (said,) = [name for name in archive.namelist() if name.endswith(".dist-info/WHEEL")]
        assert "Tag: cp312-abi3-win_amd64" in archive.read(said).decode().splitlines()


def test_holds_plugin_manifest_binding_and_weights_and_no_other_library(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {PLUGIN, BINDING, "vapoursynth/plugins/vsdeblur/manifest.vs", "vsdeblur/weights/DTB.onnx"} <= names
    assert {name for name in names if name.endswith((".dll", ".pyd", ".so", ".a"))} == {PLUGIN, BINDING}


@pytest.mark.parametrize(("library", "others"), [(PLUGIN, set()), (BINDING, {"python3.dll"})])
def test_libraries_need_nothing_but_the_system(wine: Wine, library: str, others: set[str]) -> None:
    command = ["x86_64-w64-mingw32-objdump", "-p", str(wine.site / library)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    needed = {name.lower() for name in re.findall(r"DLL Name: (\S+)", said)}
    assert needed == SYSTEM_LIBRARIES | others
