"""Eight-bit files: what is in them, and that they compute what the float32 ones do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, numpy_helper

from export.parity import parity_sizes
from export.quantise import _Runs, quantise
from export.storage import agreement
from tests.tolerances import INT8_AGREEMENT
from training.networks import Network
from vsdeblur.contract import FRAMES, Contract

Exported = tuple[Network, bytes]
Clips = list[np.ndarray]


def clips(contract: Contract, count: int = 2, runs: int = 3) -> Clips:
    shape = (count, runs + contract.input_frames - 1, contract.channels, 32, 48)
    return list(np.random.default_rng(0).random(shape, np.float32))


def contract_of(model: bytes) -> Contract:
    return Contract.from_metadata({item.key: item.value for item in onnx.load_from_string(model).metadata_props})


@pytest.fixture(scope="module")
def both(exported: Callable[[str], Exported]) -> Callable[[str], tuple[Network, bytes, bytes]]:
    """Name -> the network, its file, and the eight-bit one."""
    made: dict[str, tuple[Network, bytes, bytes]] = {}

    def get(name: str) -> tuple[Network, bytes, bytes]:
        if name not in made:
            network, model = exported(name)
            made[name] = (network, model, quantise(model, clips(contract_of(model))))
        return made[name]

    return get


@pytest.mark.parametrize("name", ["RUNet", "DTB", "DBLRNet", "RVD"])
def test_it_computes_what_the_network_does_in_less(
    name: str, both: Callable[[str], tuple[Network, bytes, bytes]]
) -> None:
    network, model, small = both(name)
    assert INT8_AGREEMENT < agreement(network, model, small, *parity_sizes(network)[0], steps=3) < float("inf")
    assert len(small) < 0.6 * len(model)


@pytest.mark.parametrize("name", ["RUNet", "DTB", "DBLRNet"])
def test_weights_have_seven_bits_and_a_scale_an_output(
    name: str, both: Callable[[str], tuple[Network, bytes, bytes]]
) -> None:
    graph = onnx.load_from_string(both(name)[2]).graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    dequantised = {node.output[0]: node for node in graph.node if node.op_type == "DequantizeLinear"}
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    flat = [node for node in convolutions if node.input[1] in dequantised]
    assert len(flat) > 0.8 * len(convolutions)
    for node in flat:
        weight, scale, zero = (constants[part] for part in dequantised[node.input[1]].input)
        assert weight.data_type == TensorProto.INT8
        assert np.abs(numpy_helper.to_array(weight).astype(int)).max() == 64
        assert list(scale.dims) == [weight.dims[0]]
        assert not numpy_helper.to_array(zero).any()
        assert node.input[0] in dequantised
    for node in graph.node:
        if node.op_type == "ConvTranspose" or node not in flat and node.op_type == "Conv":
            assert constants[node.input[1]].data_type == TensorProto.FLOAT


def test_the_contract_comes_along(both: Callable[[str], tuple[Network, bytes, bytes]]) -> None:
    _, model, small = both("RUNet")
    before, after = contract_of(model), contract_of(small)
    assert after.precision == "int8"
    assert {**vars(after), "precision": "fp32", "probe": before.probe} == vars(before)
    assert 0 < after.probe.difference(before.probe) < 0.5  # of what it computes itself, to the last bits of other CPUs


def test_the_border_stays(both: Callable[[str], tuple[Network, bytes, bytes]]) -> None:
    _, model, small = both("RUNet")
    before, after = onnx.load_from_string(model).graph, onnx.load_from_string(small).graph
    for ours, theirs in ((before.input, after.input), (before.output, after.output)):
        assert [value.SerializeToString() for value in ours] == [value.SerializeToString() for value in theirs]


def test_the_same_clips_give_the_same_file(both: Callable[[str], tuple[Network, bytes, bytes]]) -> None:
    _, model, small = both("RUNet")
    assert quantise(model, clips(contract_of(model))) == small
    assert quantise(model, [clip / 2 for clip in clips(contract_of(model))]) != small


def test_states_are_carried_along_a_clip_and_no_further(exported: Callable[[str], Exported]) -> None:
    _, model = exported("RUNet")
    runs, session = _Runs(model, contract_of(model), clips(contract_of(model))), onnxruntime.InferenceSession(model)
    feeds = [runs.get_next() for _ in range(7)]
    assert feeds[6] is None
    states = [feed["state_in"] for feed in feeds if feed is not None]
    assert [bool(state.any()) for state in states] == [False, True, True, False, True, True]
    first = feeds[0]
    assert first is not None
    assert (session.run(["state_out"], first)[0] == states[1]).all()
    assert first[FRAMES].shape == (1, 9, 32, 48)
