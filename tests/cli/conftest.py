"""What the tests of the command line share."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg
import numpy as np
import pytest
import vapoursynth as vs

from tests import tiny_models
from vsdeblur.cli import main

Run = Callable[..., subprocess.CompletedProcess[str]]

FRAMES = 12
MATRIX = 9  # BT.2020: unlike what any reader would guess
SAMPLE_ASPECT = (4, 3)

COUNT = 250  # frames of the long video, so four segments
RATE = 25


def ffmpeg(*arguments: str | Path) -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-y", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=300).stdout


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve frames with sound, colour tags and pixels that are not square."""
    file = tmp_path_factory.mktemp("video") / "in.mkv"
    picture = ["-f", "lavfi", "-i", f"testsrc2=size=96x64:rate=25:duration={FRAMES / 25}"]
    sound = ["-f", "lavfi", "-i", f"sine=duration={FRAMES / 25}"]
    filters = f"setsar={SAMPLE_ASPECT[0]}/{SAMPLE_ASPECT[1]},setparams=colorspace={MATRIX}:range=limited"
    codec = ["-vf", filters, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-qp", "0", "-c:a", "aac"]
    ffmpeg(*picture, *sound, *codec, file)
    return file


@pytest.fixture(scope="session")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds with sound."""
    file = tmp_path_factory.mktemp("long") / "long.mkv"
    picture = ["-f", "lavfi", "-i", f"testsrc2=size=96x64:rate={RATE}:duration={COUNT / RATE}"]
    sound = ["-f", "lavfi", "-i", f"sine=duration={COUNT / RATE}"]
    ffmpeg(*picture, *sound, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "flac", file)
    return file


@pytest.fixture
def whole(weights: Path, long: Path, tmp_path: Path) -> bytes:
    """What an unbroken run in one process makes of the long video."""
    target = tmp_path / "whole.mkv"
    assert main(["deblur", str(long), str(target)]) == 0
    return target.read_bytes()


def read(file: Path) -> vs.VideoNode:
    return vs.core.bs.VideoSource(str(file), cachemode=0)


def planes(clip: vs.VideoNode, number: int) -> list[Any]:
    with clip.get_frame(number) as frame:
        return [np.array(plane) for plane in frame]


def times(file: Path, stream: int = 0) -> list[Fraction]:
    """Seconds at which a stream's packets are shown, rising."""
    with av.open(file) as container:
        packets = list(container.demux(container.streams[stream]))
        return sorted(packet.pts * Fraction(packet.time_base) for packet in packets if packet.size)


def pictures(file: Path, stream: int = 0) -> list[Any]:
    """The frames of a video stream, as PyAV decodes them."""
    with av.open(file) as container:
        return list(container.decode(container.streams[stream]))


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def untimed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What was said, without how long it took."""
    return [re.sub(r" in \d\d:\d\d$", "", line) for line in capsys.readouterr().err.splitlines()]


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """BestSource's indices stay out of the user's home."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of the shipped weights, with three small sound models, one of them untrained."""
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "RUNet.onnx").write_bytes(tiny_models.counter(name="RUNet"))
    (folder / "DBLRNet.onnx").write_bytes(tiny_models.blur(name="DBLRNet"))
    (folder / "SharpSequence.onnx").write_bytes(tiny_models.exposure(name="SharpSequence", trained_on="untrained"))
    monkeypatch.setenv("VSDEBLUR_WEIGHTS", str(folder))
    return folder


@pytest.fixture
def vsdeblur(tmp_path: Path) -> Run:
    """Runs ``vsdeblur ARGUMENTS`` in a process of its own, in a folder where no checkout is."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "vsdeblur", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)

    return run
