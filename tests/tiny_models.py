"""Models of a few operators that carry the contract, for tests whose answers can be worked out by hand.

Every function returns the bytes of an .onnx file. ``**contract`` overrides fields of the contract.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

from vsdeblur.contract import FRAMES, FRAMES_OUT, Contract, Probe, State, probe_input, probe_of

STEP = 1 / 256
"""What counter() adds for every frame."""

PROBE_SIZE = 16


def weighted(weights: Sequence[Sequence[float]], *, window: tuple[int, int], outputs: str, **contract: Any) -> bytes:
    """Each output frame is a weighted sum of the window's frames; ``weights`` has a row for each output frame."""
    color = contract.get("color", "rgb")
    channels = 3 if color == "rgb" else 1
    kernel = np.kron(weights, np.eye(channels)).astype(np.float32)
    return _convolution(kernel[:, :, None, None], window=window, outputs=outputs, **contract)


def mixed(matrix: npt.NDArray[np.float32], **contract: Any) -> bytes:
    """Each channel of the frame becomes a sum of its three channels; ``matrix`` has a row for each output channel."""
    return _convolution(matrix[:, :, None, None], **contract)


def identity(**contract: Any) -> bytes:
    """Gives the current frame."""
    return weighted([[1]], window=(0, 0), outputs="0", **contract)


def next_frame(**contract: Any) -> bytes:
    """Gives the frame after the current one."""
    return weighted([[0, 0, 1]], window=(1, 1), outputs="0", **contract)


def centred(**contract: Any) -> bytes:
    """Reads five frames and gives all of them, as RVD does, each darker by its offset from the window's centre / 16."""
    bias = np.repeat([-2 / 16, -1 / 16, 0, 1 / 16, 2 / 16], 3).astype(np.float32).reshape(1, 15, 1, 1)
    node = helper.make_node("Sub", [FRAMES, "bias"], [FRAMES_OUT])
    return model([node], {"bias": bias}, window=(2, 2), outputs="-2,-1,0,1,2", **contract)


def exposure(**contract: Any) -> bytes:
    """Gives seven instants: (k + 1) / 8 of the frame."""
    return weighted([[(k + 1) / 8] for k in range(7)], window=(0, 0), outputs="subframes:7", **contract)


def blur(**contract: Any) -> bytes:
    """The mean of 3 x 3 pixels, 0 beyond the border; luma."""
    return filtered(np.full((3, 3), 1 / 9, np.float32), **contract)


def filtered(kernel: npt.NDArray[np.float32], **contract: Any) -> bytes:
    """Luma through a square kernel of odd size, 0 beyond the border."""
    return _convolution(kernel[None, None], color="luma", receptive_field=kernel.shape[0], **contract)


def counter(**contract: Any) -> bytes:
    """Recurrent: gives the frame plus STEP for each frame since the state was 0, this one included."""
    state = State("count_in", "count_out", channels=1, scale=0.5)
    nodes = [
        helper.make_node("Add", ["count_in", "step"], ["count_out"]),
        helper.make_node("Resize", ["count_out", "", "scales"], ["count"], mode="nearest"),
        helper.make_node("Add", [FRAMES, "count"], [FRAMES_OUT]),
    ]
    constants = {"step": np.array(STEP, np.float32), "scales": np.array([1, 1, 2, 2], np.float32)}
    return model(nodes, constants, states=(state,), multiple=2, **contract)


def trailing(**contract: Any) -> bytes:
    """Recurrent; luma: gives the mean of the frame and the state, which is the frame before it."""
    state = State("before_in", "before_out", channels=1, scale=1)
    nodes = [
        helper.make_node("Mean", [FRAMES, "before_in"], [FRAMES_OUT]),
        helper.make_node("Identity", [FRAMES], ["before_out"]),
    ]
    return model(nodes, {}, states=(state,), color="luma", **contract)


def _convolution(kernel: npt.NDArray[np.float32], **contract: Any) -> bytes:
    size = kernel.shape[-1]
    node = helper.make_node("Conv", [FRAMES, "kernel"], [FRAMES_OUT], pads=[size // 2] * 4)
    return model([node], {"kernel": kernel}, **contract)


def model(nodes: Sequence[Any], constants: Mapping[str, npt.NDArray[Any]], **contract: Any) -> bytes:
    """The operators and their constants as a model with the inputs and outputs that its contract names."""
    values: dict[str, Any] = {
        "name": "Tiny",
        "license": "CC0-1.0",
        "trained_on": "made by hand",
        "window": (0, 0),
        "outputs": "0",
        "color": "rgb",
        "multiple": 1,
        "receptive_field": 1,
        "states": (),
        "probe": Probe(PROBE_SIZE, PROBE_SIZE, 0, 0, (0,)),
    }
    found = Contract(**(values | contract))
    model = _assembled(nodes, constants, found)
    if "probe" not in contract:
        found = dataclasses.replace(found, probe=_probe(model, found))
        model = _assembled(nodes, constants, found)
    return bytes(model.SerializeToString())


def _assembled(nodes: Sequence[Any], constants: Mapping[str, npt.NDArray[Any]], contract: Contract) -> ModelProto:
    def tensor(name: str, channels: int, side: str = "") -> Any:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, f"{side}height", f"{side}width"])

    inputs = [tensor(FRAMES, contract.input_frames * contract.channels)]
    outputs = [tensor(FRAMES_OUT, contract.output_frames * contract.channels)]
    for state in contract.states:
        inputs.append(tensor(state.input, state.channels, "state_"))
        outputs.append(tensor(state.output, state.channels, "state_"))
    initializers = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(list(nodes), "tiny", inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, contract.to_metadata())
    checker.check_model(model, full_check=True)
    return model


def _probe(model: ModelProto, contract: Contract) -> Probe:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    size, frames = PROBE_SIZE, contract.input_frames
    values = np.array(probe_input(frames, contract.channels, size, size), np.float32).reshape(1, -1, size, size)
    feeds = {FRAMES: values}
    for state in contract.states:
        side = int(size * state.scale)
        feeds[state.input] = np.zeros((1, state.channels, side, side), np.float32)
    return probe_of(session.run([FRAMES_OUT], feeds)[0].ravel().tolist(), size, size)
