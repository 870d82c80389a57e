"""Models from which tests read what the engine did, as files.

Frames are (1, T*C, H, W). ``**contract`` overrides fields of the contract, which is that of a luma model without
neighbours and state.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper

from tests import tiny_models
from vsdeblur.contract import FRAMES, FRAMES_OUT, State

BASE = 16
"""Number base of ``window_code``; frame numbers stay below it."""


def _write(path: Path, nodes: Sequence[Any], constants: dict[str, npt.NDArray[Any]], **contract: Any) -> Path:
    path.write_bytes(tiny_models.model(nodes, constants, **({"color": "luma"} | contract)))
    return path


def with_metadata(path: Path, **entries: str | None) -> Path:
    """Rewrites a model with entries ``vsdeblur.KEY`` of its metadata set to other texts, or removed for None."""
    changed = onnx.load(path)
    metadata = {entry.key: entry.value for entry in changed.metadata_props}
    wanted = metadata | {f"vsdeblur.{key}": value for key, value in entries.items()}
    del changed.metadata_props[:]
    helper.set_model_props(changed, {key: value for key, value in wanted.items() if value is not None})
    onnx.save(changed, path)
    return path


def _column(*values: float) -> npt.NDArray[np.float32]:
    return np.array(values, np.float32).reshape(1, -1, 1, 1)


def plus(path: Path, change: Sequence[float], **contract: Any) -> Path:
    """Adds ``change[c]`` to channel c of the frame: one value for a luma model, three for RGB."""
    color = "luma" if len(change) == 1 else "rgb"
    node = helper.make_node("Add", [FRAMES, "change"], [FRAMES_OUT])
    return _write(path, [node], {"change": _column(*change)}, color=color, **contract)


def square(path: Path) -> Path:
    """Squares an RGB frame: the change depends on the pixel."""
    return _write(path, [helper.make_node("Mul", [FRAMES, FRAMES], [FRAMES_OUT])], {}, color="rgb")


def window_code(path: Path, before: int, after: int, outputs: str = "0", **contract: Any) -> Path:
    """Frames of value n (any number below BASE) give the window's frame numbers as the digits of one number.

    Output k is k * BASE**T plus the frame number at place t times BASE**t, the earliest at t = 0: exact in float32.
    """
    places = before + 1 + after
    count = outputs.count(",") + 1
    row = np.array([float(BASE**t) for t in range(places)], np.float32)
    weights = np.tile(row, (count, 1)).reshape(count, places, 1, 1)
    numbers = np.array([k * float(BASE**places) for k in range(count)], np.float32)
    node = helper.make_node("Conv", [FRAMES, "weights", "numbers"], [FRAMES_OUT])
    constants = {"weights": weights, "numbers": numbers}
    return _write(path, [node], constants, window=(before, after), outputs=outputs, **contract)


def decode_window(value: float, places: int) -> tuple[int, list[int]]:
    """The number of the output and the frame numbers of the window from a pixel of ``window_code``."""
    code = int(value)
    digits = [code // BASE**t % BASE for t in range(places)]
    return code // BASE**places, digits


def counter(path: Path, before: int = 0, after: int = 0, **contract: Any) -> Path:
    """Gives the number of runs since the state was 0. The state has half the frame's size and one channel."""
    state = State(input="count_in", output="count_out", channels=1, scale=0.5)
    nodes = [
        helper.make_node("Add", ["count_in", "one"], ["count_out"]),
        helper.make_node("Resize", ["count_out", "", "twice"], ["large"], mode="nearest"),
        helper.make_node("Conv", [FRAMES, "zeros"], ["nothing"]),
        helper.make_node("Add", ["large", "nothing"], [FRAMES_OUT]),
    ]
    constants = {
        "one": _column(1),
        "twice": np.array([1, 1, 2, 2], np.float32),
        "zeros": np.zeros((1, before + 1 + after, 1, 1), np.float32),
    }
    return _write(path, nodes, constants, window=(before, after), multiple=2, states=(state,), **contract)


def instants(path: Path, count: int, **contract: Any) -> Path:
    """Splits a frame into ``count`` instants; instant k is the frame + k."""
    node = helper.make_node("Add", [FRAMES, "numbers"], [FRAMES_OUT])
    return _write(path, [node], {"numbers": _column(*range(count))}, outputs=f"subframes:{count}", **contract)
