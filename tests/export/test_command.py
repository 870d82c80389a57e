"""``python -m export``: what it writes, and what it says to wrong arguments and files."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
import torch
from safetensors.torch import save_file

from export.__main__ import main
from tests.random_weights import awake_network
from vsdeblur.contract import Contract


def metadata_of(path: Path) -> Contract:
    return Contract.from_metadata({item.key: item.value for item in onnx.load(path).metadata_props})


def save(path: Path, network: str = "DTB", **metadata: str) -> Path:
    save_file(awake_network(network).state_dict(), path, {"name": network, "trained_on": "40 photographs"} | metadata)
    return path


def refused(capsys: pytest.CaptureFixture[str], *argv: object) -> str:
    """The one sentence that the command writes; its exit status must be 2."""
    assert main([str(argument) for argument in argv]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("export: ")
    assert captured.err.count("\n") == 1
    return captured.err


def test_checkpoint_becomes_a_file_with_its_weights_and_texts(tmp_path: Path) -> None:
    checkpoint, out = save(tmp_path / "c.safetensors", metrics='{"psnr_gain_db": 1.06}'), tmp_path / "DTB.onnx"
    assert main(["DTB", "--checkpoint", str(checkpoint), "--out", str(out), "--license", "CC0-1.0"]) == 0
    contract = metadata_of(out)
    assert (contract.name, contract.trained_on, contract.license) == ("DTB", "40 photographs", "CC0-1.0")
    assert contract.metrics == {"psnr_gain_db": 1.06}
    weights = [onnx.numpy_helper.to_array(tensor) for tensor in onnx.load(out).graph.initializer]
    expected = awake_network("DTB").state_dict()["filter.weight"].numpy()
    assert any(weight.shape == expected.shape and (weight == expected).all() for weight in weights)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["DTB.onnx", "c.safetensors"]


def test_options_override_the_checkpoint(tmp_path: Path) -> None:
    checkpoint, out = save(tmp_path / "c.safetensors"), tmp_path / "DTB.onnx"
    common = ["DTB", "--checkpoint", str(checkpoint), "--out", str(out)]
    assert main([*common, "--trained-on", "more", "--metrics", '{"ssim": 0.9}']) == 0
    assert (metadata_of(out).trained_on, metadata_of(out).metrics) == ("more", {"ssim": 0.9})
    assert main([*common, "--untrained"]) == 0
    assert not metadata_of(out).is_trained


def test_what_a_file_says_of_itself_comes_along(tmp_path: Path) -> None:
    checkpoint, first, again = save(tmp_path / "c.safetensors"), tmp_path / "first.onnx", tmp_path / "again.onnx"
    assert main(["DTB", "--checkpoint", str(checkpoint), "--license", "CC0-1.0", "--out", str(first)]) == 0
    assert main(["DTB", "--checkpoint", str(first), "--out", str(again)]) == 0
    assert metadata_of(again) == metadata_of(first)


def test_untrained_must_be_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "DTB.onnx"
    assert "no --checkpoint given" in refused(capsys, "DTB", "--out", out)
    assert not out.exists()
    assert main(["DTB", "--untrained", "--out", str(out)]) == 0
    assert metadata_of(out).trained_on == "untrained"


def truncated(path: Path) -> Path:
    data = save(path).read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def not_finite(path: Path) -> Path:
    weights = awake_network("DTB").state_dict()
    weights["rgb.bias"][1] = torch.nan
    save_file(weights, path, {"name": "DTB", "trained_on": "x"})
    return path


def changed(path: Path, **changes: torch.Tensor | None) -> Path:
    weights = awake_network("DTB").state_dict() | {key.replace("__", "."): value for key, value in changes.items()}
    save_file({k: v for k, v in weights.items() if v is not None}, path, {"name": "DTB", "trained_on": "x"})
    return path


def foreign(path: Path) -> Path:
    path.write_bytes(b"PK\x03\x04" + bytes(400))
    return path


def without_metadata(path: Path) -> Path:
    save_file(awake_network("DTB").state_dict(), path)
    return path


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: path, "no such checkpoint"),
        (lambda path: path.parent, "no such checkpoint"),
        (truncated, "no whole safetensors file"),
        (foreign, "no whole safetensors file"),
        (without_metadata, "metadata lacks 'name'"),
        (lambda path: save(path, "SharpSequence"), "a checkpoint of SharpSequence, not of DTB"),
        (lambda path: save(path, metrics="[1]"), "metrics must be a JSON object of numbers"),
        (lambda path: save(path, trained_on=""), "vsdeblur.trained_on must be"),
        (not_finite, "rgb.bias holds a value that is not finite"),
        (lambda path: changed(path, rgb__bias=None), "the checkpoint lacks rgb.bias of DTB"),
        (lambda path: changed(path, more=torch.ones(1)), "holds more, which DTB does not have"),
        (lambda path: changed(path, rgb__bias=torch.ones(4)), "rgb.bias has the shape (4,), and DTB needs (3,)"),
    ],
)
def test_an_unusable_checkpoint_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], make: object, sentence: str
) -> None:
    assert callable(make)
    checkpoint, out = make(tmp_path / "c.safetensors"), tmp_path / "DTB.onnx"
    message = refused(capsys, "DTB", "--checkpoint", checkpoint, "--out", out)
    assert sentence in message
    assert str(checkpoint) in message or "vsdeblur.trained_on" in message
    assert not out.exists()


def test_wrong_arguments_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = tmp_path / "nowhere" / "DTB.onnx"
    assert str(nowhere) in refused(capsys, "DTB", "--untrained", "--out", nowhere)
    out = tmp_path / "DTB.onnx"
    assert "exclude each other" in refused(capsys, "DTB", "--untrained", "--trained-on", "x", "--out", out)
    assert "--metrics" in refused(capsys, "DTB", "--untrained", "--metrics", "{", "--out", out)
    assert "vsdeblur.license" in refused(capsys, "DTB", "--untrained", "--license", "", "--out", out)
    with pytest.raises(SystemExit, match="2"):
        main(["EDVR", "--untrained", "--out", str(out)])
    assert "invalid choice: 'EDVR'" in capsys.readouterr().err
    assert not any(tmp_path.iterdir())
