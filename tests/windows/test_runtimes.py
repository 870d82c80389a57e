"""Runtimes in a process that has others already, and providers that are not there."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.windows.wine import Wine, windows_path

# Loads a copy of the library first, as another plugin does; then the plugin must still take the wheel's.
SECOND = r"""
import ctypes, sys
other = ctypes.WinDLL(sys.argv[1])
import vapoursynth as vs
info = vs.core.vsdeblur.Info()
clip = vs.core.std.BlankClip(width=32, height=32, length=2, format=vs.GRAY8, color=[90])
with vs.core.vsdeblur.RVD(clip, provider="ONNXRuntime").get_frame(1) as frame:
    said = frame.props["VsdeblurRuntime"]
paths = info["runtime_path"] if isinstance(info["runtime_path"], list) else [info["runtime_path"]]
print([path if isinstance(path, str) else path.decode() for path in paths])
print(said if isinstance(said, str) else said.decode())
kernel = ctypes.WinDLL("kernel32")
kernel.GetModuleHandleW.restype = ctypes.c_void_p
kernel.GetModuleHandleW.argtypes = [ctypes.c_wchar_p]
handles = {kernel.GetModuleHandleW(path) for path in sys.argv[1:]}
print(None not in handles and len(handles) == 2)
"""

WITH_PACKAGE = r"""
import numpy, onnxruntime
from vsdeblur import Deblurrer
frames = [numpy.full((32, 32), 90, numpy.uint8)] * 2
print(len(list(Deblurrer("RVD", provider="ONNXRuntime")(frames))), onnxruntime.__version__)
"""

MISSING = r"""
import numpy, sys
from vsdeblur import Deblurrer, Error
try:
    list(Deblurrer("DTB", provider=sys.argv[1])([numpy.zeros((32, 32), numpy.uint8)]))
except Error as error:
    print(error)
"""


def test_another_onnx_runtime_in_the_process_stays_apart(wine: Wine, folder: Path) -> None:
    own = wine.site / "onnxruntime/capi/onnxruntime.dll"
    other = folder / "anderes Ω" / "onnxruntime.dll"
    other.parent.mkdir()
    shutil.copy(own, other)
    for library in own.parent.glob("*.dll"):
        if library != own:
            shutil.copy(library, other.parent)
    (folder / "second.py").write_text(SECOND)
    done = wine.run("python", "second.py", other, own, cwd=folder, PYTHONUTF8="1")
    assert done.status == 0, done.err
    paths, said, apart = done.text.splitlines()
    assert repr(windows_path(own))[1:-1] in paths
    assert said.startswith("ONNX Runtime")
    assert apart == "True"


def test_runs_beside_the_python_package_of_onnx_runtime(wine: Wine, folder: Path) -> None:
    (folder / "both.py").write_text(WITH_PACKAGE)
    done = wine.run("python", "both.py", cwd=folder)
    assert done.status == 0, done.err
    assert done.text.startswith("2 ")


def test_directml_that_is_not_there_is_an_error_that_says_what_is(wine: Wine, folder: Path) -> None:
    (folder / "missing.py").write_text(MISSING)
    done = wine.run("python", "missing.py", "DirectML", cwd=folder, PYTHONUTF8="1")
    assert done.status == 0, done.err
    assert "provider DirectML is not in ONNX Runtime" in done.text
    assert "which has ONNXRuntime; pip install onnxruntime-directml" in done.text
