"""Exported files: the contract, names, dynamic sizes, lean graphs, the same bytes every time."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy
import onnx
import onnxruntime
import pytest
import torch

from export.onnx_export import export_network
from tests.digest import digest
from tests.random_weights import awake_network
from training.networks import Network
from vsdeblur.contract import PROBE_TOLERANCE, Contract, Probe, probe_input, probe_of

Exported = Callable[[str], tuple[Network, bytes]]
NAMES = ("RUNet", "DTB", "DBLRNet", "RVD", "SharpSequence")
ROOT = Path(__file__).resolve().parents[2]

# What ONNX Runtime, OpenVINO and TensorRT run without thinking about shapes.
LEAN = {
    *("Abs", "Add", "Clip", "Concat", "Conv", "ConvTranspose", "DepthToSpace", "MaxPool", "Mul", "Relu", "Resize"),
    *("Sigmoid", "Slice", "Split", "Squeeze", "Sub", "Tanh", "Unsqueeze"),
}


def contract_of(model: onnx.ModelProto) -> Contract:
    return Contract.from_metadata({item.key: item.value for item in model.metadata_props})


@pytest.mark.parametrize("name", NAMES)
def test_file_carries_the_networks_contract(exported: Exported, name: str) -> None:
    network, data = exported(name)
    contract = contract_of(onnx.load_from_string(data))
    assert contract.name == name
    assert (contract.trained_on, contract.license) == ("random numbers", "none")
    assert contract.metrics == {"psnr_gain_db": 0.5}
    assert contract.precision == "fp32"
    for field in ("window", "outputs", "color", "multiple", "receptive_field", "states"):
        assert getattr(contract, field) == getattr(network, field)


@pytest.mark.parametrize("name", NAMES)
def test_tensors_are_those_of_the_contract(exported: Exported, name: str) -> None:
    model = onnx.load_from_string(exported(name)[1])
    contract = contract_of(model)

    def described(tensor: onnx.ValueInfoProto) -> tuple[object, ...]:
        assert tensor.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
        return tensor.name, *(dim.dim_param or dim.dim_value for dim in tensor.type.tensor_type.shape.dim)

    def expected(name: str, channels: int, scale: float) -> tuple[object, ...]:
        part = {1: "", 0.5: "/2", 0.25: "/4"}[scale]
        return name, 1, channels, f"height{part}", f"width{part}"

    assert [described(tensor) for tensor in model.graph.input] == [
        expected("frames", contract.input_frames * contract.channels, 1),
        *(expected(state.input, state.channels, state.scale) for state in contract.states),
    ]
    assert [described(tensor) for tensor in model.graph.output] == [
        expected("frames_out", contract.output_frames * contract.channels, 1),
        *(expected(state.output, state.channels, state.scale) for state in contract.states),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_graph_is_valid_lean_and_whole(exported: Exported, name: str) -> None:
    model = onnx.load_from_string(exported(name)[1])
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    shaped = {value.name for value in (*inferred.graph.value_info, *inferred.graph.output)}
    assert all(output in shaped for node in model.graph.node for output in node.output)
    assert [(item.domain, item.version >= 17) for item in model.opset_import] == [("", True)]
    assert not model.functions
    assert {node.op_type for node in model.graph.node} <= LEAN
    assert all(tensor.data_location == onnx.TensorProto.DEFAULT for tensor in model.graph.initializer)


@pytest.mark.parametrize("name", NAMES)
def test_file_says_nothing_of_the_machine(exported: Exported, name: str) -> None:
    data = exported(name)[1]
    for trace in (str(ROOT), os.path.expanduser("~"), "site-packages", "stack_trace", torch.__version__):
        assert trace.encode() not in data


@pytest.mark.parametrize("name", NAMES)
def test_probe_holds_in_onnx_runtime_and_tells_other_weights(exported: Exported, name: str) -> None:
    data = exported(name)[1]
    contract = contract_of(onnx.load_from_string(data))
    assert run_probe(data, contract).difference(contract.probe) <= PROBE_TOLERANCE["fp32"]
    other = export_network(awake_network(name, seed=1), name, trained_on="x", license="x") if name == "DTB" else None
    if other is not None:
        assert run_probe(other, contract).difference(contract.probe) > PROBE_TOLERANCE["int8"]


def run_probe(data: bytes, contract: Contract) -> Probe:
    height, width = contract.probe.height, contract.probe.width
    values = probe_input(contract.input_frames, contract.channels, height, width)
    feeds = {"frames": numpy.array(values, numpy.float32).reshape(1, -1, height, width)}
    for state in contract.states:
        shape = (1, state.channels, math.floor(height * state.scale), math.floor(width * state.scale))
        feeds[state.input] = numpy.zeros(shape, numpy.float32)
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    output = session.run(["frames_out"], feeds)[0]
    return probe_of(output.flatten().tolist(), height, width)


def test_same_weights_give_the_same_bytes_in_any_process(exported: Exported, tmp_path: Path) -> None:
    code = (
        "import sys; from export.onnx_export import export_network; from tests.random_weights import awake_network\n"
        "data = export_network(awake_network('DTB'), 'DTB', trained_on='random numbers', license='none',"
        " metrics={'psnr_gain_db': 0.5})\n"
        "open(sys.argv[1], 'wb').write(data)"
    )
    out = tmp_path / "again.onnx"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", code, str(out)], cwd=tmp_path, env=environment, check=True)
    assert digest(out) == digest(exported("DTB")[1])


def test_the_network_is_left_as_it_was(exported: Exported) -> None:
    network, _ = exported("DBLRNet")
    before = awake_network("DBLRNet").state_dict()
    after = network.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(value, before[key]) for key, value in after.items())
