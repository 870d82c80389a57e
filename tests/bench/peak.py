"""The machine's own speed: a large convolution in OpenVINO, in fp32, bf16 or int8.

3x3, 256 channels to 256, of 64 x 64 pixels: what networks spend their time on, in a size that suits any CPU.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from tests.bench.jobs import HINTS, Step

CHANNELS, SIDE = 256, 64
MULTIPLICATIONS = CHANNELS * CHANNELS * 9 * SIDE * SIDE
"""Multiply-accumulates of one run."""


def convolution(precision: str) -> bytes:
    """An .onnx file without a contract; its input is ``x``."""
    random = np.random.default_rng(0)
    shape = (CHANNELS, CHANNELS, 3, 3)
    node = helper.make_node
    if precision == "int8":
        constants: dict[str, Any] = {
            "weights": random.integers(-64, 65, shape, np.int8),
            "scales": np.full(CHANNELS, 1e-3, np.float32),
            "zeros": np.zeros(CHANNELS, np.int8),
            "step": np.array(1 / 255, np.float32),
            "zero": np.array(0, np.uint8),
        }
        nodes = [
            node("QuantizeLinear", ["x", "step", "zero"], ["bytes"]),
            node("DequantizeLinear", ["bytes", "step", "zero"], ["values"]),
            node("DequantizeLinear", ["weights", "scales", "zeros"], ["kernel"], axis=0),
            node("Conv", ["values", "kernel"], ["y"], pads=[1] * 4),
        ]
    else:
        constants = {"kernel": random.normal(0, 0.02, shape).astype(np.float32)}
        nodes = [node("Conv", ["x", "kernel"], ["y"], pads=[1] * 4)]
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, CHANNELS, SIDE, SIDE]) for n in "xy")
    stored = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "peak", [x], [y], stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


def peak(precision: str) -> Step:
    """One run of the convolution. Raises ValueError where the CPU has no such precision."""
    import openvino as ov

    core = ov.Core()
    if precision == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise ValueError("this CPU has no bf16")
    model = core.read_model(convolution(precision))
    options = {"INFERENCE_PRECISION_HINT": HINTS[precision], "PERFORMANCE_HINT": "LATENCY"}
    options["INFERENCE_NUM_THREADS"] = str(len(os.sched_getaffinity(0)))
    request = core.compile_model(model, "CPU", options).create_infer_request()
    x = np.random.default_rng(1).random((1, CHANNELS, SIDE, SIDE), np.float32)
    return lambda: request.infer([x], share_inputs=True)
