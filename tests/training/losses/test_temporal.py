"""RVD's temporal loss against equations 2, 3, 5 and 6, and against what the network computes."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.random_weights import awake_network
from tests.tolerances import SAME_FORMULA
from tests.training.losses.compare import assert_agrees
from training.losses import mse, rvd_loss, temporal_loss
from training.losses.temporal import TEMPORAL_WEIGHT
from training.networks.rvd import RVD, NonLocalBlock


def network() -> RVD:
    made = awake_network("RVD")
    assert isinstance(made, RVD)
    return made


def pixel_wise(layer: nn.Conv2d, frames: Tensor) -> Tensor:
    """A 1x1 convolution, frame by frame."""
    total = layer.bias[None, :, None, None]  # type: ignore[index]
    for i in range(frames.shape[1]):
        total = total + layer.weight[None, :, i] * frames[:, i : i + 1]
    return total


def features(block: NonLocalBlock, frames: Tensor) -> Tensor:
    """Equations 2 and 3 with n = 5."""
    n = 5
    g = block.gru(pixel_wise(block.conv1, frames[:, [(1 + n) // 2 - 1]]), pixel_wise(block.conv2, frames))
    result: Tensor = block.conv4(g + pixel_wise(block.conv3, frames))
    return result


def transcription(block: NonLocalBlock, output: Tensor, sharp: Tensor) -> Tensor:
    """Equation 5, a batch of one."""
    f_output, f_sharp = features(block, output)[0], features(block, sharp)[0]
    channels, height, width = f_output.shape
    total = output.new_zeros(())
    for c in range(channels):
        for w in range(width):
            for h in range(height):
                total = total + (f_sharp[c, h, w] - f_output[c, h, w]) ** 2
    return total / (channels * width * height)


def test_temporal_loss_is_equation_5() -> None:
    block = network().double().non_local
    assert_agrees(
        lambda output, sharp: temporal_loss(block, output, sharp),
        lambda output, sharp: transcription(block, output, sharp),
        *torch.rand(2, 1, 5, 3, 4),
    )


def test_rvd_loss_is_equation_6() -> None:
    assert TEMPORAL_WEIGHT == 1e-6
    block = network().double().non_local
    alpha = 0.5  # large enough for its part to show
    assert_agrees(
        lambda output, sharp: rvd_loss(block, output, sharp, alpha),
        lambda output, sharp: mse(output, sharp) + alpha * transcription(block, output, sharp),
        *torch.rand(2, 1, 5, 3, 2),
    )


def test_the_features_are_those_that_the_network_computes() -> None:
    rvd = network()
    seen: list[Tensor] = []
    rvd.non_local.register_forward_hook(lambda _module, _inputs, made: seen.append(made))
    windows = torch.rand(2, 1, 5, 8, 16)
    with torch.no_grad():
        for window in windows:
            rvd(window)
        expected = (seen[0] - seen[1]).square().mean()
        torch.testing.assert_close(temporal_loss(rvd.non_local, *windows), expected, rtol=0, atol=SAME_FORMULA)
    assert seen[0].shape == (1, 64, 8, 16)


def test_zero_at_equality_symmetric_and_aware_of_every_frame() -> None:
    block = network().non_local
    a = torch.rand(1, 5, 8, 8)
    with torch.no_grad():
        assert temporal_loss(block, a, a) == 0
        for t in range(5):
            b = a.clone()
            b[:, t] += 0.1
            assert temporal_loss(block, a, b) == temporal_loss(block, b, a) > 0


def test_the_mean_runs_over_the_batch() -> None:
    block = network().non_local
    output, sharp = torch.rand(2, 2, 5, 8, 8)
    with torch.no_grad():
        each = [temporal_loss(block, output[[n]], sharp[[n]]) for n in range(2)]
        torch.testing.assert_close(
            temporal_loss(block, output, sharp), torch.stack(each).mean(), rtol=0, atol=SAME_FORMULA
        )


def test_the_gradient_reaches_the_whole_network() -> None:
    rvd = network()
    (output,) = rvd(torch.rand(1, 5, 8, 8))
    torch.autograd.backward([temporal_loss(rvd.non_local, output, torch.rand(1, 5, 8, 8))])
    for key, parameter in rvd.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, key


def test_without_weight_the_block_does_not_run() -> None:
    def refuse(_frames: Tensor) -> Tensor:
        raise AssertionError

    output, sharp = torch.rand(2, 1, 5, 8, 8)
    assert rvd_loss(refuse, output, sharp, alpha=0) == mse(output, sharp)


def test_half_precision_features_are_compared_in_float32() -> None:
    output = torch.zeros(1, 5, 8, 8)
    loss = temporal_loss(lambda frames: (300 + frames).bfloat16(), output, output + 4)
    assert loss.dtype == torch.float32
    assert loss == 16


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="temporal_loss: output and target must have one shape"):
        temporal_loss(network().non_local, torch.zeros(1, 5, 8, 8), torch.zeros(2, 5, 8, 8))
