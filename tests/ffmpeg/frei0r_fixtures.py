"""What the tests with stock programs share: clips in files, runs of ffmpeg, and the VapourSynth plugin's answers.

Debian's ffmpeg and melt are needed; tests/run installs them.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import numpy.typing as npt
import pytest
import vapoursynth as vs

import vsdeblur
from tests.plugin.clips import frame_planes, painted

Clip = npt.NDArray[np.uint8]
"""(frames, height, width, 3), RGB."""

PLUGIN_FOLDER = Path(vsdeblur.__file__).parent / "ffmpeg/frei0r-1"


def program(name: str) -> str:
    """The path of a program of the distribution."""
    found = Path("/usr/bin", name)
    if not found.is_file():
        pytest.skip(f"there is no {found}: install Debian's package {name}")
    return str(found)


def newest_ffmpeg() -> str:
    """The ffmpeg that PyPI's imageio-ffmpeg ships: a static one of the newest version, with frei0r."""
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def random_model(name: str) -> Path:
    """The model of a network with random weights, by ``python -m tests.make_models``."""
    folder = os.environ.get("VSDEBLUR_TEST_MODELS")
    assert folder, "VSDEBLUR_TEST_MODELS is not set: it names a folder that python -m tests.make_models filled"
    return Path(folder).resolve() / f"{name}.onnx"


def drifting(length: int, width: int, height: int) -> Clip:
    """A smooth pattern in colour that moves, with a little noise that is other in every frame: no scene cuts."""
    y, x, plane = np.mgrid[:height, :width, :3].astype(float)
    frames = []
    for n in range(length):
        wave = np.sin((x + 2 * n) * (0.4 + 0.1 * plane)) * np.cos(y * 0.5) * 70 + 128
        frames.append(np.clip(wave + np.random.default_rng(n).normal(0, 6, wave.shape), 0, 255).astype(np.uint8))
    return np.stack(frames)


def run(command: Sequence[str | Path], **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Runs a program with the frei0r plugin on its path; fails the test if it fails."""
    done = attempt(command, **environment)
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}: {done.stderr.decode()}"
    return done


def attempt(command: Sequence[str | Path], **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The same for a run that may fail."""
    variables = os.environ | {"FREI0R_PATH": str(PLUGIN_FOLDER)} | environment
    return subprocess.run(command, env=variables, capture_output=True, stdin=subprocess.DEVNULL, timeout=300)


def ffmpeg(*arguments: str | Path) -> list[str | Path]:
    return [program("ffmpeg"), "-nostdin", "-hide_banner", "-v", "error", *arguments]


def written(path: Path, clip: Clip, times: Sequence[int] | None = None, pixels: str = "gbrp") -> Path:
    """The clip as a lossless file; ``times`` are milliseconds, 40 for each frame if not given."""
    height, width = clip.shape[1:3]
    given = times or [40 * n for n in range(len(clip))]
    when = "+".join(f"eq(N,{n})*{time}" for n, time in enumerate(given))
    raw = path.with_suffix(".rgb")
    raw.write_bytes(clip.tobytes())
    source = ["-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", f"{width}x{height}", "-framerate", "25"]
    timed = ["-vf", f"settb=1/1000,setpts='{when}'", "-fps_mode", "passthrough", "-enc_time_base", "1/1000"]
    output = ["-c:v", "ffv1", "-pix_fmt", pixels, path]
    run(ffmpeg("-y", *source, "-i", raw, *timed, *output))
    return path


def played(
    path: Path, graph: str, *, by: str = "", pixels: str = "rgb24", **environment: str
) -> tuple[npt.NDArray[Any], list[int]]:
    """A file through a filter graph: the frames, (frames, height, width, channels), and their times in milliseconds.

    ``by`` is an ffmpeg in place of the distribution's.
    """
    shown = f"{graph},settb=1/1000,showinfo" if graph else "settb=1/1000,showinfo"
    command = [by or program("ffmpeg"), "-nostdin", "-hide_banner", "-v", "info", "-copyts", "-i", path, "-vf", shown]
    command += ["-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", pixels, "-"]
    done = run(command, **environment)
    found = re.findall(r"n: *\d+ pts: *(-?\d+) .* s:(\d+)x(\d+) ", done.stderr.decode())
    width, height = int(found[0][1]), int(found[0][2])
    frames = np.frombuffer(done.stdout, np.uint8).reshape(len(found), height, width, -1)
    return frames, [int(time) for time, _, _ in found]


def by_plugin(clip: Clip, model: Path, **arguments: Any) -> Clip:
    """The VapourSynth plugin's answers for the clip, with one segment if the network is recurrent."""
    length, height, width, _ = clip.shape
    blank = vs.core.std.BlankClip(width=width, height=height, format=vs.RGB24, length=length, keep=False)
    source = painted(blank, lambda n, plane, _shape, _dtype: clip[n, :, :, plane])
    if vsdeblur.Deblurrer(model=model).contract.states:
        arguments["segment"] = 10_000
    answers = vs.core.vsdeblur.Model(source, str(model), **arguments)
    return np.stack([np.stack(frame_planes(answers, n), axis=-1) for n in range(answers.num_frames)])


def difference(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> int:
    """The largest difference of two clips of one shape, in steps of their samples."""
    assert one.shape == other.shape
    return int(np.abs(one.astype(int) - other.astype(int)).max())
