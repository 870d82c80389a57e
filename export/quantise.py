"""A network's file in eight-bit integers: convolutions on uint8 values and int8 weights, all else in float32.

Static quantisation in the QDQ form, which OpenVINO fuses and every runtime can read:

- What goes into a convolution is quantised, with one scale and zero point a tensor, from the range that it had while
  the network ran in float32 along whole clips, its state carried (``calibration``). What comes out is not: sums, ReLU
  and the answer stay in float32, which costs no time where a runtime fuses them, and keeps the details.
- Weights are symmetric, with one scale an output channel, and of seven bits, -64 to 64: CPUs without VNNI add products
  in pairs in 16 bits, which whole bytes overflow, so that the answer would depend on the CPU. Sums are int32.
- Weights lie in the file as plain constants. Behind the Cast of ``storage`` no runtime would find them.

The last convolutions, which make the answer itself, stay in float32: for a fiftieth of RUNet's work that took half of
the error away (63.0 to 69.5 dB between its answers and float32's; leaving out five more gave 6 dB). So do transposed
convolutions and those of three dimensions, which runtimes do not fuse.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from vsdeblur.contract import FRAMES, FRAMES_OUT, Contract, Probe, probe_input, probe_of

__all__ = ["Clip", "quantise"]

Clip = numpy.ndarray
"""(F, C, H, W) float32: frames as the network sees them, C as its colour has."""


def quantise(model: bytes, clips: Iterable[Clip]) -> bytes:
    """The int8 file of a network's fp32 one, whose weights are plain constants, with its contract.

    Clips are longer than the network's window, of sizes that divide by its multiple; they should be like what it will
    see, and are read once. The probe is that of the quantised network.
    """
    proto = onnx.load_from_string(model)
    contract = Contract.from_metadata({item.key: item.value for item in proto.metadata_props})
    with TemporaryDirectory() as folder, _quiet():
        out = Path(folder) / "int8.onnx"
        quantize_static(
            proto,
            out,
            _Runs(model, contract, clips),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=[*_last(proto), *(node.name for node in proto.graph.node if _is_volumetric(node, proto))],
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            extra_options={"OpTypesToExcludeOutputQuantization": ["Conv"]},
        )
        quantised = onnx.load(out)
    return _labelled(quantised, contract)


class _Runs(CalibrationDataReader):  # type: ignore[misc]
    """What the network is fed with while it runs along clips."""

    def __init__(self, model: bytes, contract: Contract, clips: Iterable[Clip]) -> None:
        self._session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        self._contract = contract
        self._feeds = self._along(clips)

    def get_next(self) -> dict[str, numpy.ndarray] | None:
        return next(self._feeds, None)

    def _along(self, clips: Iterable[Clip]) -> Iterator[dict[str, numpy.ndarray]]:
        window, states = self._contract.input_frames, self._contract.states
        for clip in clips:
            height, width = clip.shape[2:]
            carried = _empty(self._contract, height, width)
            for first in range(len(clip) - window + 1):
                frames = clip[first : first + window].reshape(1, -1, height, width)
                feeds = {FRAMES: frames} | dict(zip((s.input for s in states), carried, strict=True))
                if states:
                    carried = self._session.run([s.output for s in states], feeds)
                yield feeds


def _last(model: onnx.ModelProto) -> list[str]:
    """Names of the convolutions between which and the answer there is no other."""
    makers = {output: node for node in model.graph.node for output in node.output}
    waiting, seen, found = [FRAMES_OUT], set[str](), []
    while waiting:
        name = waiting.pop()
        node = makers.get(name)
        if node is None or name in seen:
            continue
        seen.add(name)
        if node.op_type in ("Conv", "ConvTranspose"):
            found.append(node.name)
        else:
            waiting += node.input
    return found


def _is_volumetric(node: onnx.NodeProto, model: onnx.ModelProto) -> bool:
    if node.op_type != "Conv":
        return False
    dimensions = {tensor.name: len(tensor.dims) for tensor in model.graph.initializer}
    return dimensions.get(node.input[1], math.inf) > 4


def _labelled(model: onnx.ModelProto, contract: Contract) -> bytes:
    """With the contract of the fp32 file, but for its precision, and without what only that file states."""
    labelled = replace(contract, precision="int8", losses={}, probe=_probe(model, contract))
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, labelled.to_metadata())
    model.producer_name, model.producer_version = "vsdeblur", ""
    onnx.checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _probe(model: onnx.ModelProto, contract: Contract) -> Probe:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    height, width = contract.probe.height, contract.probe.width
    values = probe_input(contract.input_frames, contract.channels, height, width)
    feeds = {FRAMES: numpy.array(values, numpy.float32).reshape(1, -1, height, width)}
    feeds |= {state.input: empty for state, empty in zip(contract.states, _empty(contract, height, width), strict=True)}
    output = session.run([FRAMES_OUT], feeds)[0]
    exact = probe_of(output.ravel().tolist(), height, width)
    digits = [round(value, 4) + 0.0 for value in (exact.mean, exact.std, *exact.values)]  # adding 0.0 takes -0.0 away
    return Probe(height, width, digits[0], digits[1], tuple(digits[2:]))


def _empty(contract: Contract, height: int, width: int) -> list[numpy.ndarray]:
    """The states before a first frame."""
    return [
        numpy.zeros((1, state.channels, int(height * state.scale), int(width * state.scale)), numpy.float32)
        for state in contract.states
    ]


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the advice to prepare the graph, which the exporter has done."""
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
