"""Weights stored in half precision, computed with in single precision.

Every large float32 constant becomes a float16 one behind a Cast to float32. Runtimes fold the Cast when they load the
file, so only its size changes: it is halved.
"""

from __future__ import annotations

import numpy
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from training.networks import Network
from vsdeblur.contract import FRAMES, FRAMES_OUT

__all__ = ["MIN_PSNR", "agreement", "store_half"]

# Smaller constants stay as they are: biases and scales, which cost nothing.
_MIN_ELEMENTS = 512

# dB between the two files' outputs. An error 60 dB down lowers a PSNR of 33 dB by 0.01 dB, and that of a better result
# by little more.
MIN_PSNR = 60.0


def store_half(model: bytes) -> bytes:
    """The same network with its large constants in float16. Raises onnx's errors when the graph is not valid."""
    proto = onnx.load_from_string(model)
    casts = []
    for tensor in proto.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or numpy.prod(tensor.dims) < _MIN_ELEMENTS:
            continue
        name = tensor.name
        half = numpy_helper.to_array(tensor).astype(numpy.float16)
        tensor.CopyFrom(numpy_helper.from_array(half, f"{name}_half"))
        casts.append(helper.make_node("Cast", [f"{name}_half"], [name], name=f"{name}_cast", to=TensorProto.FLOAT))
    nodes = [*casts, *proto.graph.node]
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)
    onnx.checker.check_model(proto, full_check=True)
    data: bytes = proto.SerializeToString(deterministic=True)
    return data


def agreement(network: Network, first: bytes, second: bytes, height: int, width: int, *, steps: int = 12) -> float:
    """PSNR in dB between the outputs of two files over ``steps`` random frames, each with its own state carried."""
    generator = torch.Generator().manual_seed(0)
    sequence = torch.rand(steps, 1, network.input_channels(), height, width, generator=generator)
    runs = [_outputs(network, model, sequence) for model in (first, second)]
    error = float(numpy.mean((runs[0] - runs[1]) ** 2))
    return float("inf") if error == 0 else -10 * float(numpy.log10(error))


def _outputs(network: Network, model: bytes, sequence: torch.Tensor) -> numpy.ndarray:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    states = [state.numpy() for state in network.initial_states(sequence[0])]
    outputs = []
    for frames in sequence:
        feeds = dict(zip((state.input for state in network.states), states, strict=True))
        names = [FRAMES_OUT, *(state.output for state in network.states)]
        output, *states = session.run(names, {FRAMES: frames.numpy(), **feeds})
        outputs.append(output)
    return numpy.concatenate(outputs)
