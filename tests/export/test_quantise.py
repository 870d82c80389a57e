"""Eight-bit files: what is in them, and that they compute what the float32 ones do."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from export.quantise import _Runs, quantise
from tests import tiny_models
from tests.tolerances import INT8_ANSWER
from vsdeblur.contract import FRAMES, FRAMES_OUT, PROBE_TOLERANCE, Contract, State

Clips = list[np.ndarray]


def network(seed: int = 0) -> bytes:
    """A recurrent file with convolutions of two and of three dimensions and a transposed one."""
    random = np.random.default_rng(seed)
    shapes = {
        "w0": (6, 3, 3, 3),
        "w1": (8, 10, 3, 3),
        "w2": (3, 8, 3, 3),
        "w3": (8, 3, 1, 1),
        "w4": (3, 8, 1, 1, 1),
        "w5": (4, 8, 3, 3),
    }
    weights = {name: random.normal(0, 0.1, shape).astype(np.float32) for name, shape in shapes.items()}
    weights |= {"axis": np.array([2])}  # type: ignore[dict-item]
    node = helper.make_node
    nodes = [
        node("Conv", [FRAMES, "w0"], ["read"], name="conv_0", pads=[1] * 4),
        node("Concat", ["read", "state_in"], ["joined"], axis=1),
        node("Conv", ["joined", "w1"], ["first"], name="conv_1", pads=[1] * 4),
        node("Relu", ["first"], ["features"]),
        node("Conv", ["features", "w2"], ["flat"], name="conv_2", pads=[1] * 4),
        node("ConvTranspose", ["features", "w3"], ["transposed"], name="conv_3"),
        node("Unsqueeze", ["features", "axis"], ["volume"]),
        node("Conv", ["volume", "w4"], ["deep"], name="conv_4"),
        node("Squeeze", ["deep", "axis"], ["volumetric"]),
        node("Sum", [FRAMES, "flat", "transposed", "volumetric"], [FRAMES_OUT]),
        node("Conv", ["features", "w5"], ["remembered"], name="conv_5", pads=[1] * 4),
        node("Relu", ["remembered"], ["state_out"]),
    ]
    return tiny_models.model(nodes, weights, states=(State("state_in", "state_out", channels=4, scale=1),))


def clips(count: int = 2, runs: int = 3) -> Clips:
    return list(np.random.default_rng(1).random((count, runs, 3, 16, 24), np.float32))


def contract_of(model: bytes) -> Contract:
    return Contract.from_metadata({item.key: item.value for item in onnx.load_from_string(model).metadata_props})


def answers(model: bytes, frames: np.ndarray) -> list[np.ndarray]:
    feeds = {FRAMES: frames, "state_in": np.random.default_rng(2).random((1, 4, *frames.shape[2:]), np.float32) / 4}
    return list(onnxruntime.InferenceSession(model).run(None, feeds))


@pytest.fixture(scope="module")
def small() -> bytes:
    return quantise(network(), clips())


def test_it_computes_what_the_network_does(small: bytes) -> None:
    frames = np.random.default_rng(3).random((1, 3, 20, 28), np.float32)
    for ours, theirs in zip(answers(small, frames), answers(network(), frames), strict=True):
        assert 0 < np.abs(ours - theirs).max() <= INT8_ANSWER
    assert np.abs(answers(network(1), frames)[0] - answers(network(), frames)[0]).max() > 5 * INT8_ANSWER


def test_all_but_the_first_and_last_convolutions_have_weights_of_seven_bits_and_a_scale_an_output(small: bytes) -> None:
    graph = onnx.load_from_string(small).graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    dequantised = {node.output[0]: node for node in graph.node if node.op_type == "DequantizeLinear"}
    convolutions = {node.name: node for node in graph.node if node.op_type in ("Conv", "ConvTranspose")}
    for name in ("conv_1_0", "conv_1_1", "conv_5"):
        weight, scale, zero = (constants[part] for part in dequantised[convolutions[name].input[1]].input)
        assert weight.data_type == TensorProto.INT8
        assert np.abs(numpy_helper.to_array(weight).astype(int)).max() == 64
        assert list(scale.dims) == [weight.dims[0]]
        assert not numpy_helper.to_array(zero).any()
        assert convolutions[name].input[0] in dequantised
    for name in ("conv_0", "conv_2", "conv_3", "conv_4"):
        assert constants[convolutions[name].input[1]].data_type == TensorProto.FLOAT


def test_what_stays_in_float32_reads_what_has_not_been_rounded(small: bytes) -> None:
    graph = onnx.load_from_string(small).graph
    made_by = {output: node.op_type for node in graph.node for output in node.output}
    reads = {node.name: made_by.get(node.input[0]) for node in graph.node if "Conv" in node.op_type}
    assert (reads["conv_2"], reads["conv_3"], reads["conv_5"]) == ("Relu", "Relu", "DequantizeLinear")


def test_joined_tensors_have_a_scale_each(small: bytes) -> None:
    graph = onnx.load_from_string(small).graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    makers = {node.output[0]: node for node in graph.node}
    convolutions = {node.name: node for node in graph.node if node.op_type == "Conv"}
    scales = [constants[makers[convolutions[name].input[0]].input[1]] for name in ("conv_1_0", "conv_1_1")]
    assert scales[0] != scales[1]


def test_slices_of_one_tensor_share_its_scale() -> None:
    random = np.random.default_rng(0)
    shapes = {"w0": (6, 3, 3, 3), "w1": (8, 6, 3, 3), "w2": (3, 8, 3, 3)}
    weights = {name: random.normal(0, 0.1, shape).astype(np.float32) for name, shape in shapes.items()}
    bounds = {"zero": 0, "three": 3, "six": 6, "axis": 1}
    node = helper.make_node
    nodes = [
        node("Conv", [FRAMES, "w0"], ["read"], name="conv_0", pads=[1] * 4),
        node("Slice", ["read", "three", "six", "axis"], ["late"]),
        node("Slice", ["read", "zero", "three", "axis"], ["early"]),
        node("Concat", ["late", "early"], ["joined"], axis=1),
        node("Conv", ["joined", "w1"], ["features"], name="conv_1", pads=[1] * 4),
        node("Conv", ["features", "w2"], [FRAMES_OUT], name="conv_2", pads=[1] * 4),
    ]
    constants: dict[str, np.ndarray] = {name: np.array([value]) for name, value in bounds.items()}
    quantised = onnx.load_from_string(quantise(tiny_models.model(nodes, weights | constants), clips()))
    assert [node.name for node in quantised.graph.node if node.op_type == "Conv"] == ["conv_0", "conv_1", "conv_2"]


def test_the_contract_comes_along(small: bytes) -> None:
    before, after = contract_of(network()), contract_of(small)
    assert after.precision == "int8"
    assert {**vars(after), "precision": "fp32", "probe": before.probe} == vars(before)
    assert 0 < after.probe.difference(before.probe) <= PROBE_TOLERANCE["int8"]


def test_the_border_stays(small: bytes) -> None:
    before, after = onnx.load_from_string(network()).graph, onnx.load_from_string(small).graph
    for ours, theirs in ((before.input, after.input), (before.output, after.output)):
        assert [value.SerializeToString() for value in ours] == [value.SerializeToString() for value in theirs]


def test_the_file_depends_on_the_clips_alone(small: bytes) -> None:
    assert quantise(network(), clips()) == small
    assert quantise(network(), [clip / 2 for clip in clips()]) != small


def test_states_are_carried_along_a_clip_and_no_further() -> None:
    model = network()
    runs, session = _Runs(model, contract_of(model), clips()), onnxruntime.InferenceSession(model)
    feeds = [runs.get_next() for _ in range(7)]
    assert feeds[6] is None
    states = [feed["state_in"] for feed in feeds if feed is not None]
    assert [bool(state.any()) for state in states] == [False, True, True, False, True, True]
    assert feeds[0] is not None
    assert (session.run(["state_out"], feeds[0])[0] == states[1]).all()


def test_ranges_leave_the_furthest_values_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def widest() -> float:
        model = onnx.load_from_string(quantise(network(), clips()))
        values = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
        return max(float(values[node.input[1]]) for node in model.graph.node if node.op_type == "QuantizeLinear")

    monkeypatch.setattr("export.quantise.WITHIN", 100)
    whole = widest()
    monkeypatch.setattr("export.quantise.WITHIN", 90)
    assert widest() < 0.9 * whole
