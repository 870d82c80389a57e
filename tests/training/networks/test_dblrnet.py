"""DBLRNet against table I."""

from __future__ import annotations

import torch
from torch import nn

from tests.random_weights import awake_network
from training.networks import NETWORKS
from training.networks.dblrnet import DBLRNet


def test_time_shrinks_from_5_to_3_to_1() -> None:
    network = DBLRNet().eval()
    shapes: list[torch.Size] = []
    for layer in (network.conv1, network.conv2):
        layer.register_forward_hook(lambda _module, inputs, output: shapes.extend((inputs[0].shape, output.shape)))
    network(torch.rand(1, 5, 9, 7))
    assert [shape[2] for shape in shapes] == [5, 3, 3, 1]
    assert [shape[1] for shape in shapes] == [1, 16, 16, 64]
    assert all(shape[3:] == (9, 7) for shape in shapes)


def test_layers_are_those_of_table_1() -> None:
    network = DBLRNet()
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Conv3d)]
    # modules() goes in order of definition, which is the table's.
    assert [m.out_channels for m in convolutions] == [16, 64, *30 * [64], 256, 256, 1]
    assert all(set(m.kernel_size) == {3} for m in convolutions)
    assert sum(isinstance(m, nn.BatchNorm2d) for m in network.modules()) == 30
    assert len(network.blocks) == 14


def test_long_skip_joins_l2_alone() -> None:
    """With L32's normalisation at zero, the 15 blocks before it cannot matter, and L2 still reaches the output."""
    network = awake_network("DBLRNet")
    assert isinstance(network, DBLRNet)
    frames = torch.rand(1, 5, 12, 12)
    assert isinstance(network.merge.norm2, nn.BatchNorm2d)
    with torch.no_grad():
        network.merge.norm2.weight.zero_()
        network.merge.norm2.bias.zero_()
        before = network(frames)[0]
        network.blocks[3].conv1.weight.mul_(2)
        assert torch.equal(network(frames)[0], before)
        network.conv2.weight.mul_(2)
        assert not torch.equal(network(frames)[0], before)


def test_every_frame_of_the_window_is_read() -> None:
    network = awake_network("DBLRNet")
    frames = torch.rand(1, 5, 12, 12)
    with torch.no_grad():
        before = network(frames)[0]
        for t in range(5):
            changed = frames.clone()
            changed[:, t] += 0.5
            assert not torch.equal(network(changed)[0], before)


def test_dblrgan_is_the_same_generator() -> None:
    assert NETWORKS["DBLRGAN"] is DBLRNet
