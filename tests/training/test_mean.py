from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from training.loop.checkpoints import load_weights, save_weights
from training.mean import main


def checkpoint(path: Path, value: float, *, name: str = "layer", width: int = 2) -> Path:
    """A layer and a normalisation whose parameters all are `value`, and whose count is too."""
    network = nn.Sequential(nn.Conv2d(1, width, 1), nn.BatchNorm2d(width))
    weights = {key: torch.full_like(tensor, value) for key, tensor in network.state_dict().items()}
    save_weights(path, weights, {"name": name, "trained_on": f"{value} photographs"})
    return path


def test_every_weight_counts_by_its_share(tmp_path: Path) -> None:
    files = [checkpoint(tmp_path / f"{value}.safetensors", value) for value in (1.0, 5.0)]
    out = tmp_path / "mean.safetensors"
    assert main([*map(str, files), "--shares", "3", "1", "--out", str(out)]) == 0
    weights = load_file(out)
    counts = weights.pop("1.num_batches_tracked")
    assert counts == 5
    assert all(torch.equal(value, torch.full_like(value, 2.0)) for value in weights.values())
    assert main([*map(str, files), "--out", str(out)]) == 0
    assert float(load_file(out)["0.bias"][0]) == 3.0
    load_weights(nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2)), {"layer"}, out)


def test_one_checkpoint_is_its_own_mean(tmp_path: Path) -> None:
    file, out = checkpoint(tmp_path / "a.safetensors", 0.1), tmp_path / "mean.safetensors"
    assert main([str(file), "--out", str(out)]) == 0
    one, same = load_file(file), load_file(out)
    assert one.keys() == same.keys()
    assert all(torch.equal(value, same[key]) for key, value in one.items())


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"name": "other"}, "a.safetensors is a checkpoint of layer and {}b.safetensors of other"),
        ({"width": 3}, "a.safetensors and {}b.safetensors have weights of different names or shapes"),
    ],
)
def test_unlike_checkpoints_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], other: dict[str, object], said: str
) -> None:
    one = checkpoint(tmp_path / "a.safetensors", 1)
    two = checkpoint(tmp_path / "b.safetensors", 1, **other)  # type: ignore[arg-type]
    assert main([str(one), str(two), "--out", str(tmp_path / "c.safetensors")]) == 1
    assert said.format(f"{tmp_path}/") in capsys.readouterr().err
    assert not (tmp_path / "c.safetensors").exists()


def test_a_damaged_or_missing_checkpoint_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, half = checkpoint(tmp_path / "a.safetensors", 1), tmp_path / "half.safetensors"
    half.write_bytes(one.read_bytes()[:-1])
    for bad in (half, tmp_path / "none.safetensors"):
        assert main([str(one), str(bad), "--out", str(tmp_path / "c.safetensors")]) == 1
        assert f"{bad} is not a readable checkpoint" in capsys.readouterr().err


@pytest.mark.parametrize("shares", [["1"], ["1", "0"], ["1", "-1"], ["1", "2", "3"], ["1", "nan"]])
def test_shares_are_one_for_each_and_positive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], shares: list[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["a", "b", "--shares", *shares, "--out", str(tmp_path / "c")])
    assert "--shares must be 2 numbers above 0" in capsys.readouterr().err
