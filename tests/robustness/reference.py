"""The engine written again, slow and plain: numpy over an ONNX Runtime session, without caches, threads and requests.

What it computes is what design and headers in vsdeblur/native/engine specify: window.h (neighbours), tiles.h (tiles),
window_scheduler.cpp, recurrent_scheduler.cpp and exposure_scheduler.cpp (which runs make a frame).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from tests.robustness.pixels import Frame, Values, decode, encode, partly
from vsdeblur.contract import FRAMES, FRAMES_OUT, Contract

__all__ = ["Options", "deblurred"]

States = dict[tuple[int, int], list[npt.NDArray[np.float32]]]
"""By first channel and tile, the network's states; what is not there is 0."""


@dataclass(frozen=True)
class Options:
    """As the plugin's; None is its default."""

    tilesize: tuple[int, int] = (0, 0)
    overlap: tuple[int, int] | None = None
    strength: float = 1
    segment: int = 80
    preroll: int = 4
    stride: int = 1
    refine: int = 0
    threads: int = 1
    """Of a run. They decide the way in which ONNX Runtime sums a convolution, and so the last bits of float32."""


def deblurred(model: bytes, clip: Sequence[Frame], cuts: Sequence[int], options: Options) -> list[list[Values]]:
    """Of every output frame the written planes in numbers, not yet rounded to samples.

    ``cuts``: the frames that begin a scene, rising, without frame 0.
    """
    return _Reference(model, clip, cuts, options).outputs()


# ---- which frames --------------------------------------------------------------------------------------------------


def _mirrored(n: int, first: int, last: int) -> int:
    if first == last:
        return first
    while not first <= n <= last:
        n = 2 * first - n if n < first else 2 * last - n
    return n


# ---- tiles ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Axis:
    padded: int
    tile: int
    starts: list[int]
    weights: list[Values]
    """Of each tile, for every pixel of the frame."""


