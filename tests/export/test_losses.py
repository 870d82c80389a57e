"""Losses by precision: what is measured, and what the file says afterwards; and what ``--int8`` refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from PIL import Image

from export import calibration
from export.__main__ import main as export
from export.losses import _bfloat16, losses, main, note
from tests import tiny_models
from training.data.material import pack_photographs
from training.networks import Network
from vsdeblur.contract import Contract


class Doubling(Network):
    """Gives its luma frame times a weight, that bfloat16 can hold or not."""

    name, color, outputs = "Doubling", "luma", "0"
    window, multiple, receptive_field = (0, 0), 1, 1

    def __init__(self, weight: float) -> None:
        super().__init__()
        self.scale = torch.nn.Conv2d(1, 1, 1, bias=False)
        torch.nn.init.constant_(self.scale.weight, weight)

    def forward(self, frames: torch.Tensor) -> tuple[torch.Tensor]:
        return (self.scale(frames),)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photographs")
    random = np.random.default_rng(0)
    for number in range(2):
        noise = random.integers(0, 256, (40, 60, 3), np.uint8)
        Image.fromarray(noise).resize((480, 320)).save(folder / f"{number}.png")
    packed = folder / "photographs.zip"
    pack_photographs(folder, packed)
    return packed


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "MEASURED_CLIPS", 2)


def scaled(path: Path, weight: float) -> Path:
    path.write_bytes(tiny_models.weighted([[weight]], window=(0, 0), outputs="0", color="luma"))
    return path


def test_a_worse_file_loses_more(archive: Path, tmp_path: Path) -> None:
    network = Doubling(1.0)
    same, near, far = (
        losses(network, scaled(tmp_path / f"{weight}.onnx", weight), archive)["int8"] for weight in (1.0, 0.9, 0.5)
    )
    assert same == 0
    assert 0 < near < far


def test_bfloat16_rounds_weights_and_values(archive: Path) -> None:
    network, frames = Doubling(1 / 3), torch.rand(1, 1, 8, 8)
    (found,) = _bfloat16(network)(frames, ())
    expected = (frames.bfloat16().float() * torch.tensor(1 / 3).bfloat16().float()).bfloat16().float()
    assert torch.equal(found, expected)
    assert not torch.equal(found, network(frames)[0])
    assert torch.equal(network.scale.weight, torch.full((1, 1, 1, 1), 1 / 3))
    assert losses(network, None, archive).keys() == {"bf16"}


def test_losses_go_into_the_contract_and_nothing_else_changes() -> None:
    before = tiny_models.counter()
    after = onnx.load_from_string(note(before, {"int8": 0.03, "bf16": 0.01}))
    metadata = {item.key: item.value for item in after.metadata_props}
    assert Contract.from_metadata(metadata).losses == {"int8": 0.03, "bf16": 0.01}
    assert after.graph == onnx.load_from_string(before).graph
    assert note(note(before, {"int8": 1}), {"bf16": 0.01}) == note(before, {"bf16": 0.01})


def test_a_file_that_is_no_network_is_one_line(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign = scaled(tmp_path / "Tiny.onnx", 1)
    for file in (foreign, tmp_path / "nowhere.onnx"):
        assert main([str(file), "--photos", str(archive)]) == 2
        assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--int8"], "--int8 and --photos go together"),
        (["--photos", "photographs.zip"], "--int8 and --photos go together"),
        (["--int8", "--photos", "photographs.zip", "--half"], "--int8 excludes --half and --tall"),
        (["--int8", "--photos", "photographs.zip", "--tall"], "--int8 excludes --half and --tall"),
    ],
)
def test_int8_needs_photographs_and_is_a_form_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], sentence: str
) -> None:
    assert export(["DTB", "--untrained", "--out", str(tmp_path / "DTB.onnx"), *options]) == 2
    assert sentence in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


def test_a_shipped_file_must_be_of_the_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = Path(__file__).parents[2] / "vsdeblur" / "weights" / "DTB.onnx"
    assert export(["RVD", "--checkpoint", str(weights), "--out", str(tmp_path / "RVD.onnx")]) == 2
    assert "holds DTB, not RVD" in capsys.readouterr().err
