from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from training.loop.checkpoints import CheckpointError, load_state, load_weights, save_state, save_weights, write_whole


def test_weights_come_back_bit_for_bit(tmp_path: Path) -> None:
    layer, other = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3)
    save_weights(tmp_path / "a.safetensors", layer.state_dict(), {"name": "layer"})
    load_weights(other, {"other", "layer"}, tmp_path / "a.safetensors")
    assert torch.equal(layer.weight, other.weight)


def test_a_missing_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"none\.safetensors is not a readable checkpoint of layer"):
        load_weights(nn.Linear(1, 1), {"layer"}, tmp_path / "none.safetensors")


def test_a_checkpoint_of_other_shapes_is_refused(tmp_path: Path) -> None:
    save_weights(tmp_path / "a.safetensors", nn.Linear(1, 1).state_dict(), {"name": "layer"})
    with pytest.raises(CheckpointError, match=r"a\.safetensors is not a readable checkpoint of layer"):
        load_weights(nn.Linear(2, 1), {"layer"}, tmp_path / "a.safetensors")


def test_no_space_keeps_the_file_before(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(b"before")

    def no_space(temporary: Path) -> None:
        temporary.write_bytes(b"half")
        raise OSError("No space left on device")

    with pytest.raises(CheckpointError, match=r"a\.safetensors cannot be written.*No space left on device"):
        write_whole(path, no_space)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"gone/a\.safetensors cannot be written"):
        save_weights(tmp_path / "gone" / "a.safetensors", nn.Linear(1, 1).state_dict(), {"name": "layer"})


@pytest.mark.parametrize("kept", [0, 10, 200])
def test_a_damaged_state_is_a_sentence(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "a.resume.pt"
    assert load_state(path, torch.device("cpu")) is None
    save_state(path, {"clock": {"steps": 3}})
    assert load_state(path, torch.device("cpu")) == {"clock": {"steps": 3}}
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(CheckpointError, match=r"a\.resume\.pt is damaged; remove it to begin anew"):
        load_state(path, torch.device("cpu"))
