"""Half-precision storage: half the size, the same picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto

from export.__main__ import main
from export.parity import parity_sizes
from export.storage import MIN_PSNR, agreement, store_half
from training.networks import Network

Exported = tuple[Network, bytes]


@pytest.mark.parametrize("name", ["RUNet", "DTB", "DBLRNet", "RVD", "SharpSequence"])
def test_the_file_is_halved_and_the_output_kept(name: str, exported: Callable[[str], Exported]) -> None:
    network, model = exported(name)
    half = store_half(model)
    assert len(half) < 0.53 * len(model)
    assert MIN_PSNR < agreement(network, model, half, *parity_sizes(network)[0], steps=3) < float("inf")


def test_the_border_and_the_contract_stay(exported: Callable[[str], Exported]) -> None:
    _, model = exported("DTB")
    before, after = onnx.load_from_string(model), onnx.load_from_string(store_half(model))
    assert list(before.graph.input) == list(after.graph.input)
    assert list(before.graph.output) == list(after.graph.output)
    assert list(before.metadata_props) == list(after.metadata_props)
    assert {tensor.data_type for tensor in after.graph.initializer} >= {TensorProto.FLOAT16}


def test_agreement_sees_a_difference(exported: Callable[[str], Exported]) -> None:
    network, model = exported("DTB")
    broken = onnx.load_from_string(model)
    for tensor in broken.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and tensor.raw_data:
            tensor.raw_data = bytes(len(tensor.raw_data))
    size = parity_sizes(network)[0]
    assert agreement(network, model, model, *size, steps=2) == float("inf")
    assert agreement(network, model, broken.SerializeToString(), *size, steps=2) < MIN_PSNR


def test_the_command_takes_half(tmp_path: Path) -> None:
    whole, half = tmp_path / "whole.onnx", tmp_path / "half.onnx"
    assert main(["DTB", "--untrained", "--out", str(whole)]) == 0
    assert main(["DTB", "--untrained", "--half", "--out", str(half)]) == 0
    assert half.stat().st_size < 0.53 * whole.stat().st_size
