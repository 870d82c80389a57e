"""Tall models: a network without state as FFmpeg's own ``dnn_processing`` can run it, with one 4-D input.

Source: libavfilter/dnn/dnn_backend_onnx.c of FFmpeg 9, which binds one NCHW input and one output, batch 1.

A tall file is made from the bytes of a model that carries the contract: operators are put before and behind its graph,
and the weights are copied as they stand. So no second copy of the weights is shipped, any model that a user has trained
works, and neither PyTorch nor the onnx package is needed.

Tensors
    Input ``tall`` (1, 1, T * (H + 1), W) float32: the window's T luma frames one above the other, the earliest on top.
    Each has one more row below it, its mark: below 0.5 for a frame of the clip, above for what lies beyond an end of
    the clip and has to be mirrored. The middle frame is always one of the clip.
    Output ``frame`` (1, 1, H, W) float32: the current frame.
    Luma is of limited range, as FFmpeg 9 understands gray floats: a 16-bit sample / 65535, so BLACK for the contract's
    0 and WHITE for its 1; what lies beyond them is kept.
    H and W are at least 1 and dynamic.

Mirrored ends and the padding to ``multiple`` by reflection are the engine's (native/engine/: schedule/window.h and
picture/tiles.h), done by operators of the graph, so that FFmpeg's filters need to know neither the clip's length nor
its size.

The file is no contract file: ``vsdeblur.contract`` is left out, since its tensors are not the contract's, so the engine
refuses it; ``vsdeblur.tall`` = ``1`` says what it is. The other keys stay, and still tell of the network.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Protocol

from vsdeblur.contract import FRAMES, FRAMES_OUT, KEY_CONTRACT, Contract, State
from vsdeblur.ffmpeg._protobuf import bytes_field, fields, varint_field

__all__ = ["BLACK", "FRAME", "KEY_TALL", "TALL", "WHITE", "refusal", "tall_model"]

TALL = "tall"
FRAME = "frame"
KEY_TALL = "vsdeblur.tall"
BLACK = (16 << 8) / 65535
WHITE = (235 << 8) / 65535

# Fields of onnx.proto.
_MODEL_GRAPH, _MODEL_METADATA = 7, 14
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_INPUT, _GRAPH_OUTPUT = 1, 5, 11, 12
_FLOAT, _INT64 = 1, 7
_SUBFRAMES = "subframes:"
_END = (1 << 63) - 1  # of a Slice: as far as there is anything


class Described(Protocol):
    """What a contract and a network of training/networks have in common."""

    @property
    def window(self) -> tuple[int, int]: ...
    @property
    def outputs(self) -> str: ...
    @property
    def color(self) -> str: ...
    @property
    def states(self) -> Sequence[State]: ...


def refusal(model: Described) -> str:
    """Why there is no tall form of a model, as the end of a sentence that begins with its name; empty if there is."""
    if model.states:
        return "keeps a state between frames"
    if model.outputs.startswith(_SUBFRAMES):
        return f"gives {model.outputs.removeprefix(_SUBFRAMES)} frames for each frame"
    if model.color != "luma":
        return "works on RGB"
    if model.window[0] != model.window[1]:
        return f"reads {model.window[0]} frames before and {model.window[1]} after the current one"
    return ""


def tall_model(model: bytes, contract: Contract) -> bytes:
    """The tall file of a model, whose contract this is. The same bytes give the same bytes.

    Raises ValueError if the model has no tall form (``refusal``) or is not an ONNX file.
    """
    if reason := refusal(contract):
        raise ValueError(f"{contract.name} {reason}")
    parts = []
    for number, payload, whole in fields(model):
        if number == _MODEL_GRAPH:
            parts.append(bytes_field(_MODEL_GRAPH, _graph(payload, contract)))
        elif number != _MODEL_METADATA or next(fields(payload))[1] != KEY_CONTRACT.encode():
            parts.append(whole)
    parts.append(bytes_field(_MODEL_METADATA, bytes_field(1, KEY_TALL) + bytes_field(2, "1")))
    return b"".join(parts)


def _graph(graph: bytes, contract: Contract) -> bytes:
    built = _Builder()
    _stack_to_window(built, contract)
    before = list(built.nodes)
    _middle_of_answer(built, contract)
    after = built.nodes[len(before) :]
    kept: dict[bool, list[bytes]] = {True: [], False: []}
    for number, _, whole in fields(graph):
        if number not in (_GRAPH_INPUT, _GRAPH_OUTPUT):
            kept[number == _GRAPH_NODE].append(whole)
    ends = [
        bytes_field(_GRAPH_INPUT, _tensor(TALL, "tall_height")),
        bytes_field(_GRAPH_OUTPUT, _tensor(FRAME, "height")),
    ]
    return b"".join([*before, *kept[True], *after, *kept[False], *built.constants, *ends])


class _Builder:
    """Nodes and constants, encoded; a value's name is returned by what makes it."""

    def __init__(self) -> None:
        self.nodes: list[bytes] = []
        self.constants: list[bytes] = []

    def constant(self, values: Sequence[int]) -> str:
        """A 1-D int64 tensor."""
        return self._tensor(_INT64, struct.pack(f"<{len(values)}q", *values), len(values))

    def number(self, value: float) -> str:
        """A 1-D float32 tensor of one element."""
        return self._tensor(_FLOAT, struct.pack("<f", value), 1)

    def node(self, kind: str, *inputs: str, output: str = "", **attributes: int) -> str:
        """An operator with one output and integer attributes."""
        name = output or f"vsdeblur_tall/{kind.lower()}_{len(self.nodes)}"
        parts = [bytes_field(1, value) for value in inputs]
        parts += [bytes_field(2, name), bytes_field(3, f"{name}/node"), bytes_field(4, kind)]
        for key, value in attributes.items():
            parts.append(bytes_field(5, bytes_field(1, key) + varint_field(3, value) + varint_field(20, 2)))
        self.nodes.append(bytes_field(_GRAPH_NODE, b"".join(parts)))
        return name

    def cut(self, value: str, start: int, end: int, axis: int, output: str = "") -> str:
        """``value[start:end]`` along an axis."""
        places = (self.constant([n]) for n in (start, end, axis))
        return self.node("Slice", value, *places, output=output)

    def _tensor(self, kind: int, data: bytes, size: int) -> str:
        name = f"vsdeblur_tall/constant_{len(self.constants)}"
        tensor = varint_field(1, size) + varint_field(2, kind) + bytes_field(8, name) + bytes_field(9, data)
        self.constants.append(bytes_field(_GRAPH_INITIALIZER, tensor))
        return name


