"""The discriminators against the papers' tables."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import training.networks.discriminator as module
from training.losses import discriminator_loss
from training.networks.discriminator import DISCRIMINATORS, Discriminator

PARAMETERS = {"DBLRGAN": 164_106_818, "SharpSequence": 164_844_866}
# Layers of 64, 128, 256 and 512 channels; the second row is the paper's "1-2, 3-6, 7-11, 12-16".
GROUPS = {"DBLRGAN": (2, 3, 4, 5), "SharpSequence": (2, 4, 5, 5)}
LAYERS = {"DBLRGAN": 14, "SharpSequence": 16}


def without_contents(name: str) -> Discriminator:
    """At the papers' size, which would fill 640 MB."""
    with torch.device("meta"):
        return DISCRIMINATORS[name]()


def small(name: str, size: int = 16) -> Discriminator:
    torch.manual_seed(0)
    return DISCRIMINATORS[name](size, hidden=8)


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_parameter_count_is_the_documented_one(name: str) -> None:
    assert sum(parameter.numel() for parameter in without_contents(name).parameters()) == PARAMETERS[name]
    assert module.__doc__ is not None
    assert f"{name} {PARAMETERS[name]:,}" in module.__doc__


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_layers_are_those_of_the_table(name: str) -> None:
    network = without_contents(name)
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    assert len(convolutions) == LAYERS[name]
    expected = [c for c, count in zip((64, 128, 256, 512), GROUPS[name], strict=True) for _ in range(count)]
    assert [m.out_channels for m in convolutions] == expected
    assert convolutions[0].in_channels == 1
    assert all(m.kernel_size == (3, 3) for m in convolutions)
    assert [m.num_features for m in network.modules() if isinstance(m, nn.BatchNorm2d)] == expected
    assert sum(isinstance(m, nn.ReLU) for m in network.features) == LAYERS[name]
    assert [m.out_features for m in network.modules() if isinstance(m, nn.Linear)] == [4096, 4096, 2]


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_each_group_halves_the_size_in_its_last_layer(name: str) -> None:
    network = without_contents(name)
    sizes: list[tuple[int, int]] = []
    for layer in network.features:
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(lambda _module, _inputs, made: sizes.append((*made.shape[1:3],)))
    assert network(torch.empty(2, 1, 128, 128, device="meta")).shape == (2, 2)
    expected = []
    for group, (channels, count) in enumerate(zip((64, 128, 256, 512), GROUPS[name], strict=True)):
        expected += [(channels, 128 >> group)] * (count - 1) + [(channels, 64 >> group)]
    assert sizes == expected


@pytest.mark.parametrize("name", DISCRIMINATORS)
@pytest.mark.parametrize("size", [16, 48])
def test_smaller_patches_fit_a_smaller_network(name: str, size: int) -> None:
    assert small(name, size)(torch.rand(3, 1, size, size)).shape == (3, 2)


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_it_starts_undecided_and_every_layer_learns(name: str) -> None:
    network = small(name)
    sharp, generated = network(torch.rand(4, 1, 16, 16)), network(torch.rand(4, 1, 16, 16))
    assert (sharp.softmax(1) - 0.5).abs().max() < 0.05
    torch.autograd.backward([discriminator_loss(sharp, generated)])
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, key


def test_sizes_and_frames_that_do_not_fit_are_refused() -> None:
    for size in (0, 100):
        with pytest.raises(ValueError, match=f"size must be a positive multiple of 16, not {size}"):
            DISCRIMINATORS["DBLRGAN"](size)
    with pytest.raises(ValueError, match="SharpSequenceDiscriminator: hidden must be at least 1, not 0"):
        DISCRIMINATORS["SharpSequence"](16, 0)
    with pytest.raises(ValueError, match=r"frames must be \(N, 1, 16, 16\), not \(2, 3, 16, 16\)"):
        small("DBLRGAN")(torch.zeros(2, 3, 16, 16))
