"""Small networks of random weights, of every kind that the engine runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import helper

from tests import tiny_models
from vsdeblur.contract import FRAMES, FRAMES_OUT, Probe, State

__all__ = ["Spec", "network"]

_FEATURES = 6
_STATE_CHANNELS = 2
_CHANGE = 0.2
"""Bound of what a network adds to a frame, on values of 0 to 1."""


@dataclass(frozen=True)
class Spec:
    """What a network is like; equal ones have equal weights."""

    seed: int
    window: tuple[int, int] = (0, 0)
    outputs: str = "0"
    color: str = "rgb"
    multiple: int = 1
    scales: tuple[float, ...] = ()
    """Of each state; multiple * scale is whole."""

    @property
    def frames(self) -> int:
        """Frames that a run reads."""
        return self.window[0] + 1 + self.window[1]

    @property
    def offsets(self) -> list[int]:
        """Of each output from the window's centre."""
        if self.outputs.startswith("subframes:"):
            return [0] * int(self.outputs.removeprefix("subframes:"))
        return [int(offset) for offset in self.outputs.split(",")]


class _Graph:
    """Operators in their order, and random weights."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.nodes: list[Any] = []
        self.constants: dict[str, npt.NDArray[Any]] = {}

    def add(self, operator: str, *inputs: str, to: str | None = None, **attributes: Any) -> str:
        name = to or f"value{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def constant(self, value: Any) -> str:
        name = f"constant{len(self.constants)}"
        self.constants[name] = np.asarray(value, np.float32)
        return name

    def convolution(self, value: str, channels: tuple[int, int], size: int, **attributes: Any) -> str:
        """Random weights that keep the spread of their input; ``channels``: in, out."""
        spread = (channels[0] * size * size) ** -0.5
        weights = self.random.normal(0, spread, (channels[1], channels[0], size, size))
        bias = self.random.normal(0, 0.1, channels[1])
        return self.add("Conv", value, self.constant(weights), self.constant(bias), **attributes)

    def enlarged(self, value: str, factor: int, to: str | None = None) -> str:
        scales = self.constant([1, 1, factor, factor])
        return self.add("Resize", value, "", scales, to=to, mode="nearest")


def network(spec: Spec) -> bytes:
    """The .onnx file: features at a frame's size / multiple, of the frames and the states, and a part at full size.

    Every output depends on all frames of the window and on every state, and differs from each frame.
    """
    graph = _Graph(spec.seed)
    colors = 3 if spec.color == "rgb" else 1
    read, given, multiple = spec.frames * colors, len(spec.offsets) * colors, spec.multiple
    states = [State(f"s{n}_in", f"s{n}_out", _STATE_CHANNELS, scale) for n, scale in enumerate(spec.scales)]
    whole = {"kernel_shape": [3, 3], "pads": [1] * 4}
    coarse = graph.convolution(FRAMES, (read, _FEATURES), multiple, strides=[multiple] * 2)
    joined = [graph.add("Relu", coarse)]
    for state in states:
        step = int(multiple * state.scale)
        joined.append(graph.convolution(state.input, (_STATE_CHANNELS,) * 2, step, strides=[step] * 2))
    together = graph.add("Concat", *joined, axis=1)
    channels = _FEATURES + _STATE_CHANNELS * len(states)
    features = graph.add("Tanh", graph.convolution(together, (channels, _FEATURES), 3, **whole))
    for state in states:
        small = graph.convolution(features, (_FEATURES, _STATE_CHANNELS), 1)
        graph.enlarged(small, int(multiple * state.scale), to=state.output)
    change = graph.enlarged(graph.convolution(features, (_FEATURES, given), 3, **whole), multiple)
    detail = graph.convolution(FRAMES, (read, given), 3, **whole)
    bounded = graph.add("Tanh", graph.add("Add", change, detail))
    small_change = graph.add("Mul", bounded, graph.constant(_CHANGE))
    picked = np.zeros((len(spec.offsets), spec.frames))
    picked[range(len(spec.offsets)), [spec.window[0] + offset for offset in spec.offsets]] = 1
    kernel = graph.constant(np.kron(picked, np.eye(colors))[:, :, None, None])
    graph.add("Add", graph.add("Conv", FRAMES, kernel), small_change, to=FRAMES_OUT)
    return tiny_models.model(
        graph.nodes,
        graph.constants,
        window=spec.window,
        outputs=spec.outputs,
        color=spec.color,
        multiple=multiple,
        receptive_field=6 * multiple + 1,
        states=tuple(states),
        probe=Probe(8, 8, 0, 0, (0,)),
    )
