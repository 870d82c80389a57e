"""``vsdeblur editors``: what Kdenlive, Shotcut and MLT's player find after it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests import tiny_models
from tests.ffmpeg.frei0r_fixtures import program
from vsdeblur.cli import main

FORM = ".local/share/kdenlive/effects/frei0r_vsdeblur.xml"
PLUGIN = ".frei0r-1/lib/vsdeblur.so"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home; the shipped weights are two small networks, and two that no editor can run."""
    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "DTB.onnx").write_bytes(tiny_models.counter(name="DTB"))
    (weights / "DBLRNet.onnx").write_bytes(tiny_models.blur(name="DBLRNet"))
    (weights / "RVD.onnx").write_bytes(tiny_models.blur(name="RVD", trained_on="untrained"))
    (weights / "SharpSequence.onnx").write_bytes(tiny_models.exposure(name="SharpSequence"))
    monkeypatch.setenv("VSDEBLUR_WEIGHTS", str(weights))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def shotcut(tmp_path: Path) -> Path:
    folder = tmp_path / "share" / "shotcut" / "qml" / "filters"
    folder.mkdir(parents=True)
    return folder


def described_by_melt() -> str:
    """What MLT says of the plugin that it finds in the user's home."""
    environment = {name: value for name, value in os.environ.items() if name != "FREI0R_PATH"}
    command = [program("melt"), "-query", "filter=frei0r.vsdeblur"]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60
    )
    return done.stdout


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def test_forms_ask_for_what_the_plugin_has(home: Path, shotcut: Path) -> None:
    assert main(["editors", "--install", "--shotcut", str(shotcut)]) == 0
    parameters = set(re.findall(r"title: (\w+)", described_by_melt())) - {"vsdeblur"}
    root = ElementTree.parse(home / FORM).getroot()
    assert root.attrib == {"tag": "frei0r.vsdeblur", "id": "frei0r.vsdeblur"}
    asked = {entry.attrib["name"]: entry for entry in root.iter("parameter")}
    assert set(asked) == {"model", "strength", "tilesize"} <= parameters
    for entry in root.findall("parameter[@type='list']"):
        choices = entry.attrib["paramlist"].split(";")
        assert entry.attrib["default"] in choices
        assert len(entry.findtext("paramlistdisplay", "").split(",")) == len(choices)
    assert asked["model"].attrib["paramlist"] == "DBLRNet;DTB"
    form = (shotcut / "vsdeblur" / "ui.qml").read_text()
    assert json.loads(re.search(r"models: (\[.*\])", form)[1]) == ["DBLRNet", "DTB"]  # type: ignore[index]
    assert set(re.findall(r"filter\.set\('(\w+)'", form)) == set(asked)
    assert "$" not in form + (home / FORM).read_text()
    assert "'frei0r.vsdeblur'" in (shotcut / "vsdeblur" / "meta.qml").read_text()


def test_it_goes_as_it_came(home: Path, shotcut: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--shotcut", str(shotcut)]
    assert main(["editors", *where]) == 0
    assert capsys.readouterr().out.count("is not there") == 4
    assert files(home) == files(shotcut) == set()
    for _ in range(2):
        assert main(["editors", "--install", *where]) == 0
        assert capsys.readouterr().out.count(": is there") == 4
    assert files(home) == {FORM, PLUGIN}
    assert files(shotcut) == {"vsdeblur/meta.qml", "vsdeblur/ui.qml"}
    (home / FORM).write_text("an older one")
    assert main(["editors", *where]) == 0
    assert "another file is there" in capsys.readouterr().out
    assert main(["editors", "--remove", *where]) == 0
    assert files(home) == set() and list(shotcut.iterdir()) == []


def test_without_shotcut_the_others_are_served(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["editors", "--install"]) == 0
    assert "Shotcut          is not on the PATH; --shotcut FOLDER" in capsys.readouterr().out
    assert files(home) == {FORM, PLUGIN}


def test_a_file_of_the_users_stays(home: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (home / PLUGIN).parent.mkdir(parents=True)
    (home / PLUGIN).write_text("mine")
    assert main(["editors", "--install"]) == 1
    assert capsys.readouterr().err.startswith(
        f"vsdeblur: {home / PLUGIN} is there already and is no link of vsdeblur's"
    )
    assert (home / PLUGIN).read_text() == "mine"
    assert main(["editors", "--shotcut", str(tmp_path / "absent")]) == 1
    assert f"there is no folder {tmp_path / 'absent'}; Shotcut's filters are in" in capsys.readouterr().err
