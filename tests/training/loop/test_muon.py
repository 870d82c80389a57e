from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.tolerances import ORTHOGONAL, UPDATE_SIZE
from training.loop.muon import UPDATE_RMS, Muon, optimisers, orthogonalised
from training.networks import NETWORKS


@pytest.mark.parametrize("shape", [(8, 8), (16, 40), (40, 16), (1, 9)])
def test_singular_values_come_near_1(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    values = torch.linalg.svdvals(orthogonalised(matrix))
    assert float((values - 1).abs().max()) < ORTHOGONAL


def test_the_scale_of_a_gradient_does_not_matter() -> None:
    matrix = torch.randn((12, 20), generator=torch.Generator().manual_seed(2))
    assert torch.equal(orthogonalised(matrix), orthogonalised(matrix * 2**-20))


def test_a_zero_gradient_moves_nothing() -> None:
    assert not orthogonalised(torch.zeros(4, 6)).any()


def test_an_update_has_the_size_of_adams() -> None:
    weight = nn.Parameter(torch.zeros(32, 16, 3, 3))
    weight.grad = torch.randn(weight.shape, generator=torch.Generator().manual_seed(3))
    Muon([weight], lr=1.0).step()
    rms = float(weight.detach().square().mean().sqrt())
    assert rms == pytest.approx(UPDATE_RMS, rel=UPDATE_SIZE)


def test_weights_decay_apart_from_the_gradient() -> None:
    weight = nn.Parameter(torch.ones(4, 4))
    weight.grad = torch.zeros(4, 4)
    Muon([weight], lr=0.5, weight_decay=0.1).step()
    assert torch.allclose(weight, torch.full((4, 4), 0.95))


def test_it_finds_a_minimum() -> None:
    target = torch.randn((6, 10), generator=torch.Generator().manual_seed(4))
    weight = nn.Parameter(torch.zeros(6, 10))
    optimiser = Muon([weight], lr=0.05)
    for step in range(300):
        optimiser.param_groups[0]["lr"] = 0.1 * (1 - step / 300)
        weight.grad = (weight - target).detach()
        optimiser.step()
    assert float((weight - target).detach().square().mean()) < 0.01 * float(target.square().mean())


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_every_parameter_has_one_optimiser(name: str) -> None:
    network = NETWORKS[name]()
    chosen = [p for optimiser in optimisers(network, 1e-3) for group in optimiser.param_groups for p in group["params"]]
    assert len(chosen) == len({id(p) for p in chosen}) == len(list(network.parameters()))


def test_the_last_layer_is_adams() -> None:
    network = NETWORKS["DTB"]()
    muon, adam = optimisers(network, 1e-3)
    assert any(p is network.rgb.weight for p in adam.param_groups[0]["params"])
    assert all(p.dim() > 1 for p in muon.param_groups[0]["params"])


def test_named_last_layers_are_adams() -> None:
    network = NETWORKS["RUNet"]()
    _, adam = optimisers(network, 1e-3, last=network.last_layers)
    weights = [p for p in adam.param_groups[0]["params"] if p.dim() > 1]
    assert {id(p) for p in weights} == {id(network.get_submodule(name).weight) for name in network.last_layers}
