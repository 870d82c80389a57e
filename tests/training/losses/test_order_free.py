"""The order-free loss against its equation, and what makes it free of order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor

from tests.tolerances import SAME_IN_FLOAT64
from tests.training.losses.compare import assert_agrees
from training.losses import in_order_of, mse, order_free_charbonnier, order_free_loss

Loss = Callable[[Tensor, Tensor], Tensor]


def points(output: Tensor, target: Tensor) -> Iterator[tuple[list[Tensor], list[Tensor]]]:
    """The K values of every pixel, of output and target, frames counted from 1."""
    nothing = output.new_zeros(())
    for y, x in zip(output.movedim(1, -1).flatten(0, 2), target.movedim(1, -1).flatten(0, 2), strict=True):
        yield [nothing, *y], [nothing, *x]


def transcription(output: Tensor, target: Tensor) -> Tensor:
    """The module's L, pixel by pixel, a mean over the batch."""
    count = output.shape[1]
    m = (count + 1) // 2
    total = output.new_zeros(())
    for y, x in points(output, target):
        total = total + (y[m] - x[m]) ** 2
        for i in range(1, m):
            a, b, c, d = y[i], y[count + 1 - i], x[i], x[count + 1 - i]
            total = total + 0.5 * (((a + b) - (c + d)) ** 2 + ((a - b).abs() - (c - d).abs()) ** 2)
    return total / output.numel()


def charbonnier_transcription(output: Tensor, target: Tensor) -> Tensor:
    """The L of order_free_charbonnier, likewise."""
    count = output.shape[1]
    m = (count + 1) // 2
    centre, e = 3.0, 1e-6
    w = (count - centre) / (count - 1)
    total = output.new_zeros(())
    for y, x in points(output, target):
        total = total + centre * ((y[m] - x[m]) ** 2 + e).sqrt()
        for i in range(1, m):
            a, b, c, d = y[i], y[count + 1 - i], x[i], x[count + 1 - i]
            squares = ((a + b) - (c + d)) ** 2 / 4 + ((a - b).abs() - (c - d).abs()) ** 2 / 4
            total = total + 2 * w * (squares + e).sqrt()
    return total / output.numel()


@pytest.fixture
def sequences() -> Tensor:
    """Two of them, (2, 7, 5, 4) each, in float64."""
    return torch.rand(2, 2, 7, 5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_order_free_loss_is_its_equation(sequences: Tensor) -> None:
    assert_agrees(order_free_loss, transcription, *sequences)


def test_order_free_charbonnier_is_its_equation(sequences: Tensor) -> None:
    assert_agrees(order_free_charbonnier, charbonnier_transcription, *sequences)


@pytest.mark.parametrize("function", [order_free_loss, order_free_charbonnier])
def test_time_has_no_direction(function: Loss, sequences: Tensor) -> None:
    output, target = sequences
    loss = function(output, target)
    assert function(output, target.flip(1)) == loss
    assert function(output.flip(1), target) == loss
    assert function(target, output) == loss


@pytest.mark.parametrize("function", [order_free_loss, order_free_charbonnier])
@pytest.mark.parametrize("pair", [0, 1, 2])
def test_each_pair_may_be_exchanged_but_no_other_frames(function: Loss, sequences: Tensor, pair: int) -> None:
    output, target = sequences
    exchanged = target.clone()
    exchanged[:, [pair, 6 - pair]] = target[:, [6 - pair, pair]]
    assert function(output, exchanged) == function(output, target)
    exchanged[:, [pair, pair + 1]] = target[:, [pair + 1, pair]]
    assert function(output, exchanged) != function(output, target)


def test_zero_at_equality_in_either_direction_and_nowhere_near(sequences: Tensor) -> None:
    output = sequences[0]
    assert order_free_loss(output, output) == 0
    assert order_free_loss(output, output.flip(1)) == 0
    for frame in range(7):
        changed = output.clone()
        changed[0, frame, 2, 2] += 0.01
        assert order_free_loss(output, changed) > 0


def test_never_more_than_the_content_loss_of_either_direction(sequences: Tensor) -> None:
    output, target = sequences
    assert order_free_loss(output, target) < min(mse(output, target), mse(output, target.flip(1)))


def test_the_content_loss_where_differences_have_the_right_sign(sequences: Tensor) -> None:
    output, target = (clip.sort(dim=1).values for clip in sequences)
    torch.testing.assert_close(
        order_free_loss(output, target), mse(output, target), rtol=SAME_IN_FLOAT64, atol=SAME_IN_FLOAT64
    )
    assert order_free_loss(output, target.flip(1)) < mse(output, target.flip(1))


def test_a_single_frame_has_the_content_loss(sequences: Tensor) -> None:
    output, target = sequences[:, :, :1]
    assert order_free_loss(output, target) == mse(output, target)


def test_equal_frames_have_a_finite_gradient(sequences: Tensor) -> None:
    output = torch.full_like(sequences[0], 0.5).requires_grad_()
    (gradient,) = torch.autograd.grad(order_free_loss(output, sequences[1]), output)
    assert gradient.isfinite().all()
    assert gradient.abs().max() > 0


def test_in_order_of_turns_only_what_runs_backwards(sequences: Tensor) -> None:
    target = sequences[0]
    output = (target + 0.01).clone()
    output[1] = output[1].flip(0)
    turned = in_order_of(output, target)
    assert torch.equal(turned[0], target[0])
    assert torch.equal(turned[1], target[1].flip(0))


def test_in_order_of_leaves_a_tie_and_passes_no_gradient(sequences: Tensor) -> None:
    still = torch.zeros_like(sequences[0]).requires_grad_()
    chosen = in_order_of(still, sequences[0])
    assert torch.equal(chosen, sequences[0])
    assert not chosen.requires_grad


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="order_free_charbonnier: K must be at least 3, not 1"):
        order_free_charbonnier(torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 4, 4))
    for function in (order_free_loss, order_free_charbonnier, in_order_of):
        with pytest.raises(ValueError, match=f"{function.__name__}: sequences must be .* with K odd, not"):
            function(torch.zeros(1, 6, 4, 4), torch.zeros(1, 6, 4, 4))
        with pytest.raises(ValueError, match=f"{function.__name__}: output and target must have one shape"):
            function(torch.zeros(1, 7, 4, 4), torch.zeros(1, 5, 4, 4))
