"""``vsdeblur ffmpeg``: the user's ffmpeg, found and set up. Programs that stand for other ffmpegs are shell scripts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests import tiny_models
from tests.ffmpeg.frei0r_fixtures import PLUGIN_FOLDER, difference, drifting, program, written

Launch = Callable[..., subprocess.CompletedProcess[bytes]]

NO_ONNX = "its dnn_processing has no ONNX backend, which FFmpeg has from version 9 on (--enable-libonnxruntime)"


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    """Runs ``vsdeblur ffmpeg ARGUMENTS`` with the stock ffmpeg, or as the environment that is given says."""

    def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
        variables = {name: value for name, value in os.environ.items() if name not in ("FFMPEG", "FREI0R_PATH")}
        variables |= {"FFMPEG": program("ffmpeg")} | environment
        command = [sys.executable, "-m", "vsdeblur", "ffmpeg", *arguments]
        return subprocess.run(command, env=variables, cwd=tmp_path, capture_output=True, timeout=300)

    return run


@pytest.fixture
def stand_in(tmp_path: Path) -> Callable[[str], str]:
    """A program: a shell script of these lines."""

    def write(lines: str) -> str:
        path = tmp_path / "ffmpeg"
        path.write_text(f"#!/bin/sh\n{lines}\n")
        path.chmod(0o755)
        return str(path)

    return write


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of the shipped weights: DTB gives the next frame."""
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "DTB.onnx").write_bytes(tiny_models.next_frame(name="DTB"))
    (folder / "Seven.onnx").write_bytes(tiny_models.exposure(name="Seven"))
    monkeypatch.setenv("VSDEBLUR_WEIGHTS", str(folder))
    return folder


def said(done: subprocess.CompletedProcess[bytes]) -> list[str]:
    return [
        line.removeprefix("vsdeblur: ") for line in done.stderr.decode().splitlines() if line.startswith("vsdeblur")
    ]


def test_says_what_the_stock_ffmpeg_can_take_and_why(launch: Launch) -> None:
    done = launch()
    assert done.returncode == 0
    first, *ways = said(done)
    assert first.startswith(f"{program('ffmpeg')}, version ")
    assert ways == [f"  dnn      no: {NO_ONNX}", f"  wrapper  no: {NO_ONNX}", "  frei0r   yes"]


