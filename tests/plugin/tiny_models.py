"""Models of a few nodes whose outputs are exact, so that tests can read from a pixel what the engine did.

All of them are written by ``onnx.helper`` with the contract of ``vsdeblur.contract``. Frames are (1, T*C, H, W).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from vsdeblur.contract import FRAMES, FRAMES_OUT, Contract, Probe, State

BASE = 16
"""Number base of ``window_code``; frame numbers stay below it."""

_CONTRACT = Contract(
    name="Tiny",
    license="CC0-1.0",
    trained_on="nothing",
    window=(0, 0),
    outputs="0",
    color="luma",
    multiple=1,
    receptive_field=1,
    states=(),
    probe=Probe(8, 8, 0.0, 0.0, (0.0,)),
)


def contract(**fields: object) -> Contract:
    """A contract with the given fields; the others are those of a luma model without neighbours and state."""
    return replace(_CONTRACT, **fields)  # type: ignore[arg-type]


def save(
    path: Path,
    described: Contract,
    nodes: Sequence[onnx.NodeProto],
    constants: dict[str, np.ndarray] | None = None,
    metadata: dict[str, str] | None = None,
) -> Path:
    """Write a model with the contract's inputs and outputs; ``metadata`` overrides single keys, ``""`` removes one."""

    def tensor(name: str, channels: int, size: str) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, f"H{size}", f"W{size}"])

    inputs = [tensor(FRAMES, described.input_frames * described.channels, "")]
    outputs = [tensor(FRAMES_OUT, described.output_frames * described.channels, "")]
    for state in described.states:
        inputs.append(tensor(state.input, state.channels, f"_{state.input}"))
        outputs.append(tensor(state.output, state.channels, f"_{state.output}"))
    weights = [numpy_helper.from_array(value, name) for name, value in (constants or {}).items()]
    graph = helper.make_graph(list(nodes), "tiny", inputs, outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    entries = described.to_metadata() | (metadata or {})
    helper.set_model_props(model, {key: value for key, value in entries.items() if value != ""})
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    return path


def _array(*values: float) -> np.ndarray:
    return np.array(values, np.float32).reshape(1, -1, 1, 1)


def plus(path: Path, change: Sequence[float], **fields: object) -> Path:
    """Adds ``change[c]`` to channel c of the frame: one value for a luma model, three for RGB."""
    described = contract(color="luma" if len(change) == 1 else "rgb", **fields)
    nodes = [helper.make_node("Add", [FRAMES, "change"], [FRAMES_OUT])]
    return save(path, described, nodes, {"change": _array(*change)})


def square(path: Path) -> Path:
    """Squares an RGB frame: the change depends on the pixel."""
    return save(path, contract(color="rgb"), [helper.make_node("Mul", [FRAMES, FRAMES], [FRAMES_OUT])])


def window_code(path: Path, before: int, after: int, outputs: str = "0", **fields: object) -> Path:
    """Frames of value n (any number below BASE) give the window's frame numbers as the digits of one number.

    Output k is k * BASE**T plus the frame number at place t times BASE**t, the earliest at t = 0: exact in float32.
    """
    described = contract(window=(before, after), outputs=outputs, **fields)
    places = described.input_frames
    weights = np.array([float(BASE**t) for t in range(places)], np.float32).reshape(1, places, 1, 1)
    weights = np.repeat(weights, described.output_frames, axis=0)
    numbers = np.array([k * float(BASE**places) for k in range(described.output_frames)], np.float32)
    nodes = [helper.make_node("Conv", [FRAMES, "weights", "numbers"], [FRAMES_OUT])]
    return save(path, described, nodes, {"weights": weights, "numbers": numbers})


def decode_window(value: float, places: int) -> tuple[int, list[int]]:
    """The number of the output and the frame numbers of the window from a pixel of ``window_code``."""
    code = int(value)
    digits = [code // BASE**t % BASE for t in range(places)]
    return code // BASE**places, digits


def counter(path: Path, before: int = 0, after: int = 0, **fields: object) -> Path:
    """Gives the number of runs since the state was 0. The state has half the frame's size and one channel."""
    state = State(input="count_in", output="count_out", channels=1, scale=0.5)
    described = contract(window=(before, after), multiple=2, states=(state,), **fields)
    centre = np.array([before], np.int64), np.array([before + 1], np.int64), np.array([1], np.int64)
    nodes = [
        helper.make_node("Add", ["count_in", "one"], ["count_out"]),
        helper.make_node("Resize", ["count_out", "", "twice"], ["large"], mode="nearest"),
        helper.make_node("Slice", [FRAMES, "first", "last", "axis"], ["frame"]),
        helper.make_node("Mul", ["frame", "zero"], ["nothing"]),
        helper.make_node("Add", ["large", "nothing"], [FRAMES_OUT]),
    ]
    constants = {
        "one": _array(1.0),
        "zero": _array(0.0),
        "twice": np.array([1, 1, 2, 2], np.float32),
        "first": centre[0],
        "last": centre[1],
        "axis": centre[2],
    }
    return save(path, described, nodes, constants)


def instants(path: Path, count: int, **fields: object) -> Path:
    """Splits a frame into ``count`` instants; instant k is the frame + k."""
    described = contract(outputs=f"subframes:{count}", **fields)
    nodes = [helper.make_node("Add", [FRAMES, "numbers"], [FRAMES_OUT])]
    return save(path, described, nodes, {"numbers": _array(*range(count))})
