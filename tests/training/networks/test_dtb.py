"""DTB: the blending equations, and what the two states do."""

from __future__ import annotations

import math

import pytest
import torch

from tests.random_weights import awake_network
from tests.tolerances import SAME_FORMULA
from training.networks.base import STATE_MAX, STATE_PENALTY, bounded
from training.networks.dtb import DETAIL_CHANNELS, DTB, TemporalBlending


def transcription(blending: TemporalBlending, current: torch.Tensor, previous: torch.Tensor) -> torch.Tensor:
    """Equations 2 and 3 as printed, element by element: A acts on h~(n-1), B on h(n)."""
    channels = current.shape[1]
    kernel, bias = blending.weights.weight, blending.weights.bias
    a, b = kernel[:, :channels], kernel[:, channels:]
    beta = min(max(blending.beta.item(), 0.0), 1.0)
    summed = (
        torch.nn.functional.conv2d(previous, a, padding=2)
        + torch.nn.functional.conv2d(current, b, padding=2)
        + bias.view(1, -1, 1, 1)
    )
    result = torch.empty_like(current)
    for index in range(result.numel()):
        w = min(1.0, abs(math.tanh(summed.flatten()[index].item())) + beta)
        h, filtered = current.flatten()[index].item(), previous.flatten()[index].item()
        result.view(-1)[index] = w * h + (1 - w) * filtered
    return result


@pytest.mark.parametrize("beta", [-0.5, 0.0, 0.3, 1.0, 1.5])
def test_blending_is_equations_2_and_3(beta: float) -> None:
    torch.manual_seed(0)
    blending = TemporalBlending(4)
    with torch.no_grad():
        blending.weights.weight.normal_(std=0.15)
        blending.weights.bias.normal_(std=0.1)
        blending.beta.fill_(beta)
        current, previous = torch.randn(2, 1, 4, 6, 5)
        torch.testing.assert_close(
            blending(current, previous), transcription(blending, current, previous), rtol=0, atol=SAME_FORMULA
        )


def test_beta_is_the_weight_where_the_similarity_vanishes() -> None:
    blending = TemporalBlending(4)
    with torch.no_grad():
        blending.weights.weight.zero_()
        blending.weights.bias.zero_()
        blending.beta.fill_(0.25)
        mixed = blending(torch.full((1, 4, 3, 3), 8.0), torch.zeros(1, 4, 3, 3))
    assert torch.equal(mixed, torch.full((1, 4, 3, 3), 2.0))


@pytest.mark.parametrize("state", [0, 1])
def test_each_state_reaches_the_next_frame(state: int) -> None:
    network = awake_network("DTB")
    frames = torch.rand(1, 9, 12, 16)
    with torch.no_grad():
        _, *states = network(frames, *network.initial_states(frames))
        carried = network(frames, *states)[0]
        states[state] = torch.zeros_like(states[state])
        assert not torch.equal(network(frames, *states)[0], carried)


def test_the_feature_state_is_rectified() -> None:
    network = awake_network("DTB")
    frames = torch.rand(1, 9, 12, 16)
    with torch.no_grad():
        feature = network(frames, *network.initial_states(frames))[1]
    assert feature.min() == 0
    assert feature.max() > 0


def test_states_stay_bounded_whatever_the_weights() -> None:
    network = awake_network("DTB")
    with torch.no_grad():
        network.get_submodule("feature").get_parameter("weight").mul_(100)
        states = network.initial_states(torch.zeros(1, 9, 12, 16))
        peaks = []
        for frames in torch.rand(24, 1, 9, 12, 16):
            _, *states = network(frames, *states)
            peaks.append([state.abs().max() for state in states])
    features, blended = torch.tensor(peaks).T
    assert features.max() == STATE_MAX
    assert blended[12:].max() < 2 * blended[:12].max()


def test_what_is_cut_off_counts_as_a_loss_in_training() -> None:
    x = torch.linspace(0, 2 * STATE_MAX, 11, requires_grad=True)
    weights = torch.linspace(-1, 1, 11)
    (found,) = torch.autograd.grad((bounded(x, True) * weights).sum(), x)
    loss = (x.clamp(max=STATE_MAX) * weights).sum() + STATE_PENALTY * (x - STATE_MAX).relu().mean()
    (expected,) = torch.autograd.grad(loss, x)
    torch.testing.assert_close(found, expected, rtol=0, atol=SAME_FORMULA)


def test_training_and_use_are_bounded_alike() -> None:
    x = torch.linspace(0, 2 * STATE_MAX, 11)
    assert torch.equal(bounded(x, True), bounded(x, False))


def test_it_can_be_the_mean_of_its_window_to_the_finest_detail() -> None:
    """Past every ReLU, so noise of both signs comes out."""
    torch.manual_seed(0)
    network = DTB().eval()
    with torch.no_grad():
        for layer in (network.detail, network.refine.conv2, network.rgb):
            layer.weight.zero_()
            layer.bias.zero_()
        for channel in range(3):
            network.detail.weight[channel, channel::3, 2, 2] = torch.tensor([1, -2, 1]) / 3
            network.rgb.weight[channel, -DETAIL_CHANNELS + channel, 1, 1] = 1
        frames = torch.rand(1, 9, 12, 16)
        result = network(frames, *network.initial_states(frames))[0]
    torch.testing.assert_close(result, frames.unflatten(1, (3, 3)).mean(1), rtol=0, atol=SAME_FORMULA)


def test_beta_stays_where_gradients_can_bring_it_back() -> None:
    assert 0 < DTB().blend.beta.item() < 1
