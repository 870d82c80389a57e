"""``vsdeblur``: what all commands share."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points, version

import pytest

from tests.cli.conftest import Run
from vsdeblur.cli import main

COMMANDS = ("deblur", "compare", "models", "doctor", "bench", "ffmpeg", "ffmpeg-graph")


def test_the_console_script_is_main() -> None:
    [script] = [point for point in entry_points(group="console_scripts") if point.name == "vsdeblur"]
    assert script.load() is main


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="^0$"):
        main(["--version"])
    assert capsys.readouterr().out == f"vsdeblur {version('vsdeblur')}\n"


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="^0$"):
        main(["--help"])
    lines = capsys.readouterr().out.splitlines()
    assert all(any(line.split()[:1] == [command] for line in lines) for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="^0$"):
        main([command, "--help"])
    assert f"usage: vsdeblur {command}" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["sharpen"], ["models", "--xml"], ["deblur", "a.mp4"]])
def test_misuse_is_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="^2$"):
        main(arguments)
    assert "usage: vsdeblur" in capsys.readouterr().err


def test_an_error_is_one_line_without_traceback(vsdeblur: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VSDEBLUR_WEIGHTS", "/nowhere")
    done = vsdeblur("models")
    assert done.returncode == 1
    assert done.stderr == "vsdeblur: VSDEBLUR_WEIGHTS names /nowhere, which is not a folder\n"


def test_a_reader_that_leaves_early_is_no_traceback(weights: object) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as pipe:
        done = subprocess.run(
            [sys.executable, "-m", "vsdeblur", "models", "--json"],
            cwd="/",
            stdout=pipe,
            stderr=subprocess.PIPE,
            timeout=300,
        )
    assert (done.returncode, done.stderr) == (1, b"")
