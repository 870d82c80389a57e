"""doctor, models, ffmpeg and vspipe, in a folder whose name is not everybody's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import vapoursynth as vs

from tests.digest import digest
from tests.plugin.clips import planes
from tests.windows.conftest import write_clip
from tests.windows.wine import Wine, windows_path

SCRIPT = """
import vapoursynth as vs

clip = vs.core.bs.VideoSource(r"{source}")
vs.core.vsdeblur.DTB(clip, provider="ONNXRuntime").set_output()
"""


def test_doctor_finds_nothing_wrong(wine: Wine, folder: Path) -> None:
    done = wine.run("vsdeblur", "doctor", cwd=folder)
    assert done.status == 0, done.text + done.err
    lines = done.text.splitlines()
    # That Python has the extra video alone.
    *checks, note = lines
    assert all(line.startswith("ok ") for line in checks)
    assert note.startswith("note   vsdeblur analyze and compare --html need scikit-image, matplotlib, ")
    assert any("ONNX Runtime" in line and r"\onnxruntime\capi\onnxruntime.dll (wheel)" in line for line in lines)
    assert any("OpenVINO" in line and r"\openvino\libs\openvino_c.dll (wheel)" in line for line in lines)
    assert any(line.startswith("ok     VapourSynth plugin") for line in lines)
    assert any("model DTB.onnx" in line for line in lines)


def test_models_lists_the_networks(wine: Wine, folder: Path) -> None:
    done = wine.run("vsdeblur", "models", cwd=folder)
    assert done.status == 0, done.err
    names = {line.split()[0] for line in done.text.splitlines()[1:]}
    assert {"DTB", "RUNet", "RVD", "DBLRNet", "DBLRGAN", "SharpSequence"} <= names


def test_a_name_that_a_pipe_has_no_letters_for_does_not_end_a_program(wine: Wine, folder: Path) -> None:
    weights = folder / "weights"
    weights.mkdir()
    (weights / "映画.onnx").write_bytes(b"not a network")
    done = wine.run("vsdeblur", "doctor", cwd=folder, VSDEBLUR_WEIGHTS=windows_path(weights))
    assert done.status == 1
    assert any(line.startswith("FAULT  model") for line in done.text.splitlines())
    assert "Traceback" not in done.err


def test_ffmpeg_says_what_windows_does_not_have(wine: Wine, folder: Path) -> None:
    (program,) = wine.site.glob("imageio_ffmpeg/binaries/ffmpeg*.exe")
    done = wine.run("vsdeblur", "ffmpeg", cwd=folder, FFMPEG=windows_path(program))
    assert done.status == 0, done.err
    assert "frei0r   no: vsdeblur has a frei0r plugin on Linux only" in done.err


def test_vspipe_runs_a_script(wine: Wine, folder: Path) -> None:
    source = folder / "unscharf Ω.mkv"
    write_clip(source)
    script = folder / "skript 映.vpy"
    script.write_text(SCRIPT.format(source=windows_path(source)), encoding="utf-8")
    done = wine.run("vspipe", script, folder / "scharf.raw", cwd=folder)
    assert done.status == 0, done.err

    clip = vs.core.bs.VideoSource(str(source), cachemode=0)
    expected = [planes(frame) for frame in vs.core.vsdeblur.DTB(clip, provider="ONNXRuntime").frames(close=True)]
    raw = b"".join(np.ascontiguousarray(plane).tobytes() for frame in expected for plane in frame)
    assert digest(folder / "scharf.raw") == digest(raw)
