"""Clips through a network, against running it by hand."""

from __future__ import annotations

import pytest
import torch

from tests.tolerances import SAME_FORMULA
from training.losses import LUMA, clip_outputs, to_network
from training.networks import NETWORKS


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


def test_a_recurrent_network_carries_its_state() -> None:
    network = NETWORKS["DTB"]()
    blurred, sharp = torch.rand(2, 1, 4, 3, 16, 16)
    with torch.no_grad():
        output, target = clip_outputs(network, blurred, sharp)
        first = blurred[:, 0:3].flatten(1, 2)
        one, *states = network(first, *network.initial_states(first))
        two, *_ = network(blurred[:, 1:4].flatten(1, 2), *states)
    assert torch.equal(output, torch.stack([one, two], 1))
    assert torch.equal(target, sharp[:, 1:3])


def test_a_network_of_several_frames_gets_the_frames_of_its_window() -> None:
    blurred, sharp = torch.rand(2, 1, 6, 3, 16, 16)
    with torch.no_grad():
        output, target = clip_outputs(NETWORKS["RVD"](), blurred, sharp)
    assert output.shape == target.shape == (1, 2, 5, 16, 16)
    luma = torch.einsum("c,nfchw->nfhw", torch.tensor(LUMA), sharp)
    assert torch.allclose(target[:, 1], luma[:, 1:6], rtol=0, atol=SAME_FORMULA)


def test_targets_keep_their_precision_under_autocast() -> None:
    blurred, sharp = torch.rand(2, 1, 5, 3, 16, 16)
    network = NETWORKS["DBLRNet"]()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        output, target = clip_outputs(network, blurred, sharp)
    assert output.dtype == target.dtype == torch.float32
    assert torch.equal(target[:, 0], to_network(sharp, network)[:, 2])


def test_a_network_of_instants_gets_those_of_its_frame() -> None:
    network = NETWORKS["SharpSequence"]()
    blurred, sharp = torch.rand(1, 2, 3, 16, 16), torch.rand(1, 2, 7, 3, 16, 16)
    with torch.no_grad():
        output, target = clip_outputs(network, blurred, sharp)
    assert output.shape == target.shape == (1, 2, 7, 16, 16)
    assert torch.equal(target[:, 1], to_network(sharp[:, 1], network)[:, :, 0])
