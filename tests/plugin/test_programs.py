"""The plugin on a real video in the programs that people run: vspipe, and beside vs-mlrt in one process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vapoursynth as vs

from tests.plugin import clips, models

# Now, as the core loads its plugins when first used: once a Deblurrer of another test has brought an ONNX Runtime into
# this process, vs-mlrt's plugin cannot load its own (deblurrer.py).
HAS_MLRT = hasattr(vs.core, "ort") and hasattr(vs.core, "ov")

FRAMES = 3
WIDTH, HEIGHT = 96, 64

FIRST = 20
SCRIPT = """
import vapoursynth as vs
core = vs.core
clip = core.bs.VideoSource({video!r}, cachemode=0)
clip = clip[{first} : {first} + {frames}].std.CropAbs({width}, {height}, left=32, top=32)
core.vsdeblur.{function}(clip, **{arguments!r}).set_output()
"""


def write_script(path: Path, video: Path, function: str, arguments: dict[str, Any]) -> Path:
    """A script that sends a part of the video through a function."""
    place = {"first": FIRST, "frames": FRAMES, "width": WIDTH, "height": HEIGHT}
    path.write_text(SCRIPT.format(video=str(video), function=function, arguments=arguments, **place))
    return path


def source(video: Path) -> vs.VideoNode:
    """The same part of the video in this process."""
    clip = vs.core.bs.VideoSource(str(video), cachemode=0)
    return clip[FIRST : FIRST + FRAMES].std.CropAbs(WIDTH, HEIGHT, left=32, top=32)


@pytest.fixture(scope="session")
def vspipe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of vspipe, in an environment where it finds this Python."""
    folder = Path(sys.executable).parent
    program = shutil.which("vspipe", path=f"{folder}:{os.environ['PATH']}")
    assert program, "VapourSynth's wheel brings vspipe"
    if "XDG_CONFIG_HOME" not in os.environ:
        os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("config"))
    subprocess.run([folder / "vapoursynth", "config"], check=True, capture_output=True, timeout=60)
    return program


def read_y4m(data: bytes, width: int, height: int) -> tuple[Fraction, list[np.ndarray]]:
    """The frame rate, and each frame's bytes, of 8-bit 4:2:0 video."""
    header, rest = data.split(b"\n", 1)
    fields = {field[:1]: field[1:].decode() for field in header.split(b" ")[1:]}
    assert (fields[b"W"], fields[b"H"]) == (str(width), str(height))
    size = width * height * 3 // 2
    marker = b"FRAME\n"
    frames = [rest[at : at + len(marker) + size] for at in range(0, len(rest), len(marker) + size)]
    assert all(frame.startswith(marker) and len(frame) == len(marker) + size for frame in frames)
    rate = Fraction(*map(int, fields[b"F"].split(":")))
    return rate, [np.frombuffer(frame, np.uint8, offset=len(marker)) for frame in frames]


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("RVD", {}),
        ("RVD", {"stride": 5}),
        ("DBLRNet", {}),
        ("DBLRGAN", {}),
        ("RUNet", {}),
        ("DTB", {}),
        ("SharpSequence", {}),
        ("Model", {"path": "DTB.onnx"}),
    ],
    ids=str,
)
def test_vspipe_gives_the_frames_that_python_gives(
    random_weights: Path, video: Path, vspipe: str, tmp_path: Path, function: str, arguments: dict[str, Any]
) -> None:
    if "path" in arguments:
        arguments = {"path": str(random_weights / arguments["path"])}
    script = write_script(tmp_path / "script.vpy", video, function, arguments)
    done = subprocess.run([vspipe, "-c", "y4m", script, "-"], capture_output=True, timeout=570)
    assert done.returncode == 0, done.stderr.decode()
    rate, frames = read_y4m(done.stdout, WIDTH, HEIGHT)

    clip = source(video)
    out = getattr(vs.core.vsdeblur, function)(clip, **arguments)
    instants = 7 if function == "SharpSequence" else 1
    assert len(frames) == out.num_frames == FRAMES * instants
    assert rate == clip.fps * instants
    for n, found in enumerate(frames):
        expected = np.concatenate([plane.ravel() for plane in clips.frame_planes(out, n)])
        assert np.array_equal(found, expected)
        luma = clips.frame_planes(clip, n // instants)[0].ravel()
        assert not np.array_equal(found[: luma.size], luma)


def test_vspipe_shows_the_sentence_of_an_error(vspipe: str, video: Path, tmp_path: Path) -> None:
    script = write_script(tmp_path / "script.vpy", video, "Model", {"path": "/nowhere/m.onnx"})
    done = subprocess.run([vspipe, "--info", script], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "Model: /nowhere/m.onnx does not exist" in done.stderr


@pytest.mark.parametrize("provider", ["OpenVINO", "ONNXRuntime"])
def test_vs_mlrt_in_one_process(tmp_path: Path, provider: str) -> None:
    if not HAS_MLRT:
        pytest.skip("vapoursynth-mlrt-ort and vapoursynth-mlrt-ov are not installed")
    model = models.plus(tmp_path / "m.onnx", (0.25,))
    clip = clips.noise(vs.GRAYS, 40, 24, 8)
    ours = vs.core.vsdeblur.Model(clip, str(model), provider=provider)
    theirs = [plugin.Model(clip, str(model)) for plugin in (vs.core.ort, vs.core.ov)]
    sets = [[out.get_frame_async(n) for out in (ours, *theirs)] for n in range(8)]
    for n, futures in enumerate(sets):
        expected = clips.frame_planes(clip, n)[0] + np.float32(0.25)
        for future in futures:
            with future.result() as frame:
                np.testing.assert_array_equal(np.asarray(frame[0]), expected)
    assert not any("mlrt" in path for path in vs.core.vsdeblur.Info()["runtime_path"])
