"""What holds for every network: sizes, shapes, the start at the identity, the declared receptive field."""

from __future__ import annotations

import pytest
import torch

from tests.random_weights import awake_network
from tests.tolerances import ABOUT_PARAMETERS, NEAR_IDENTITY, RVD_PARAMETERS
from tests.training.networks.learning import assert_every_layer_learns
from training.networks import NETWORKS
from vsdeblur.contract import Contract, Probe

PARAMETERS = {
    "RUNet": 897_680,
    "DTB": 909_940,
    "DBLRNet": 1_878_017,
    "DBLRGAN": 1_878_017,
    "RVD": 7_303_205,
    "SharpSequence": 1_723_495,
}
EXACT_FIELD = ("RUNet", "DTB", "DBLRNet", "SharpSequence")


def parameters(name: str) -> int:
    return sum(parameter.numel() for parameter in NETWORKS[name]().parameters())


@pytest.mark.parametrize("name", NETWORKS)
def test_parameter_count_is_the_documented_one(name: str) -> None:
    assert parameters(name) == PARAMETERS[name]
    module = __import__(NETWORKS[name].__module__, fromlist=["__doc__"])
    assert f"Parameters: {PARAMETERS[name]:,}" in module.__doc__


@pytest.mark.parametrize(
    ("name", "published", "tolerance"),
    [
        ("RVD", 7.3e6, RVD_PARAMETERS),
        ("DBLRNet", 1.9e6, ABOUT_PARAMETERS),
        ("SharpSequence", 1.7e6, ABOUT_PARAMETERS),
    ],
)
def test_parameter_count_is_the_published_one(name: str, published: float, tolerance: float) -> None:
    assert parameters(name) == pytest.approx(published, rel=tolerance)


@pytest.mark.parametrize("name", NETWORKS)
def test_attributes_make_a_contract_and_shapes_follow_it(name: str) -> None:
    network = NETWORKS[name]().eval()
    contract = Contract(
        name=name,
        license="x",
        trained_on="x",
        window=network.window,
        outputs=network.outputs,
        color=network.color,
        multiple=network.multiple,
        receptive_field=network.receptive_field,
        states=network.states,
        probe=Probe(network.multiple, network.multiple, 0, 0, (0.0,)),
    )
    height, width = 2 * network.multiple, 3 * network.multiple
    frames = torch.rand(2, contract.input_frames * contract.channels, height, width)
    assert network.input_channels() == frames.shape[1]
    states = network.initial_states(frames)
    out, *new_states = network(frames, *states)
    assert out.shape == (2, contract.output_frames * contract.channels, height, width)
    assert len(new_states) == len(contract.states)
    for state, before, after in zip(contract.states, states, new_states, strict=True):
        assert before.shape == after.shape
        assert after.shape == (2, state.channels, height * state.scale, width * state.scale)
        assert not before.any()


@pytest.mark.parametrize("name", NETWORKS)
def test_training_starts_near_the_identity_and_every_layer_learns(name: str) -> None:
    torch.manual_seed(0)
    network = NETWORKS[name]()
    frames = torch.rand(1, network.input_channels(), 16, 24)

    def second_frame() -> torch.Tensor:
        _, *states = network(frames, *network.initial_states(frames))
        result: torch.Tensor = network(frames, *states)[0]
        return result

    out = second_frame()
    per_frame = 3 if network.color == "rgb" else 1
    centre = network.window[0] * per_frame
    target = frames if out.shape[1] == frames.shape[1] else frames[:, centre : centre + per_frame]
    assert (out - target).abs().max() < NEAR_IDENTITY
    assert_every_layer_learns(network, lambda: (second_frame() - target + 1).square().mean())


def centre_output(name: str, poison: float, distance: int, phase: int) -> torch.Tensor:
    """The output at one pixel when every input pixel and state further away than ``distance`` columns is ``poison``."""
    network = awake_network(name)
    size = 2 * (network.receptive_field + 8 + network.multiple)
    size -= size % network.multiple
    centre = size // 2 + phase
    generator = torch.Generator().manual_seed(1)
    frames = torch.rand(1, network.input_channels(), 2 * network.multiple, size, generator=generator)

    def poisoned(tensor: torch.Tensor) -> torch.Tensor:
        scale = size // tensor.shape[3]
        columns = torch.arange(tensor.shape[3]) * scale
        inside = (columns + scale - 1 >= centre - distance) & (columns <= centre + distance)
        return torch.where(inside, tensor, poison)

    with torch.no_grad():
        out = network(poisoned(frames), *map(poisoned, network.initial_states(frames)))[0]
    return out[0, :, :, centre]


@pytest.mark.parametrize("name", EXACT_FIELD)
def test_nothing_outside_the_receptive_field_is_read(name: str) -> None:
    network = NETWORKS[name]
    for phase in range(network.multiple):
        assert centre_output(name, torch.nan, network.receptive_field // 2, phase).isfinite().all()


@pytest.mark.parametrize("name", EXACT_FIELD)
def test_the_receptive_field_is_not_declared_much_larger_than_it_is(name: str) -> None:
    network = NETWORKS[name]
    distance = network.receptive_field // 2 - 1 - network.multiple // 2
    assert any(centre_output(name, torch.nan, distance, phase).isnan().any() for phase in range(network.multiple))
