"""Models that nobody should trust: what a stranger's file may hold, from a seed.

Case n is a pure function of n. Some cases are files that still work, such as one with another weight; all others must
be refused by one sentence.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import onnx
from onnx import TensorProto

from tests import tiny_models

__all__ = ["hostile"]

_MODELS = [
    make()
    for make in (
        tiny_models.next_frame,
        tiny_models.centred,
        tiny_models.exposure,
        tiny_models.blur,
        tiny_models.counter,
    )
]
_GIANTS = [0, -1, 2**16, 2**31 - 1, 2**31, 2**40, 2**62, -(2**63)]
_STATES = [
    '[{"input":"s_in","output":"s_out","channels":1,"scale":1,"initial":0}]',
    '[{"input":"count_in","output":"count_out","channels":4096,"scale":0.5,"initial":0}]',
    '[{"input":"count_in","output":"count_out","channels":1,"scale":1,"initial":0}]',
    "[]",
]


def hostile(number: int) -> bytes:
    """Case ``number``: a damaged model, as the bytes of its file."""
    chance = random.Random(number)
    return chance.choice(_KINDS)(chance.choice(_MODELS), chance)


def _truncated(model: bytes, chance: random.Random) -> bytes:
    return model[: chance.randrange(len(model))]


def _flipped(model: bytes, chance: random.Random) -> bytes:
    """A few bits are others."""
    changed = bytearray(model)
    for _ in range(chance.choice([1, 1, 2, 8, 64])):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _spliced(model: bytes, chance: random.Random) -> bytes:
    """A piece is missing, doubled or of another model."""
    start = chance.randrange(len(model))
    end = min(len(model), start + chance.randrange(1, 200))
    other = chance.choice(_MODELS)
    piece = chance.choice([b"", model[start:end] * 2, other[start:end], chance.randbytes(end - start)])
    return model[:start] + piece + model[end:]


def _metadata(model: bytes, chance: random.Random) -> bytes:
    """An entry of the contract says something that the graph does not."""
    proto = onnx.load_from_string(model)
    entry = chance.choice(proto.metadata_props)
    values = {
        "vsdeblur.window": ["0,0", "2,2", "15,15", "1,0", "16,0"],
        "vsdeblur.outputs": ["0", "-1,0,1", "subframes:7", "subframes:64", ""],
        "vsdeblur.color": ["luma", "rgb", "cmyk"],
        "vsdeblur.multiple": ["1", "8", "256", "0", "99999"],
        "vsdeblur.receptive_field": ["1", "31", "8191", "2"],
        "vsdeblur.states": _STATES,
        "vsdeblur.precision": ["fp32", "int8", "bf16", "fp64"],
    }
    entry.value = chance.choice(values.get(entry.key, ["", "x" * 100_000, "\x00", "{}", "[" * 5000]))
    return bytes(proto.SerializeToString())


def _shaped(model: bytes, chance: random.Random) -> bytes:
    """Dimensions of inputs, outputs or constants are giant, none, swapped or too many."""
    proto = onnx.load_from_string(model)
    constants = [tensor.dims for tensor in proto.graph.initializer]
    if constants and chance.random() < 0.5:
        dims = chance.choice(constants)
        if chance.random() < 0.3:
            dims.extend([1] * chance.randrange(1, 40))
        elif dims:
            dims[chance.randrange(len(dims))] = chance.choice(_GIANTS)
        return bytes(proto.SerializeToString())
    port = chance.choice([*proto.graph.input, *proto.graph.output])
    shape = port.type.tensor_type.shape
    if chance.random() < 0.3:
        del shape.dim[:]
    else:
        chance.choice(shape.dim).dim_value = chance.choice([*_GIANTS, 1, 2, 3])
    if chance.random() < 0.2:
        port.type.tensor_type.elem_type = chance.choice([TensorProto.DOUBLE, TensorProto.STRING, 99])
    return bytes(proto.SerializeToString())


def _external(model: bytes, chance: random.Random) -> bytes:
    """Constants lie in another file, outside the model's folder or nowhere."""
    proto = onnx.load_from_string(model)
    if not proto.graph.initializer:
        return _truncated(model, chance)
    tensor = chance.choice(proto.graph.initializer)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    places = ["../../../../etc/passwd", "/etc/passwd", "/dev/zero", "/dev/stdin", "weights.bin", "", ".", "a\x00b"]
    wanted = {"location": chance.choice(places), "offset": str(chance.choice([0, 1, 2**40, -1])), "length": "4096"}
    for key, value in wanted.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    return bytes(proto.SerializeToString())


def _rewired(model: bytes, chance: random.Random) -> bytes:
    """Operators that are not there, of themselves, or with attributes and names that fit nothing."""
    proto = onnx.load_from_string(model)
    node = chance.choice(proto.graph.node)
    kind = chance.randrange(6)
    if kind == 0:
        node.op_type = chance.choice(["NoSuch", "Loop", "If", "MatMul", "Reshape", "Tile", "Expand", ""])
    elif kind == 1:
        node.input[chance.randrange(len(node.input))] = chance.choice([node.output[0], "frames", "nowhere", ""])
    elif kind == 2:
        node.domain = chance.choice(["com.evil", "ai.onnx.ml", "com.microsoft"])
    elif kind == 3:
        for attribute in node.attribute:
            attribute.ints[:] = [chance.choice(_GIANTS) for _ in attribute.ints]
    elif kind == 4:
        proto.opset_import[0].version = chance.choice([0, 1, 6, 9999, -1])
    else:
        proto.graph.node.extend([node] * chance.choice([1, 3000]))
    return bytes(proto.SerializeToString())


_KINDS: list[Callable[[bytes, random.Random], bytes]] = [
    _truncated,
    _flipped,
    _flipped,
    _spliced,
    _metadata,
    _shaped,
    _external,
    _rewired,
]
