"""Models that nobody should trust: what a stranger's file may hold, from a seed.

Case n is a pure function of n, and n alone says its kind. Some cases are files that still work, such as one with
another weight; all others must be refused by one sentence.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import onnx
from onnx import ModelProto, TensorProto, helper, numpy_helper

from tests import tiny_models
from tests.robustness.broken_bytes import flipped, truncated
from tests.robustness.hostile_graphs import grown, reshaped

__all__ = ["NEVER", "hostile", "kind_of", "lay_out"]

NEVER = ("truncated", "climbing")
"""Kinds of which no file may ever run."""

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
_OUTSIDE, _LINK, _NEAR = "outside.bin", "link.bin", "near.bin"


def hostile(number: int) -> bytes:
    """Case ``number``: a damaged model, as the bytes of its file."""
    chance = random.Random(number)
    return _KINDS[kind_of(number)](chance.choice(_MODELS), chance)


def kind_of(number: int) -> str:
    """Kinds take turns."""
    return list(_KINDS)[number % len(_KINDS)]


def lay_out(folder: Path) -> Path:
    """Makes the folder for models, with what external data may name in it and outside it."""
    models = folder / "models"
    models.mkdir()
    for file in (folder / _OUTSIDE, models / _NEAR):
        file.write_bytes(bytes(4096))
    (models / _LINK).symlink_to(folder / _OUTSIDE)
    return models


def _flipped(model: bytes, chance: random.Random) -> bytes:
    """A few bits are others."""
    return flipped(model, chance, chance.choice([1, 1, 2, 8, 64]))


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
    return _bytes(proto)


def _giant(model: bytes, chance: random.Random) -> bytes:
    """Dimensions of inputs, outputs or constants are giant, none or too many."""
    proto = onnx.load_from_string(model)
    constants = [tensor.dims for tensor in proto.graph.initializer]
    if constants and chance.random() < 0.5:
        dims = chance.choice(constants)
        if chance.random() < 0.3:
            dims.extend([1] * chance.randrange(1, 40))
        elif dims:
            dims[chance.randrange(len(dims))] = chance.choice(_GIANTS)
        return _bytes(proto)
    port = chance.choice([*proto.graph.input, *proto.graph.output])
    shape = port.type.tensor_type.shape
    if chance.random() < 0.3:
        del shape.dim[:]
    else:
        chance.choice(shape.dim).dim_value = chance.choice([*_GIANTS, 1, 2, 3])
    if chance.random() < 0.2:
        port.type.tensor_type.elem_type = chance.choice([TensorProto.DOUBLE, TensorProto.STRING, 99])
    return _bytes(proto)


def _swapped(model: bytes, chance: random.Random) -> bytes:
    """Dimensions have changed places, within a tensor or between two."""
    proto = onnx.load_from_string(model)
    ports = [*proto.graph.input, *proto.graph.output]
    kind = chance.randrange(4)
    if kind == 0:
        dims = chance.choice(ports).type.tensor_type.shape.dim
        order = chance.sample([*dims], len(dims))
        copies = [onnx.TensorShapeProto.Dimension.FromString(dim.SerializeToString()) for dim in order]
        del dims[:]
        dims.extend(copies)
    elif kind == 1:
        one, other = chance.choice(ports), chance.choice(ports)
        kept = one.type.SerializeToString()
        one.type.CopyFrom(other.type)
        other.type.ParseFromString(kept)
    elif kind == 2:
        one, other = chance.choice(ports), chance.choice(ports)
        one.name, other.name = other.name, one.name
    else:
        tensor = chance.choice(proto.graph.initializer)
        tensor.dims[:] = chance.sample([*tensor.dims], len(tensor.dims))
    return _bytes(proto)


def _states(_model: bytes, chance: random.Random) -> bytes:
    """The states of the contract are not those of the graph, by name, size, number or at run time only."""
    proto = onnx.load_from_string(tiny_models.counter())
    kind = chance.randrange(4)
    if kind == 0:
        _entry(proto, "vsdeblur.states").value = chance.choice(_STATES)
    elif kind == 1:
        name = chance.choice(["count_in", "count_out"])
        for port in [*proto.graph.input, *proto.graph.output]:
            if port.name == name:
                port.name = chance.choice(["other_in", "count", "frames", ""])
    elif kind == 2:
        _entry(proto, "vsdeblur.multiple").value = chance.choice(["1", "8", "256"])
        _entry(proto, "vsdeblur.states").value = chance.choice(_STATES).replace("0.5", chance.choice(["0.125", "1"]))
    else:
        return reshaped(proto, "count_out", chance)
    return _bytes(proto)


def _at_run_time(model: bytes, chance: random.Random) -> bytes:
    """The answer has another shape than promised, which shows only when the network runs."""
    return reshaped(onnx.load_from_string(model), "frames_out", chance)


def _greedy(model: bytes, chance: random.Random) -> bytes:
    """What is computed on the way has up to 2**62 numbers."""
    return grown(onnx.load_from_string(model), chance)


def _external(model: bytes, chance: random.Random) -> bytes:
    """Constants lie in another file: beside the model, a device, or nowhere."""
    places = ["/dev/zero", "/dev/stdin", "weights.bin", "", ".", "a\x00b", _NEAR, _NEAR]
    return _moved(model, chance, chance.choice(places), chance.choice([0, 0, 1, 2**40, -1]))


def _climbing(model: bytes, chance: random.Random) -> bytes:
    """Constants lie outside the model's folder, in a file that is there and long enough."""
    places = ["../", "./../", "../models/../", "../../../../../../../../../../etc/passwd", "/etc/passwd", _LINK]
    place = chance.choice(places)
    return _moved(model, chance, place + _OUTSIDE if place.endswith("./") else place, 0)


