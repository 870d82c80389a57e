"""SharpSequence's whole loss against equation 11."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import Tensor

from tests.tolerances import SAME_IN_FLOAT64
from training.losses import (
    contiguous_blurry_loss,
    generator_loss,
    in_order_of,
    mse,
    order_free_loss,
    sharp_sequence_loss,
)
from training.losses.sharp_sequence import ADVERSARIAL_WEIGHT, CONTIGUOUS_WEIGHT


@pytest.fixture
def given() -> tuple[Tensor, Tensor, Tensor]:
    """Output, sharp sequence and logits, in float64."""
    generator = torch.Generator().manual_seed(0)
    output, sharp = torch.rand(2, 2, 7, 5, 6, dtype=torch.float64, generator=generator)
    return output, sharp, torch.randn(14, 2, dtype=torch.float64, generator=generator)


def test_weights_are_the_papers() -> None:
    assert (ADVERSARIAL_WEIGHT, CONTIGUOUS_WEIGHT) == (0.001, 0.1)


def test_the_loss_as_printed_is_equation_11(given: tuple[Tensor, Tensor, Tensor]) -> None:
    output, sharp, logits = given
    expected = (
        mse(output, sharp) + 0.001 * generator_loss(logits, "minimax") + 0.1 * contiguous_blurry_loss(output, sharp)
    )
    loss = sharp_sequence_loss(output, sharp, logits, order="given", place="distance")
    torch.testing.assert_close(loss, expected, rtol=SAME_IN_FLOAT64, atol=0)


def test_the_defaults_are_free_of_order(given: tuple[Tensor, Tensor, Tensor]) -> None:
    output, sharp, logits = given
    directed = in_order_of(output, sharp)
    expected = (
        order_free_loss(output, sharp)
        + 0.001 * generator_loss(logits)
        + 0.1 * contiguous_blurry_loss(output, directed, place="closeness")
    )
    for target in (sharp, sharp.flip(1)):
        loss = sharp_sequence_loss(output, target, logits)
        torch.testing.assert_close(loss, expected, rtol=SAME_IN_FLOAT64, atol=0)


def test_a_sequence_may_run_backwards_as_a_whole(given: tuple[Tensor, Tensor, Tensor]) -> None:
    output, sharp, _ = given
    loss = partial(sharp_sequence_loss, logits=None, beta=0, order="sequence")
    assert loss(sharp, sharp.flip(1)) == 0
    exchanged = sharp.clone()
    exchanged[:, [0, 6]] = sharp[:, [6, 0]]
    assert loss(sharp, exchanged) > 0
    assert loss(output, sharp) == loss(output, sharp.flip(1)) == mse(output, in_order_of(output, sharp))


def test_without_weights_the_content_loss_is_left(given: tuple[Tensor, Tensor, Tensor]) -> None:
    output, sharp, logits = given
    assert sharp_sequence_loss(output, sharp, None, beta=0, order="given") == mse(output, sharp)
    assert sharp_sequence_loss(output, sharp, logits, alpha=0, beta=0) == order_free_loss(output, sharp)


def test_the_gradient_reaches_every_frame(given: tuple[Tensor, Tensor, Tensor]) -> None:
    output, sharp, _ = given
    output.requires_grad_()
    (gradient,) = torch.autograd.grad(sharp_sequence_loss(output, sharp, None, step=2), output)
    assert gradient.isfinite().all()
    assert (gradient.abs().amax((2, 3)) > 0).all()


def test_other_names_are_refused(given: tuple[Tensor, Tensor, Tensor]) -> None:
    with pytest.raises(ValueError, match="sharp_sequence_loss: order must be pairs, sequence or given, not reverse"):
        sharp_sequence_loss(*given, order="reverse")  # type: ignore[arg-type]
