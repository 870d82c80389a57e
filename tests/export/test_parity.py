"""Exported files compute what the networks compute."""

from __future__ import annotations

import math
from collections.abc import Callable

import onnx
import pytest
import torch

from export.parity import largest_difference, parity_sizes
from tests.tolerances import EXPORT_PARITY
from training.networks import NETWORKS, Network

Exported = Callable[[str], tuple[Network, bytes]]
NAMES = ("RUNet", "DTB", "DBLRNet", "RVD", "SharpSequence")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [0, 1])
def test_file_and_network_agree_over_12_frames(exported: Exported, name: str, size: int) -> None:
    network, model = exported(name)
    height, width = parity_sizes(network)[size]
    assert largest_difference(network, model, height, width, steps=12) <= EXPORT_PARITY


@pytest.mark.parametrize("name", NAMES)
def test_the_random_weights_move_the_output(exported: Exported, name: str) -> None:
    """Agreement means something: no output is a copy of an input, and recurrent values stay of order 1."""
    network, _ = exported(name)
    frames = torch.rand(1, network.input_channels(), *parity_sizes(network)[0])
    states: tuple[torch.Tensor, ...] = network.initial_states(frames)
    with torch.no_grad():
        for _ in range(12):
            out, *states = network(frames, *states)
    channels = 3 if network.color == "rgb" else 1
    inputs = frames[0].unflatten(0, (-1, channels))
    for frame in out[0].unflatten(0, (-1, channels)):
        assert (inputs - frame).abs().flatten(1).amax(1).min() > 100 * EXPORT_PARITY
    assert all(tensor.std() < 10 for tensor in (out, *states))


def test_a_changed_weight_is_found(exported: Exported) -> None:
    network, data = exported("DTB")
    model = onnx.load_from_string(data)
    weight = next(tensor for tensor in model.graph.initializer if len(tensor.dims) == 4)
    values = onnx.numpy_helper.to_array(weight).copy()
    values[0] *= 1.01
    weight.CopyFrom(onnx.numpy_helper.from_array(values, weight.name))
    height, width = parity_sizes(network)[0]
    assert largest_difference(network, model.SerializeToString(), height, width, steps=2) > EXPORT_PARITY


def test_a_state_that_is_not_carried_is_found(exported: Exported) -> None:
    """The state outputs are replaced by the state inputs: the first frame agrees, the second does not."""
    network, data = exported("DTB")
    model = onnx.load_from_string(data)
    for state in network.states:
        for node in model.graph.node:
            for place, name in enumerate(node.output):
                if name == state.output:
                    node.output[place] = f"unused_{name}"
            for place, name in enumerate(node.input):
                if name == state.output:
                    node.input[place] = f"unused_{name}"
        model.graph.node.append(onnx.helper.make_node("Identity", [state.input], [state.output]))
    height, width = parity_sizes(network)[0]
    assert largest_difference(network, model.SerializeToString(), height, width, steps=2) > EXPORT_PARITY


def test_nan_is_not_agreement(exported: Exported) -> None:
    network, data = exported("SharpSequence")
    model = onnx.load_from_string(data)
    last = next(node for node in model.graph.node if node.output[0] == "frames_out")
    last.output[0] = "finite"
    model.graph.node.append(onnx.helper.make_node("Sqrt", ["finite"], ["frames_out"]))
    assert math.isnan(largest_difference(network, model.SerializeToString(), 24, 24, steps=1))


@pytest.mark.parametrize("name", NETWORKS)
def test_parity_is_measured_away_from_the_traced_size(name: str) -> None:
    network = NETWORKS[name]
    sizes = parity_sizes(network)
    assert len(set(sizes)) == 2
    for height, width in sizes:
        assert height % network.multiple == width % network.multiple == 0
        assert (height, width) != (6 * network.multiple, 8 * network.multiple)
