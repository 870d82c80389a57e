"""Graphs that say one thing and compute another, or far more than they say."""

from __future__ import annotations

import random

import numpy as np
from onnx import ModelProto, helper, numpy_helper

__all__ = ["grown", "reshaped"]

_SIZES = [2**4, 2**10, 2**13, 2**22, 2**24, 2**31, 2**40, 2**62]
"""None between, where memory is enough and computing merely takes long."""


def reshaped(proto: ModelProto, output: str, chance: random.Random) -> bytes:
    """``output`` goes through an operator that changes its shape, and the graph promises no shape for it."""
    inner = f"{output}_inner"
    for node in proto.graph.node:
        for names in (node.input, node.output):
            for place, name in enumerate(names):
                if name == output:
                    names[place] = inner
    for port in proto.graph.output:
        if port.name == output:
            for dim in port.type.tensor_type.shape.dim:
                dim.ClearField("dim_value")
                dim.dim_param = f"any{chance.randrange(10**6)}"
    axis, ones = chance.randrange(4), [1, 1, 1, 1]
    twice = [2 if place == axis else 1 for place in range(4)]
    kinds = {
        "Concat": ([inner, inner], {"axis": axis}, {}),
        "Tile": ([inner, "extra"], {}, {"extra": twice}),
        "Pad": ([inner, "extra"], {}, {"extra": [0, 0, 0, 0, *(count - 1 for count in twice)]}),
        "Slice": ([inner, "first", "last", "axes"], {}, {"first": [0], "last": [-1], "axes": [axis]}),
        "Transpose": ([inner], {"perm": chance.sample(range(4), 4)}, {}),
        "Reshape": (
            [inner, "extra"],
            {},
            {"extra": chance.choice([[1, 1, 1, -1], [-1], [1, -1, 16, 16], [16, 16, 1, -1]])},
        ),
        "Expand": ([inner, "extra"], {}, {"extra": [*ones, 1]}),
        "ReduceMean": ([inner], {"axes": [axis], "keepdims": 1}, {}),
    }
    operation = chance.choice(list(kinds))
    inputs, attributes, constants = kinds[operation]
    _append(proto, constants)
    proto.graph.node.append(helper.make_node(operation, inputs, [output], **attributes))
    return bytes(proto.SerializeToString())


def grown(proto: ModelProto, chance: random.Random) -> bytes:
    """The frames come out of something giant, which is as large as they are in the end."""
    size = chance.choice(_SIZES)
    kinds = {
        "Expand": (["frames", "size"], {}, {"size": [size, 1, 1, 1]}),
        "Tile": (["frames", "size"], {}, {"size": [size, 1, 1, 1]}),
        "Pad": (["frames", "size"], {}, {"size": [0, 0, 0, 0, size - 1, 0, 0, 0]}),
        "Resize": (["frames", "", "size"], {"mode": "nearest"}, {"size": [1.0, 1.0, float(size), 1.0]}),
        "ConstantOfShape": (["size"], {}, {"size": [size, 1, 1, 1]}),
    }
    operation = chance.choice(list(kinds))
    inputs, attributes, constants = kinds[operation]
    for node in proto.graph.node:
        for place, name in enumerate(node.input):
            if name == "frames":
                node.input[place] = "frames_inner"
    _append(proto, constants)
    axis = 2 if operation == "Resize" else 0
    before = [
        helper.make_node(operation, inputs, ["large"], **attributes),
        helper.make_node("ReduceMax", ["large"], ["small"], axes=[axis], keepdims=1),
        helper.make_node("Max", ["small", "frames"], ["frames_inner"]),
    ]
    for node in reversed(before):
        proto.graph.node.insert(0, node)
    return bytes(proto.SerializeToString())


def _append(proto: ModelProto, constants: dict[str, list[int]] | dict[str, list[float]]) -> None:
    for name, values in constants.items():
        kind = np.float32 if any(isinstance(value, float) for value in values) else np.int64
        proto.graph.initializer.append(numpy_helper.from_array(np.array(values, kind), name))
