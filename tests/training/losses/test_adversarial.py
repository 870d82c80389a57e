"""Adversarial losses against equations 2 to 5 of DBLRGAN."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from tests.tolerances import SAME_FORMULA, SAME_IN_FLOAT64
from tests.training.losses.compare import assert_agrees
from training.losses import dblrgan_loss, discriminator_loss, generator_loss, single_frames
from training.losses.adversarial import DBLRGAN_WEIGHT, Form
from training.losses.sharp_sequence import ADVERSARIAL_WEIGHT


def probability(logits: Tensor) -> Tensor:
    """D of one frame: the softmax's second class."""
    return logits[1].exp() / (logits[0].exp() + logits[1].exp())


def expectation(terms: list[Tensor]) -> Tensor:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total / len(terms)


def equation_4(logits: Tensor) -> Tensor:
    return expectation([torch.log(1 - probability(frame)) for frame in logits])


def equation_2(sharp: Tensor, generated: Tensor) -> Tensor:
    return expectation([torch.log(probability(frame)) for frame in sharp]) + equation_4(generated)


def equation_3(output: Tensor, sharp: Tensor) -> Tensor:
    frames, _, height, width = output.shape
    total = output.new_zeros(())
    for n in range(frames):
        for x in range(width):
            for y in range(height):
                total = total + (sharp[n, 0, y, x] - output[n, 0, y, x]) ** 2 / (width * height)
    return total / frames


def test_minimax_is_equation_4() -> None:
    torch.manual_seed(0)
    assert_agrees(generator_loss, equation_4, torch.randn(5, 2))


def test_the_non_saturating_form_is_minus_log_d() -> None:
    torch.manual_seed(0)
    assert_agrees(
        lambda logits: generator_loss(logits, "non-saturating"),
        lambda logits: expectation([-torch.log(probability(frame)) for frame in logits]),
        torch.randn(5, 2),
    )


def test_the_discriminator_climbs_equation_2() -> None:
    torch.manual_seed(0)
    assert_agrees(discriminator_loss, lambda *logits: -equation_2(*logits), torch.randn(4, 2), torch.randn(3, 2))


def test_dblrgan_loss_is_equation_5() -> None:
    torch.manual_seed(0)
    assert (DBLRGAN_WEIGHT, ADVERSARIAL_WEIGHT) == (0.0002, 0.001)
    assert_agrees(
        dblrgan_loss,
        lambda output, sharp, logits: equation_3(output, sharp) + 0.0002 * equation_4(logits),
        *torch.rand(2, 2, 1, 3, 4),
        torch.randn(2, 2),
    )


def test_an_undecided_discriminator_has_the_loss_of_a_coin() -> None:
    undecided = torch.zeros(3, 2, dtype=torch.float64)
    assert discriminator_loss(undecided, undecided).item() == pytest.approx(2 * math.log(2), rel=SAME_IN_FLOAT64)
    assert generator_loss(undecided).item() == pytest.approx(-math.log(2), rel=SAME_IN_FLOAT64)


def gradient(logits: Tensor, form: Form) -> Tensor:
    logits = logits.clone().requires_grad_()
    return torch.autograd.grad(generator_loss(logits, form), logits)[0]


@pytest.mark.parametrize("form", ["minimax", "non-saturating"])
def test_the_generator_wants_to_be_taken_for_sharp(form: Form) -> None:
    slope = gradient(torch.zeros(1, 2), form)[0]
    assert slope[1] < 0 < slope[0]


def test_only_the_minimax_gradient_vanishes_when_the_discriminator_is_sure() -> None:
    sure = torch.tensor([[30.0, -30.0]])
    assert gradient(sure, "minimax").abs().max() < SAME_FORMULA
    assert gradient(sure, "non-saturating").abs().max() == 1


@pytest.mark.parametrize("size", [200.0, -200.0])
def test_losses_are_finite_where_d_rounds_to_0_or_1(size: float) -> None:
    logits = torch.tensor([[size, -size]]).bfloat16().requires_grad_()
    for loss in (generator_loss(logits), generator_loss(logits, "non-saturating"), discriminator_loss(logits, logits)):
        assert loss.isfinite() and loss.dtype == torch.float32
        assert torch.autograd.grad(loss, logits)[0].isfinite().all()


def test_a_sequence_is_judged_frame_by_frame() -> None:
    frames = torch.rand(2, 7, 3, 4)
    apart = single_frames(frames)
    assert apart.shape == (14, 1, 3, 4)
    assert torch.equal(apart[7 + 2, 0], frames[1, 2])


def test_other_shapes_and_forms_are_refused() -> None:
    with pytest.raises(ValueError, match=r"logits must be \(N, 2\), not \(3, 1\)"):
        generator_loss(torch.zeros(3, 1))
    with pytest.raises(ValueError, match="form must be minimax or non-saturating, not hinge"):
        generator_loss(torch.zeros(3, 2), "hinge")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="one shape"):
        dblrgan_loss(torch.zeros(1, 1, 4, 4), torch.zeros(1, 5, 4, 4), torch.zeros(1, 2))
