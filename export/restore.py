"""An exported file back to a checkpoint: ``python -m export.restore FILE --out CHECKPOINT``.

For training that goes on from weights that ship (``training.train --start``), when their checkpoint is not at hand.

The exporter keeps the order of the parameters, so the n-th weight that a convolution of the graph reads is that of the
network's n-th convolution. Batch normalisation was folded into the convolution before it, whose weights it made up to
ten times larger or smaller than training knows them, too far for its steps: in 15 minutes more of training DBLRNet's
gain fell from 1.12 to 0.75 dB, where it now stays at 1.11. So each output's weights get the norm of He's initialisation
back, the normalisation keeps its factor of before training, and what is left goes into its variance. Parts that the
exporter took out since they change nothing are as in a network before training. What comes back is checked against the
file.

Lost for good: digits that float16 storage cut off, the statistics of batch normalisation, the optimiser's state.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy
import onnx
import torch
from onnx import ModelProto, TensorProto, numpy_helper
from torch import Tensor, nn

from export import ExportError
from export.parity import MAX_DIFFERENCE, largest_difference, parity_sizes
from training.loop.checkpoints import CheckpointError, save_weights
from training.networks import NETWORKS, Network
from vsdeblur.contract import Contract

__all__ = ["restore"]

_CONVOLUTIONS = ("Conv", "ConvTranspose")
_HALF = "_half"  # of the names that export.storage gives


def restore(model: bytes, source: str) -> tuple[Contract, Network]:
    """The contract of an exported file, and its network with the file's weights, in evaluation mode.

    ``source`` begins the sentence of the ExportError for a file that is damaged, has no contract or a network that is
    not in ``training.networks``, is no form of that network, or computes something else.
    """
    try:
        proto = onnx.load_from_string(model)
        contract = Contract.from_metadata({item.key: item.value for item in proto.metadata_props})
    except Exception as error:  # a ContractError, or what protobuf raises for no ONNX file, which has no stubs
        raise ExportError(f"{source}: no file with a contract: {error}") from error
    if contract.name not in NETWORKS:
        raise ExportError(f"{source}: a file of {contract.name}; {', '.join(sorted(NETWORKS))} can be restored")
    network = NETWORKS[contract.name]().eval()
    exported = copy.deepcopy(network)
    try:
        if len(_read_by_convolutions(proto)) < len(_convolutions(network)):
            exported.prune_()
        _fill(exported, proto)
        _take(network, exported)
        worst = largest_difference(network, model, *parity_sizes(network)[0], steps=3)
    except Exception as error:  # counts and shapes, or whatever ONNX Runtime raises for a graph of another network
        raise ExportError(f"{source}: its graph is not that of {contract.name}: {error}") from error
    if not worst <= MAX_DIFFERENCE:
        raise ExportError(
            f"{source}: {contract.name} with its weights differs from it by {worst:.2g}, allowed {MAX_DIFFERENCE}"
        )
    return contract, network


def _fill(network: Network, proto: ModelProto) -> None:
    """Sets every parameter and buffer. Raises ValueError when counts or shapes differ."""
    constants, biases, modules = _constants(proto), _read_by_convolutions(proto), list(network.modules())
    weights = [name for name in constants if name in biases]
    for module, name in zip(_convolutions(network), weights, strict=True):
        _set(module.weight, constants.pop(name))
        bias = module.bias
        if bias is None:
            norm = _norm_after(modules, module)
            _unfold(module.weight, norm)
            bias = norm.bias
        _set(bias, constants.pop(biases[name]) if biases[name] else torch.zeros_like(bias))
    rest = [own for module in modules if not _is_layer(module) for own in module.parameters(recurse=False)]
    for parameter in rest:
        _set(parameter, _first(constants, parameter.shape))


def _take(network: Network, pruned: Network) -> None:
    """Sets what a network shares with its pruned form, which may have cut off the ends of a weight."""
    whole = network.state_dict()
    for key, value in pruned.state_dict().items():
        whole[key][tuple(map(slice, value.shape))] = value


def _read_by_convolutions(proto: ModelProto) -> dict[str, str]:
    """Names of the weights that the graph's convolutions read, and of the biases beside them, "" for none."""
    nodes = [node for node in proto.graph.node if node.op_type in _CONVOLUTIONS]
    return {node.input[1]: "".join(node.input[2:]) for node in nodes}


def _convolutions(network: Network) -> list[nn.Conv2d | nn.Conv3d | nn.ConvTranspose2d]:
    return [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.Conv3d | nn.ConvTranspose2d)]


def _constants(proto: ModelProto) -> dict[str, Tensor]:
    """The graph's floating-point constants as float32, by name, in order."""
    return {
        tensor.name.removesuffix(_HALF): torch.from_numpy(numpy_helper.to_array(tensor).astype(numpy.float32))
        for tensor in proto.graph.initializer
        if tensor.data_type in (TensorProto.FLOAT, TensorProto.FLOAT16)
    }


def _is_layer(module: nn.Module) -> bool:
    return isinstance(module, nn.Conv2d | nn.Conv3d | nn.ConvTranspose2d | nn.BatchNorm2d)


def _norm_after(modules: Iterable[nn.Module], convolution: nn.Module) -> nn.BatchNorm2d:
    """The batch normalisation after a convolution, in whose place the convolution has no bias."""
    after = iter(modules)
    norm = next(module for earlier in after if earlier is convolution for module in after)
    if not isinstance(norm, nn.BatchNorm2d):
        raise ValueError(f"a bias where {type(norm).__name__} follows")
    return norm


@torch.no_grad()
def _unfold(weight: Tensor, norm: nn.BatchNorm2d) -> None:
    """Moves each output's scale from a convolution's weight into the variance of the normalisation after it."""
    assert norm.running_mean is not None and norm.running_var is not None
    excess = weight.flatten(1).norm(dim=1) / math.sqrt(2)  # an output's norm by He, whatever its size
    largest = norm.weight / math.sqrt(2 * norm.eps)  # a variance cannot be below 0, nor far below eps
    excess = torch.where(excess > 0, excess, 1.0).minimum(largest)
    weight /= excess.view(-1, *[1] * (weight.dim() - 1))
    norm.running_mean.zero_()
    norm.running_var.copy_((norm.weight / excess).square() - norm.eps)


def _first(constants: dict[str, Tensor], shape: torch.Size) -> Tensor:
    """Takes the first constant of a shape."""
    return constants.pop(next(name for name, value in constants.items() if value.shape == shape))


@torch.no_grad()
def _set(parameter: Tensor, value: Tensor) -> None:
    if parameter.shape != value.shape:
        raise ValueError(f"{tuple(value.shape)} where {tuple(parameter.shape)} is needed")
    parameter.copy_(value)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m export.restore", description="Exported file to checkpoint.")
    parser.add_argument("file", type=Path, help="an .onnx file of python -m export")
    parser.add_argument("--out", type=Path, required=True, metavar="C", help="the safetensors file to write")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status 0, or 2 with one sentence on stderr."""
    arguments = _parser().parse_args(argv)
    try:
        contract, network = restore(arguments.file.read_bytes(), str(arguments.file))
        metadata = {"name": contract.name, "trained_on": contract.trained_on, "metrics": json.dumps(contract.metrics)}
        save_weights(arguments.out, network.state_dict(), metadata)
    except (ExportError, CheckpointError, OSError) as error:
        print(f"export: {error}", file=sys.stderr)
        return 2
    print(f"{arguments.out}: the weights of {contract.name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
