"""A network in memory to the bytes of an ONNX file.

torch's exporter gives the graph (batch normalisation folded, constants folded, height and width dynamic). What it adds
about the machine (stack traces, source paths) is removed, and values are named by their place in the graph, so that the
same weights give the same bytes. The metadata is the contract of ``vsdeblur.contract``.
"""

from __future__ import annotations

import copy
import logging
import math
import warnings
from collections.abc import Mapping

import onnx
import torch
from torch.export import Dim

from training.networks import Network
from vsdeblur.contract import FRAMES, FRAMES_OUT, Contract, Probe, probe_input, probe_of

__all__ = ["OPSET", "export_network", "probe_network"]

OPSET = 18
_PROBE_SIDE = (48, 64)


def export_network(
    network: Network, name: str, *, trained_on: str, license: str, metrics: Mapping[str, float] | None = None
) -> bytes:
    """The ONNX file of ``network`` in fp32, with the contract under ``name``.

    The network is taken in evaluation mode, without what changes nothing (``Network.prune_``), and is not changed.
    Raises ContractError when a text or a number does not fit the contract, and onnx's errors when the graph is not
    valid.
    """
    network = copy.deepcopy(network).eval().float()
    network.prune_()
    contract = Contract(
        name=name,
        license=license,
        trained_on=trained_on,
        window=network.window,
        outputs=network.outputs,
        color=network.color,
        multiple=network.multiple,
        receptive_field=network.receptive_field,
        states=network.states,
        probe=probe_network(network),
        metrics=dict(metrics or {}),
    )
    model = _trace(network)
    _tidy(model)
    _name_tensors(model, network)
    onnx.helper.set_model_props(model, contract.to_metadata())
    onnx.checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def probe_network(network: Network) -> Probe:
    """The contract's probe, computed in float64 and rounded to 6 decimals, which no CPU's last bits reach."""
    reference = copy.deepcopy(network).eval().double()
    height, width = (math.ceil(side / network.multiple) * network.multiple for side in _PROBE_SIDE)
    color_channels = 3 if network.color == "rgb" else 1
    channels = network.input_channels()
    values = probe_input(channels // color_channels, color_channels, height, width)
    frames = torch.tensor(values, dtype=torch.float64).view(1, channels, height, width)
    with torch.no_grad():
        output = reference(frames, *reference.initial_states(frames))[0]
    exact = probe_of(output.flatten().tolist(), height, width)
    return Probe(height, width, _rounded(exact.mean), _rounded(exact.std), tuple(map(_rounded, exact.values)))


def _rounded(value: float) -> float:
    return round(value, 6) + 0.0  # the sum turns -0.0 into 0.0


def _trace(network: Network) -> onnx.ModelProto:
    frames = torch.rand(1, network.input_channels(), 6 * network.multiple, 8 * network.multiple)
    arguments = (frames, *network.initial_states(frames))
    dynamic = tuple({2: Dim.DYNAMIC, 3: Dim.DYNAMIC} for _ in arguments)
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                network,
                arguments,
                input_names=[FRAMES, *(state.input for state in network.states)],
                output_names=[FRAMES_OUT, *(state.output for state in network.states)],
                opset_version=OPSET,
                dynamo=True,
                dynamic_shapes=dynamic,
                optimize=True,
                verbose=False,
            )
    finally:
        logger.setLevel(level)
    assert program is not None
    return program.model_proto


def _tidy(model: onnx.ModelProto) -> None:
    """Remove what describes the exporting machine, and name nodes and values by their place in the graph."""
    model.producer_name = "vsdeblur"
    model.producer_version = ""
    model.doc_string = ""
    del model.metadata_props[:]
    graph = model.graph
    graph.name = "network"
    graph.doc_string = ""
    del graph.value_info[:]
    for item in (graph, *graph.input, *graph.output, *graph.initializer, *graph.node):
        item.doc_string = ""
        del item.metadata_props[:]
    fixed = {value.name for value in (*graph.input, *graph.output)}
    names: dict[str, str] = {}
    for index, tensor in enumerate(graph.initializer):
        names[tensor.name] = f"constant_{index}"
        tensor.name = names[tensor.name]
    for index, node in enumerate(graph.node):
        kind = f"{node.op_type.lower()}_{index}"
        node.name = kind
        for place, name in enumerate(node.input):
            node.input[place] = names.get(name, name)
        for place, name in enumerate(node.output):
            if name and name not in fixed:
                names[name] = kind if len(node.output) == 1 else f"{kind}_{place}"
                node.output[place] = names[name]


def _name_tensors(model: onnx.ModelProto, network: Network) -> None:
    """Name the dynamic dimensions, and check that inputs and outputs are those of the contract."""
    scales = {FRAMES: 1.0, FRAMES_OUT: 1.0}
    for state in network.states:
        scales[state.input] = scales[state.output] = state.scale
    tensors = (*model.graph.input, *model.graph.output)
    if [tensor.name for tensor in tensors] != [
        *(FRAMES, *(state.input for state in network.states)),
        *(FRAMES_OUT, *(state.output for state in network.states)),
    ]:
        raise ValueError(f"{type(network).__name__}: the graph's tensors are {[tensor.name for tensor in tensors]}")
    for tensor in tensors:
        dims = tensor.type.tensor_type.shape.dim
        part = "" if scales[tensor.name] == 1 else f"/{round(1 / scales[tensor.name])}"
        dims[2].dim_param = f"height{part}"
        dims[3].dim_param = f"width{part}"
