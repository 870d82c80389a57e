"""A network's file in eight-bit integers: convolutions on uint8 values and int8 weights, all else in float32.

Static quantisation in the QDQ form, which OpenVINO fuses and every runtime can read:

- What goes into a convolution is quantised, with one scale and zero point a tensor, from the range that all but one in
  100,000 of its values had while the network ran in float32 along whole clips, its state carried (``calibration``):
  a few lone values reach far beyond the others. With the whole range DTB lost 0.038 dB in place of 0.025, and its
  worst frame of 128 was 1.3 dB further from float32's; with the mean of all runs' ranges it lost 0.015, and that frame
  was 2.3 dB further, for what lies beyond is cut off. What comes out of a convolution is not quantised: sums, ReLU and
  the answer stay in float32, which costs no time where a runtime fuses them, and keeps the details.
- Weights are symmetric, with one scale an output channel, and of seven bits, -64 to 64: CPUs without VNNI add products
  in pairs in 16 bits, which whole bytes overflow, so that the answer would depend on the CPU. Sums are int32.
- Weights lie in the file as plain constants. Behind the Cast of ``storage`` no runtime would find them.

- A convolution of joined tensors becomes a sum of convolutions, one a tensor, so that each has a scale of its own: a
  frame's details lie within 1, and the features that they are joined to reach ten times as far. Slices of one tensor
  have one scale.

The last convolutions, which make the answer itself, stay in float32, and so do the first, which read the frames: their
errors go past everything into the answer. Of RUNet the first are a twenty-fifth of the work, and took 7 dB of the error
away; the sums took another 3 (46.9 to 54.6 dB between its answers and float32's). Transposed convolutions and those of
three dimensions, which runtimes do not fuse, stay in float32 too. What stays so reads what has not been rounded, though
a quantised convolution reads the same tensor: RUNet, whose fine state leaves where its last convolution reads, lost
0.167 dB without that and 0.025 with it, at the same speed.
"""

from __future__ import annotations

import io
import logging
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy
import onnx
import onnxruntime
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)

from vsdeblur.contract import FRAMES, FRAMES_OUT, Contract, Probe, probe_input, probe_of

__all__ = ["Clip", "quantise"]

WITHIN = 99.999
"""Percent of a tensor's values that its range holds."""

Clip = numpy.ndarray
"""(F, C, H, W) float32: frames as the network sees them, C as its colour has."""


def quantise(model: bytes, clips: Iterable[Clip]) -> bytes:
    """The int8 file of a network's fp32 one, whose weights are plain constants, with its contract.

    Clips are longer than the network's window, of sizes that divide by its multiple; they should be like what it will
    see, and are read once. The probe is that of the quantised network.
    """
    proto = _parted(onnx.load_from_string(model))
    contract = Contract.from_metadata({item.key: item.value for item in proto.metadata_props})
    exact = {*_last(proto), *_first(proto), *(node.name for node in proto.graph.node if _is_volumetric(node, proto))}
    with TemporaryDirectory() as folder, _quiet():
        out = Path(folder) / "int8.onnx"
        quantize_static(
            proto,
            out,
            _Runs(proto.SerializeToString(), contract, clips),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=sorted(exact),
            per_channel=True,
            reduce_range=True,
            calibrate_method=CalibrationMethod.Percentile,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            extra_options={"OpTypesToExcludeOutputQuantization": ["Conv"], "CalibPercentile": WITHIN},
        )
        quantised = onnx.load(out)
    return _labelled(_reading_exactly(quantised), contract)


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


def _parted(model: onnx.ModelProto) -> onnx.ModelProto:
    """With a sum of convolutions, one a tensor, for each convolution of what a Concat joins along the channels."""
    makers = _makers(model)
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    inferred = onnx.shape_inference.infer_shapes(model).graph
    channels = {
        value.name: value.type.tensor_type.shape.dim[1].dim_value
        for value in (*inferred.value_info, *inferred.input)
        if len(value.type.tensor_type.shape.dim) > 1
    }
    first, nodes = set(_first(model)), list[onnx.NodeProto]()
    for node in model.graph.node:
        joined = makers.get(node.input[0]) if node.op_type == "Conv" and node.name not in first else None
        if joined is None or not _joins_tensors(joined, makers) or not all(channels.get(part) for part in joined.input):
            nodes.append(node)
        else:
            nodes += _sum(node, [(part, channels[part]) for part in joined.input], model, weights.pop(node.input[1]))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def _joins_tensors(node: onnx.NodeProto, makers: dict[str, onnx.NodeProto]) -> bool:
    """Whether a node joins different tensors along the channels."""
    joins = node.op_type == "Concat" and any(found.name == "axis" and found.i == 1 for found in node.attribute)
    return joins and len({_sliced(name, makers) for name in node.input}) > 1


def _sliced(name: str, makers: dict[str, onnx.NodeProto]) -> str:
    """The tensor that a slice is of, or of which it is a slice's; the name itself where it is none."""
    while name in makers and makers[name].op_type == "Slice":
        name = makers[name].input[0]
    return name


def _sum(
    node: onnx.NodeProto, parts: list[tuple[str, int]], model: onnx.ModelProto, weights: onnx.TensorProto
) -> Iterator[onnx.NodeProto]:
    """A convolution as one for each of the parts, names and channels, the first with the bias; and their sum."""
    values, before, outputs = onnx.numpy_helper.to_array(weights), 0, list[str]()
    model.graph.initializer.remove(weights)
    for number, (name, count) in enumerate(parts):
        label = f"{node.name}_{number}"
        share = numpy.ascontiguousarray(values[:, before : before + count])
        model.graph.initializer.append(onnx.numpy_helper.from_array(share, f"{label}_weights"))
        one = onnx.NodeProto()
        one.CopyFrom(node)
        one.name, one.output[0] = label, f"{label}_out"
        del one.input[:]
        one.input.extend([name, f"{label}_weights", *(node.input[2:] if number == 0 else [])])
        yield one
        outputs.append(one.output[0])
        before += count
    yield onnx.helper.make_node("Sum", outputs, [node.output[0]], name=f"{node.name}_sum")


def _reading_exactly(model: onnx.ModelProto) -> onnx.ModelProto:
    """With the unrounded tensors as inputs of the convolutions whose weights stayed in float32.

    onnxruntime has all that read a tensor read its rounded form, the nodes it was told to exclude too.
    """
    makers = _makers(model)
    for node in model.graph.node:
        if node.op_type in ("Conv", "ConvTranspose") and node.input[1] not in makers:
            rounded = makers.get(node.input[0])
            if rounded is not None and rounded.op_type == "DequantizeLinear":
                node.input[0] = makers[rounded.input[0]].input[0]
    return model


def _makers(model: onnx.ModelProto) -> dict[str, onnx.NodeProto]:
    """The node that makes a tensor, by the tensor's name."""
    return {output: node for node in model.graph.node for output in node.output}


def _first(model: onnx.ModelProto) -> list[str]:
    """Names of the convolutions between which and the frames there is no other."""
    from_frames, found = {FRAMES}, []
    for node in model.graph.node:  # in order
        if from_frames.isdisjoint(node.input):
            continue
        if node.op_type in ("Conv", "ConvTranspose"):
            found.append(node.name)
        elif len(node.input) == 1 or node.op_type in ("Slice", "Concat", "Reshape", "Transpose"):
            from_frames.update(node.output)
    return found


def _last(model: onnx.ModelProto) -> list[str]:
    """Names of the convolutions between which and the answer there is no other."""
    makers = _makers(model)
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
    """Without the advice to prepare the graph, which the exporter has done, and what else is told of the work."""
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)
