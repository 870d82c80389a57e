"""What other precisions lose, and that the file says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from PIL import Image

from export import calibration
from export.losses import _bfloat16, losses, note
from training.data.material import pack_photographs
from training.networks import Network
from vsdeblur.contract import Contract

Exported = tuple[Network, bytes]


def test_the_file_says_what_was_measured_and_is_else_the_same(exported: Callable[[str], Exported]) -> None:
    _, model = exported("RUNet")
    noted = note(model, {"int8": 0.031, "bf16": 0.002})
    before, after = (
        Contract.from_metadata({item.key: item.value for item in onnx.load_from_string(file).metadata_props})
        for file in (model, noted)
    )
    assert after.losses == {"bf16": 0.002, "int8": 0.031}
    assert vars(before) == {**vars(after), "losses": {}}
    assert onnx.load_from_string(model).graph == onnx.load_from_string(noted).graph


def test_bfloat16_rounds_and_leaves_the_network_as_it_was(exported: Callable[[str], Exported]) -> None:
    network, _ = exported("RUNet")
    frames = torch.rand(1, 9, 32, 48, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        exact = network(frames, *network.initial_states(frames))[0]
        rounded = _bfloat16(network)(frames, network.initial_states(frames))[0]
        again = network(frames, *network.initial_states(frames))[0]
    assert torch.equal(exact, again)
    assert 0 < (rounded - exact).abs().max() < (exact - frames[:, 3:6]).abs().max()


def test_losses_are_of_held_back_photographs(
    exported: Callable[[str], Exported], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration, "SIZE", 32)
    monkeypatch.setattr(calibration, "RUNS", 2)
    random = np.random.default_rng(0)
    for number in range(3):
        pixels = random.integers(0, 256, (320, 320, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    pack_photographs(tmp_path, tmp_path / "photos.zip")
    network, _ = exported("RUNet")
    found = losses(network, None, tmp_path / "photos.zip", 1)
    assert found.keys() == {"bf16"}
    assert abs(found["bf16"]) < 1
    assert found == losses(network, None, tmp_path / "photos.zip", 1)
