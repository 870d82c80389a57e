"""How much a network computes: multiply-accumulates of an exported file: ``python -m export.work FILE...``.

Counted from the graph itself: every output value of a convolution or matrix product, times the products that it sums.
All else (sums, ReLU, interpolation) is left out, as is usual.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy
import onnx
import onnxruntime

from vsdeblur.contract import FRAMES, Contract, ContractError

__all__ = ["multiplications_a_pixel"]

# Of the frame that is counted on, before it is rounded up to the network's multiple.
_SIDE = 64
_COUNTED = ("Conv", "ConvTranspose", "MatMul", "Gemm")


def multiplications_a_pixel(model: bytes) -> float:
    """Multiply-accumulates of one run for each pixel of a frame. Runs the network once on a small frame of zeros.

    Raises ContractError for a file without a contract.
    """
    proto = onnx.load_from_string(model)
    contract = Contract.from_metadata({item.key: item.value for item in proto.metadata_props})
    nodes = [node for node in proto.graph.node if node.op_type in _COUNTED]
    wanted = list(dict.fromkeys(name for node in nodes for name in (*node.input[:2], node.output[0])))
    outputs = {value.name for value in proto.graph.output}
    inputs = {value.name for value in proto.graph.input}
    proto.graph.output.extend(onnx.ValueInfoProto(name=name) for name in wanted if name not in outputs | inputs)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    side = math.ceil(_SIDE / contract.multiple) * contract.multiple
    scales = {FRAMES: 1.0} | {state.input: state.scale for state in contract.states}
    feeds = {
        value.name: numpy.zeros((*value.shape[:2], *[int(side * scales[value.name])] * 2), numpy.float32)
        for value in session.get_inputs()
    }
    names = [value.name for value in session.get_outputs()]
    values = feeds | dict(zip(names, session.run(names, feeds), strict=True))
    shapes = {name: value.shape for name, value in values.items()}
    return sum(_multiplications(node, shapes) for node in nodes) / side**2


def _multiplications(node: onnx.NodeProto, shapes: Mapping[str, Sequence[int]]) -> int:
    if node.op_type == "Conv":  # a weight is (out, in / groups, *kernel)
        return math.prod(shapes[node.output[0]]) * math.prod(shapes[node.input[1]][1:])
    if node.op_type == "ConvTranspose":  # (in, out / groups, *kernel)
        return math.prod(shapes[node.input[0]]) * math.prod(shapes[node.input[1]][1:])
    return math.prod(shapes[node.output[0]]) * shapes[node.input[0]][-1]


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status 0, or 2 with one sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m export.work", description="Multiply-accumulates a pixel.")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="an .onnx file of python -m export")
    for file in parser.parse_args(argv).files:
        try:
            print(f"{file}: {multiplications_a_pixel(file.read_bytes()):,.0f} multiply-accumulates a pixel")
        except (ContractError, OSError) as error:
            print(f"export: {file}: {error}", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