def test_a_model_by_name_in_a_graph(launch: Launch, weights: Path, tmp_path: Path) -> None:
    clip = drifting(4, 24, 16)
    file = written(tmp_path / "clip.mkv", clip)
    graph = "vsdeblur=DTB,vflip , vsdeblur=DTB:via=frei0r"
    done = launch("--", "-v", "error", "-i", file, "-vf", graph, "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    assert done.returncode == 0, done.stderr.decode()
    assert said(done)[4:] == ["DTB goes by frei0r", "DTB goes by frei0r"]
    frames = np.frombuffer(done.stdout, np.uint8).reshape(clip.shape)
    assert difference(frames, clip[[2, 3, 2, 3], ::-1]) == 0


def test_the_exit_status_and_the_output_are_ffmpegs(launch: Launch, stand_in: Callable[[str], str]) -> None:
    other = stand_in('case "$*" in *-version*) echo "ffmpeg version 7";; *"last"*) echo "[$3]"; exit 42;; esac')
    done = launch("--", "-i", "a b", "last", FFMPEG=other)
    assert (done.returncode, done.stdout) == (42, b"[last]\n")
    assert said(done)[1:] == [
        "  dnn      no: it has no filter dnn_processing",
        "  wrapper  no: it has no filter dnn_processing",
        "  frei0r   no: it has no filter frei0r (--enable-frei0r)",
    ]


def test_the_environment_has_the_plugin_before_the_users_folders(
    launch: Launch, stand_in: Callable[[str], str]
) -> None:
    other = stand_in('case "$*" in *-version*) echo "ffmpeg version 7";; run) echo "$FREI0R_PATH $LD_PRELOAD";; esac')
    done = launch("--", "run", FFMPEG=other, FREI0R_PATH="/mine:/yours", LD_PRELOAD="")
    assert done.stdout.decode() == f"{PLUGIN_FOLDER}:/mine:/yours \n"


def test_an_ffmpeg_that_lacks_onnx_runtime_gets_the_wheels(
    launch: Launch, stand_in: Callable[[str], str], tmp_path: Path
) -> None:
    missing = "error while loading shared libraries: libonnxruntime.so.1: cannot open shared object file"
    other = stand_in(
        f'[ -z "$LD_LIBRARY_PATH" ] && echo "{missing}" >&2 && exit 127\n'
        'case "$*" in *-version*) echo "ffmpeg version 9";; run) ls -L "$LD_LIBRARY_PATH";; esac'
    )
    done = launch("--", "run", FFMPEG=other, LD_LIBRARY_PATH="", XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert (done.returncode, done.stdout) == (0, b"libonnxruntime.so.1\n")


@pytest.mark.parametrize(
    ("graph", "sentence"),
    [
        ("vsdeblur=DTB:via=dnn", f"vsdeblur=DTB: {{ffmpeg}} cannot take the way dnn: {NO_ONNX}"),
        ("vsdeblur=DTB:via=magic", "vsdeblur=DTB: via must be one of dnn, wrapper, frei0r, not magic"),
        ("vsdeblur=DTB:strength=2", "vsdeblur=DTB: strength must be a number between 0 and 1, not 2"),
        ("vsdeblur=DTB:strength=", "vsdeblur=DTB: strength must be a number between 0 and 1, not "),
        ("null,vsdeblur=", "a network's name or model= must be given"),
        ("dnn_processing=dnn_backend=onnx:model=x", f"{{ffmpeg}} cannot run dnn_processing: {NO_ONNX}"),
    ],
)
def test_what_this_ffmpeg_cannot_do_is_said_before_it_starts(
    graph: str, sentence: str, launch: Launch, weights: Path, tmp_path: Path
) -> None:
    done = launch("--", "-f", "lavfi", "-i", "color=size=16x16:duration=1", "-vf", graph, "out.mkv")
    assert done.returncode == 1
    assert said(done)[-1] == sentence.format(ffmpeg=program("ffmpeg"))
    assert not (tmp_path / "out.mkv").exists()


def test_a_model_that_no_way_can_take(launch: Launch, weights: Path) -> None:
    done = launch("--", "-i", "x.mkv", "-filter:v:0", "vsdeblur=Seven", "out.mkv")
    assert done.returncode == 1
    assert "; frei0r: Seven gives 7 frames for each, and frei0r gives one: use vspipe; dnn: " in said(done)[-1]


def test_other_arguments_are_left_alone(launch: Launch, stand_in: Callable[[str], str]) -> None:
    other = stand_in('case "$*" in *-version*) echo "ffmpeg version 7";; *run*) echo "$@";; esac')
    given = ["run", "vsdeblur=DTB", "-vf", "drawtext=text=vsdeblur=DTB,xvsdeblur=DTB", "-metadata", "title=vsdeblur=X"]
    done = launch("--", *given, FFMPEG=other)
    assert done.stdout.decode() == " ".join(given) + "\n"


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("exit 3", "{ffmpeg} does not work as ffmpeg: it ended with status 3"),
        ("echo avconv", "{ffmpeg} does not work as ffmpeg: avconv"),
    ],
)
def test_what_is_no_ffmpeg(script: str, sentence: str, launch: Launch, stand_in: Callable[[str], str]) -> None:
    other = stand_in(script)
    done = launch("--", "-i", "x", FFMPEG=other)
    assert done.returncode == 1
    assert said(done) == [sentence.format(ffmpeg=other)]


def test_no_ffmpeg(launch: Launch) -> None:
    done = launch(FFMPEG="/nowhere/ffmpeg")
    assert (done.returncode, said(done)) == (
        1,
        ["the environment variable FFMPEG names /nowhere/ffmpeg, which is no program"],
    )
    done = launch(FFMPEG="", PATH="/nowhere")
    assert (done.returncode, said(done)) == (
        1,
        ["there is no ffmpeg on the PATH; install it, or name one by the environment variable FFMPEG"],
    )