def _axis(size: int, multiple: int, tilesize: int, overlap: int) -> _Axis:
    padded = -(-size // multiple) * multiple
    tile = min(tilesize, padded) if tilesize else padded
    room = (padded - tile) // multiple
    step = max(1, (tile - 2 * overlap) // multiple)
    gaps = -(-room // step)
    starts = [i * room // gaps * multiple if gaps else 0 for i in range(gaps + 1)]
    ramps = [np.ones(size, np.float32)]  # of each tile, how far a pixel is across its start
    for previous, start in zip(starts, starts[1:], strict=False):
        ramps.append(_ramp(size, (start + previous + tile) / 2, overlap))
    ramps.append(np.zeros(size, np.float32))
    return _Axis(padded, tile, starts, [a - b for a, b in zip(ramps, ramps[1:], strict=False)])


def _ramp(size: int, cut: float, band: int) -> Values:
    distance = np.arange(size) + 0.5 - cut
    if band == 0:
        return (distance >= 0).astype(np.float32)
    t = np.clip(distance / band + 0.5, 0, 1)
    smooth = (t * t * (3 - 2 * t)).astype(np.float32)
    return np.rint(smooth * np.float32(4096)) / np.float32(4096)


# ---- runs ----------------------------------------------------------------------------------------------------------


class _Reference:
    def __init__(self, model: bytes, clip: Sequence[Frame], cuts: Sequence[int], options: Options) -> None:
        how = onnxruntime.SessionOptions()
        how.intra_op_num_threads = options.threads
        how.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(model, how, providers=["CPUExecutionProvider"])
        contract = Contract.from_metadata(self.session.get_modelmeta().custom_metadata_map)
        self.contract, self.clip, self.options = contract, clip, options
        self.starts = [0, *cuts, len(clip)]
        self.decoded = [decode(frame, contract.color) for frame in clip]
        height, width = clip[0].planes[0].shape
        reach = -(-(contract.receptive_field // 2) // contract.multiple) * contract.multiple
        overlap = options.overlap or (reach, reach)
        self.columns = _axis(width, contract.multiple, options.tilesize[0], overlap[0])
        self.rows = _axis(height, contract.multiple, options.tilesize[1], overlap[1])

    def outputs(self) -> list[list[Values]]:
        if self.contract.states:
            return self._recurrent()
        if self.contract.subframes:
            return [output for n in range(len(self.clip)) for output in self._instants(n)]
        return [self._windowed(n) for n in range(len(self.clip))]

    def _scene(self, n: int) -> tuple[int, int]:
        """First and last frame of the scene of frame n."""
        first = max(start for start in self.starts if start <= n)
        return first, min(start for start in self.starts if start > n) - 1

    def _window(self, centre: int) -> list[Values]:
        before, after = self.contract.window
        scene = self._scene(centre)
        return [self.decoded[_mirrored(n, *scene)] for n in range(centre - before, centre + after + 1)]

    def _windowed(self, n: int) -> list[Values]:
        stride = self.options.stride
        first, last = self._scene(n)
        grid = min(n // stride * stride + stride // 2, len(self.clip) - 1)
        centre = min(max(grid, first), last)
        answers = self._run(self._window(centre), {})
        return self._finished(n, answers[self.contract.offsets.index(n - centre)])

    def _recurrent(self) -> list[list[Values]]:
        segment, found = self.options.segment, []
        for begin in range(0, len(self.clip), segment):
            states: States = {}
            for n in range(max(0, begin - self.options.preroll), min(begin + segment, len(self.clip))):
                if n in self.starts:
                    states = {}
                answers = self._run(self._window(n), states)
                if n >= begin:
                    found.append(self._finished(n, answers[0]))
        return found

    def _instants(self, n: int) -> list[list[Values]]:
        instants = self._run(self._window(n), {})
        if self.options.refine:
            means = [np.float32(0.5) * (a + b) for a, b in zip(instants, instants[1:], strict=False)]
            instants = [finer for mean in means for finer in self._run([mean], {})]
        return [self._finished(n, instant) for instant in instants]

    def _finished(self, n: int, answer: Values) -> list[Values]:
        before, color = self.decoded[n], self.contract.color
        return encode(self.clip[n], before, partly(before, answer, self.options.strength), color)

    def _run(self, window: list[Values], states: States) -> list[Values]:
        """The outputs of one run, tile by tile and, of RGB frames in a luma network, channel by channel."""
        colors = self.contract.channels
        outputs = [np.zeros_like(window[0]) for _ in range(self.contract.output_frames)]
        for channel in range(0, len(window[0]), colors):
            chosen = slice(channel, channel + colors)
            self._run_tiles([frame[chosen] for frame in window], states, channel, [whole[chosen] for whole in outputs])
        return outputs

    def _run_tiles(self, window: list[Values], states: States, channel: int, outputs: list[Values]) -> None:
        """Adds to ``outputs``, and brings the states of ``channel`` forward."""
        height, width = window[0].shape[1:]
        beyond = ((0, 0), (0, self.rows.padded - height), (0, self.columns.padded - width))
        padded = np.pad(np.concatenate(window), beyond, mode="reflect")
        across = len(self.columns.starts)
        for tile in range(len(self.rows.starts) * across):
            line, column = divmod(tile, across)
            top, left = self.rows.starts[line], self.columns.starts[column]
            part = padded[:, top : top + self.rows.tile, left : left + self.columns.tile]
            answers, states[channel, tile] = self._answer(part, states.get((channel, tile)))
            weights = self.rows.weights[line][:, None] * self.columns.weights[column]
            bottom, right = min(top + self.rows.tile, height), min(left + self.columns.tile, width)
            inside = np.s_[top:bottom, left:right]
            for whole, answer in zip(outputs, np.split(answers, len(outputs)), strict=True):
                shown = weights[inside] * answer[:, : bottom - top, : right - left]
                whole[:, *inside] += np.where(weights[inside] > 0, shown, 0)

    def _answer(self, part: Values, states: list[Any] | None) -> tuple[Values, list[Any]]:
        known = self.contract.states
        if states is None:
            scaled = [[int(size * state.scale) for size in part.shape[1:]] for state in known]
            states = [np.zeros((1, s.channels, *sizes), np.float32) for s, sizes in zip(known, scaled, strict=True)]
        feeds = {FRAMES: part[None]} | {state.input: value for state, value in zip(known, states, strict=True)}
        answer, *states = self.session.run([FRAMES_OUT, *(state.output for state in known)], feeds)
        return answer[0], states
