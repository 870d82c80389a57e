"""SharpSequence against table 1."""

from __future__ import annotations

import torch
from torch import nn

from tests.random_weights import awake_network
from training.networks.sharp_sequence import SharpSequence


def test_layers_are_those_of_table_1() -> None:
    network = SharpSequence()
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    assert [m.out_channels for m in convolutions] == [16, 64, *26 * [64], 256, 256, 7]
    assert all(m.kernel_size == (3, 3) for m in convolutions)
    assert len(network.blocks) == 13
    assert not any(isinstance(m, nn.BatchNorm2d) for m in network.modules())


def test_long_skip_of_l2_is_added_to_the_blocks() -> None:
    """With every block's residual at zero, the blocks pass L2 on and the long skip doubles it."""
    network = awake_network("SharpSequence")
    assert isinstance(network, SharpSequence)
    seen: dict[str, torch.Tensor] = {}
    network.conv2.register_forward_hook(lambda _m, _i, output: seen.update(l2=output.clone()))
    network.conv29.register_forward_hook(lambda _m, inputs, _o: seen.update(l29=inputs[0]))
    with torch.no_grad():
        for block in network.blocks:
            block.conv2.weight.zero_()
            block.conv2.bias.zero_()
        network(torch.rand(1, 1, 9, 7))
    assert torch.equal(seen["l29"], 2 * torch.relu(seen["l2"]))


def test_the_seven_instants_differ() -> None:
    with torch.no_grad():
        out = awake_network("SharpSequence")(torch.rand(1, 1, 9, 7))[0][0]
    assert len({tuple(frame.flatten().tolist()) for frame in out}) == 7
