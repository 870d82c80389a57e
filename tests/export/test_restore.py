"""``python -m export.restore``: the way back to what was exported, and what it says to files that have none."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
import torch
from torch import nn

from export.onnx_export import export_network
from export.parity import largest_difference, parity_sizes
from export.restore import main, restore
from export.storage import store_half
from tests.random_weights import awake_network
from tests.tolerances import EXPORT_PARITY
from training.loop.checkpoints import load_weights
from training.networks import NETWORKS, Network
from vsdeblur.contract import KEY_NAME

Exported = tuple[Network, bytes]


def renamed(model: bytes, name: str) -> bytes:
    """The file with another name in its contract."""
    proto = onnx.load_from_string(model)
    next(item for item in proto.metadata_props if item.key == KEY_NAME).value = name
    data: bytes = proto.SerializeToString()
    return data


def refused(capsys: pytest.CaptureFixture[str], file: Path, out: Path) -> str:
    """The one sentence that the command writes; its exit status must be 2, and nothing written."""
    assert main([str(file), "--out", str(out)]) == 2
    assert not out.exists()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("export: ")
    assert captured.err.count("\n") == 1
    return captured.err


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_a_restored_network_computes_what_the_exported_one_does(name: str, exported: Callable[[str], Exported]) -> None:
    network, model = exported(name)
    contract, restored = restore(model, "file")
    assert contract.name == name
    assert largest_difference(restored, model, *parity_sizes(network)[1], steps=2) < EXPORT_PARITY
    if not any(isinstance(module, nn.BatchNorm2d) for module in network.modules()):
        after = restored.state_dict()
        assert all(torch.equal(value, after[key]) for key, value in network.state_dict().items())


def test_weights_before_a_normalisation_have_the_size_that_training_gives_them() -> None:
    network = awake_network("DBLRNet")
    inner, outer = (network.get_submodule(f"merge.norm{n}") for n in (1, 2))
    with torch.no_grad():
        inner.get_parameter("weight")[:2] = torch.tensor([0.0, 10.0])
        outer.get_buffer("running_var").mul_(1e-4)
        network.get_parameter("conv35.weight").mul_(1e-3)  # else the output would be huge
    model = export_network(network, "DBLRNet", trained_on="numbers", license="none")
    _, restored = restore(model, "file")
    norms = restored.get_parameter("merge.conv1.weight").flatten(1).norm(dim=1)
    assert norms[0] == 0  # whatever was there, factor 0 took it
    torch.testing.assert_close(norms[1:], torch.full((63,), math.sqrt(2)))
    before = NETWORKS["DBLRNet"]()
    for norm, name in ((inner, "merge.norm1.weight"), (outer, "merge.norm2.weight")):
        assert isinstance(norm, nn.BatchNorm2d)
        assert torch.equal(restored.get_parameter(name), before.get_parameter(name))


def test_a_scale_that_no_variance_can_hold_stays_in_the_weights() -> None:
    network = awake_network("DBLRNet")
    with torch.no_grad():
        network.get_parameter("merge.norm2.weight")[3] = 1e3
        network.get_parameter("conv35.weight").mul_(1e-3)  # else the output would be huge
    model = export_network(network, "DBLRNet", trained_on="numbers", license="none")
    _, restored = restore(model, "file")
    variance = restored.get_buffer("merge.norm2.running_var")
    assert variance[3] > 0
    norms = restored.get_parameter("merge.conv2.weight").flatten(1).norm(dim=1)
    assert norms[3] > 2 * math.sqrt(2)
    torch.testing.assert_close(norms[4:], torch.full((60,), math.sqrt(2)))


def test_half_stored_weights_come_back(exported: Callable[[str], Exported]) -> None:
    network, model = exported("DBLRNet")
    half = store_half(model)
    _, restored = restore(half, "file")
    torch.testing.assert_close(
        restored.get_parameter("conv34.weight"), network.get_parameter("conv34.weight").half().float()
    )
    again = export_network(restored, "DBLRNet", trained_on="numbers", license="none")
    assert restore(again, "file")[1].state_dict().keys() == network.state_dict().keys()


def test_what_was_pruned_is_as_before_training() -> None:
    torch.manual_seed(0)
    network = NETWORKS["RVD"]().eval()
    model = export_network(network, "RVD", trained_on="numbers", license="none")
    _, restored = restore(model, "file")
    assert restored.state_dict().keys() == network.state_dict().keys()
    assert torch.equal(restored.get_parameter("conv3.weight"), network.get_parameter("conv3.weight"))
    gates = [one.get_parameter("recursive.lstm.gates.weight") for one in (restored, network)]
    assert torch.equal(gates[0][:, :32], gates[1][:, :32])
    assert not restored.get_parameter("recursive.cnns.layers.13.weight").any()


def test_training_goes_on_from_what_the_command_writes(tmp_path: Path, exported: Callable[[str], Exported]) -> None:
    file, out = tmp_path / "DTB.onnx", tmp_path / "DTB.safetensors"
    network, model = exported("DTB")
    file.write_bytes(model)
    assert main([str(file), "--out", str(out)]) == 0
    loaded = awake_network("DTB", seed=1)
    load_weights(loaded, {"DTB"}, out)
    assert torch.equal(loaded.get_parameter("blend.beta"), network.get_parameter("blend.beta"))


def test_what_cannot_be_restored_gets_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], exported: Callable[[str], Exported]
) -> None:
    file, out = tmp_path / "some.onnx", tmp_path / "out.safetensors"
    assert "some.onnx" in refused(capsys, file, out)
    model = exported("DTB")[1]
    for content, said in (
        (b"no model", "no file with a contract"),
        (model[: len(model) // 2], "no file with a contract"),
        (renamed(model, "Other"), "a file of Other"),
        (renamed(model, "SharpSequence"), "its graph is not that of SharpSequence"),
    ):
        file.write_bytes(content)
        assert said in refused(capsys, file, out)


def test_weights_of_another_computation_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], exported: Callable[[str], Exported]
) -> None:
    proto = onnx.load_from_string(exported("DTB")[1])
    relu = next(node for node in proto.graph.node if node.op_type == "Relu")
    relu.op_type = "Tanh"
    file = tmp_path / "DTB.onnx"
    file.write_bytes(proto.SerializeToString())
    assert "differs from it by" in refused(capsys, file, tmp_path / "out.safetensors")
