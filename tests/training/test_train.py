from __future__ import annotations

from pathlib import Path

import pytest

from training.train import main


def test_the_command_names_a_file_that_it_cannot_use(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = tmp_path / "DTB.safetensors"
    damaged.write_bytes(b"half")
    command = ["train", "DTB", "--photos", str(photographs), "--out", str(tmp_path / "out"), "--steps", "1"]
    monkeypatch.setattr("sys.argv", [*command, "--start", str(damaged)])
    assert main() == 1
    assert f"{damaged} is not a readable checkpoint of DTB" in capsys.readouterr().err
    for extra in (["--skip", "0.5"], ["--start", str(damaged), "--skip", "1"]):
        monkeypatch.setattr("sys.argv", [*command, *extra])
        with pytest.raises(SystemExit):
            main()
        assert "--skip must be" in capsys.readouterr().err