def _moved(model: bytes, chance: random.Random, place: str, offset: int) -> bytes:
    """A constant, of the graph's or of an operator's, has its numbers at a place."""
    proto = onnx.load_from_string(model)
    tensor = chance.choice(proto.graph.initializer)
    length = len(numpy_helper.to_array(tensor).tobytes())
    for field in ("raw_data", "float_data", "int64_data"):
        tensor.ClearField(field)
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": place, "offset": str(offset), "length": str(length)}.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    if chance.random() < 0.3:
        proto.graph.node.insert(0, helper.make_node("Constant", [], [tensor.name], value=tensor))
        proto.graph.initializer.remove(tensor)
    return _bytes(proto)


def _rewired(model: bytes, chance: random.Random) -> bytes:
    """Operators that are not there, of themselves, or with attributes and names that fit nothing."""
    proto = onnx.load_from_string(model)
    node = chance.choice(proto.graph.node)
    kind = chance.randrange(6)
    if kind == 0:
        node.op_type = chance.choice(["NoSuch", "Loop", "If", "MatMul", "Reshape", "Tile", "Expand", "", "a\n\x1b[2J"])
    elif kind == 1:
        node.input[chance.randrange(len(node.input))] = chance.choice([node.output[0], "frames", "nowhere", "\r", ""])
    elif kind == 2:
        node.domain = chance.choice(["com.evil", "ai.onnx.ml", "com.microsoft"])
    elif kind == 3:
        for attribute in node.attribute:
            attribute.ints[:] = [chance.choice(_GIANTS) for _ in attribute.ints]
    elif kind == 4:
        proto.opset_import[0].version = chance.choice([0, 1, 6, 9999, -1])
    else:
        proto.graph.node.extend([node] * chance.choice([1, 3000]))
    return _bytes(proto)


def _entry(proto: ModelProto, key: str) -> onnx.StringStringEntryProto:
    return next(entry for entry in proto.metadata_props if entry.key == key)


def _bytes(proto: ModelProto) -> bytes:
    return bytes(proto.SerializeToString())


_KINDS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "truncated": truncated,
    "flipped": _flipped,
    "spliced": _spliced,
    "metadata": _metadata,
    "giant": _giant,
    "swapped": _swapped,
    "states": _states,
    "at run time": _at_run_time,
    "greedy": _greedy,
    "external": _external,
    "climbing": _climbing,
    "rewired": _rewired,
}