def _stack_to_window(built: _Builder, contract: Contract) -> None:
    """From ``tall`` to ``frames``: marks read, ends mirrored, padded to the multiple."""
    window = contract.input_frames
    stack = built.node("Reshape", TALL, built.constant([1, window, -1, 0]))
    picked = built.node("Gather", stack, _mirrored_places(built, stack, contract), axis=1)
    picked = built.node("Mul", picked, built.number(1 / (WHITE - BLACK)))
    picked = built.node("Sub", picked, built.number(BLACK / (WHITE - BLACK)))
    shape = built.node("Shape", stack)
    one = built.constant([1])
    built.node("Sub", built.cut(shape, 2, 3, 0), one, output=_HEIGHT)
    built.cut(shape, 3, 4, 0, output=_WIDTH)
    if contract.multiple == 1:
        built.cut(picked, 0, -1, 2, output=FRAMES)
        return
    rows = built.node("Gather", picked, _padded_places(built, _HEIGHT, contract.multiple), axis=2)
    built.node("Gather", rows, _padded_places(built, _WIDTH, contract.multiple), axis=3, output=FRAMES)


_HEIGHT, _WIDTH = "vsdeblur_tall/height", "vsdeblur_tall/width"  # 1-D of one element


def _mirrored_places(built: _Builder, stack: str, contract: Contract) -> str:
    """For each place of the window the place to read: its own, or that of its mirror image about an end of the clip."""
    reach = contract.window[0]  # the same before and after, so that a mirror image lies in the window
    window = contract.input_frames
    marks = built.cut(built.cut(stack, -1, _END, 2), 0, 1, 3)
    beyond = built.node("Greater", built.node("Reshape", marks, built.constant([-1])), built.number(0.5))
    counted = built.node("Cast", beyond, to=_INT64)
    earlier = built.node("Mul", counted, built.constant([1] * reach + [0] * (1 + reach)))
    later = built.node("Mul", counted, built.constant([0] * (reach + 1) + [1] * reach))
    first = built.node("ReduceSum", earlier, keepdims=1)
    last = built.node("Sub", built.constant([window - 1]), built.node("ReduceSum", later, keepdims=1))
    twice_first, twice_last = built.node("Add", first, first), built.node("Add", last, last)
    places = built.constant(range(window))
    for _ in range(reach):  # each round brings a place nearer by two frames at least, if there are two
        places = built.node("Max", places, built.node("Sub", twice_first, places))
        places = built.node("Min", places, built.node("Sub", twice_last, places))
    return built.node("Min", built.node("Max", places, first), last)


def _padded_places(built: _Builder, size: str, multiple: int) -> str:
    """Positions along an axis of ``size`` pixels, rounded up to the multiple and reflected about the last pixel."""
    zero, one = built.constant([0]), built.constant([1])
    step = built.constant([multiple])
    steps = built.node("Div", built.node("Add", size, built.constant([multiple - 1])), step)
    scalar = built.constant([])
    bounds = (zero, built.node("Mul", steps, step), one)
    places = built.node("Range", *(built.node("Reshape", bound, scalar) for bound in bounds))
    less = built.node("Sub", size, one)
    period = built.node("Add", less, less)
    within = built.node("Mod", places, built.node("Max", period, one))
    return built.node("Min", within, built.node("Sub", period, within))


def _middle_of_answer(built: _Builder, contract: Contract) -> None:
    """From ``frames_out`` to ``frame``: the output that stands for the current frame, without the padding."""
    place = contract.offsets.index(0)
    starts, axes = built.constant([place, 0, 0]), built.constant([1, 2, 3])
    ends = built.node("Concat", built.constant([place + 1]), _HEIGHT, _WIDTH, axis=0)
    middle = built.node("Slice", FRAMES_OUT, starts, ends, axes)
    built.node("Add", built.node("Mul", middle, built.number(WHITE - BLACK)), built.number(BLACK), output=FRAME)


def _tensor(name: str, height: str) -> bytes:
    """The description of a float32 tensor (1, 1, height, width)."""
    dims = [varint_field(1, 1), varint_field(1, 1), bytes_field(2, height), bytes_field(2, "width")]
    shape = b"".join(bytes_field(1, dim) for dim in dims)
    kind = bytes_field(1, varint_field(1, _FLOAT) + bytes_field(2, shape))
    return bytes_field(1, name) + bytes_field(2, kind)
