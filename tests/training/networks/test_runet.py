from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.random_weights import awake_network
from tests.tolerances import SAME_FORMULA
from training.networks.base import STATE_MAX
from training.networks.runet import DETAIL_CHANNELS, SHARE_MAX, RUNet

SIZE = (1, 9, 24, 32)


def work(network: RUNet) -> float:
    """Multiply-accumulates of the convolutions for a pixel of the frame."""
    total = 0

    def count(layer: nn.Module, _: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        weight = layer.get_parameter("weight")
        total += output.numel() * weight[0].numel()

    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(count)
    frames = torch.zeros(SIZE)
    network(frames, *network.initial_states(frames))
    return total / (SIZE[2] * SIZE[3])


def test_it_stays_within_its_budget() -> None:
    network = RUNet()
    assert work(network) <= 100_000
    assert sum(parameter.numel() for parameter in network.parameters()) <= 2_000_000


def test_it_is_made_of_what_every_runtime_and_eight_bits_like() -> None:
    convolutions = [layer for layer in RUNet().modules() if isinstance(layer, nn.Conv2d)]
    assert {layer.kernel_size for layer in convolutions} == {(1, 1), (3, 3)}
    others = {type(layer) for layer in RUNet().modules() if not list(layer.children())} - {nn.Conv2d}
    assert others <= {nn.ReLU, nn.Identity, nn.Sequential}


@pytest.mark.parametrize("number", [0, 1, 2])
def test_each_state_reaches_the_next_frame(number: int) -> None:
    network = awake_network("RUNet")
    frames = torch.rand(SIZE)
    states = list(network.initial_states(frames))
    with torch.no_grad():
        fresh, *_ = network(frames, *states)
        states[number] = states[number] + 1
        disturbed, *_ = network(frames, *states)
    assert (fresh - disturbed).abs().max() > 0


def test_states_stay_bounded_whatever_the_weights() -> None:
    network = awake_network("RUNet")
    with torch.no_grad():
        for name in ("remember", "remember_fine", "change"):
            network.get_submodule(name).get_parameter("weight").mul_(100)
        states = network.initial_states(torch.zeros(SIZE))
        for frames in torch.rand(12, *SIZE):
            _, *states = network(frames, *states)
    *features, change = states
    for state in features:
        assert state.min() == 0
        assert state.max() == STATE_MAX
    assert change.min() == -1
    assert change.max() == 1


def _share(network: RUNet, share: float) -> None:
    """The answer before gets this share of SHARE_MAX everywhere: 0 or 1."""
    network.share.weight.zero_()
    network.share.bias.fill_(2 * share - 1)


def test_the_answer_before_has_at_most_its_share_of_this_one() -> None:
    network = RUNet().eval()
    with torch.no_grad():
        network.change.weight.zero_()
        network.change.bias.zero_()
        _share(network, 1)
        frames = torch.rand(10, 3, *SIZE[2:])
        states: list[Tensor] = list(network.initial_states(torch.zeros(SIZE)))
        wanted = frames[:1]
        for n in range(1, 9):
            result, *states = network(frames[n - 1 : n + 2].reshape(SIZE), *states)
            wanted = torch.lerp(frames[n : n + 1], wanted, SHARE_MAX)
            torch.testing.assert_close(result, wanted, rtol=0, atol=SAME_FORMULA)


def test_it_can_be_the_mean_of_its_window_to_the_finest_detail() -> None:
    network = RUNet().eval()
    with torch.no_grad():
        _share(network, 0)
        for parameter in (
            *network.detail.parameters(),
            *network.joined.parameters(),
            *network.change.parameters(),
        ):
            parameter.zero_()
        for channel in range(12):  # of the unshuffled window, colour by colour: 4 places each
            colour, place = divmod(channel, 4)
            for frame, share in ((0, 1 / 3), (1, -2 / 3), (2, 1 / 3)):
                network.detail.weight[channel, 9 * place + 3 * frame + colour, 0, 0] = share
            network.change.weight[channel, -DETAIL_CHANNELS + channel, 1, 1] = 1
        frames = torch.rand(SIZE)
        result, *_ = network(frames, *network.initial_states(frames))
    mean = frames.view(1, 3, 3, *SIZE[2:]).mean(1)
    torch.testing.assert_close(result, mean, rtol=0, atol=SAME_FORMULA)
