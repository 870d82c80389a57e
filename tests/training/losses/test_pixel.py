"""Mean squared error against DTB's equation 4 and the papers' content loss."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from tests.tolerances import SAME_GRADIENT
from tests.training.losses.compare import assert_agrees
from training.losses import DTB_WEIGHT_DECAY, centred_charbonnier, charbonnier, decibels, mse
from training.losses.pixel import CENTRE


def dtb_data_term(latent: Tensor, sharp: Tensor) -> Tensor:
    """Equation 4 of DTB without its weights' term: (F, 3, H, W), the sum over frames and colours of every pixel."""
    frames, colours, height, width = latent.shape
    total = latent.new_zeros(())
    for n in range(frames):
        for c in range(colours):
            for y in range(height):
                for x in range(width):
                    total = total + (sharp[n, c, y, x] - latent[n, c, y, x]) ** 2
    return total / (height * width)


def test_mse_is_equation_4_of_dtb_by_frame_and_colour() -> None:
    torch.manual_seed(0)
    assert_agrees(mse, lambda *clips: dtb_data_term(*clips) / (2 * 3), *torch.rand(2, 2, 3, 4, 5))


def test_mse_is_zero_at_equality_and_symmetric() -> None:
    a, b = torch.rand(2, 1, 3, 4, 5)
    assert mse(a, a) == 0
    assert mse(a, b) == mse(b, a) > 0


@pytest.mark.parametrize("loss", [mse, decibels])
def test_shapes_that_differ_are_refused(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    message = rf"{loss.__name__}: output and target must have one shape, not \(1, 3, 2, 2\) and \(1, 1, 2, 2\)"
    with pytest.raises(ValueError, match=message):
        loss(torch.zeros(1, 3, 2, 2), torch.zeros(1, 1, 2, 2))


def test_decibels_is_the_mean_over_frames_of_each_ones_own() -> None:
    torch.manual_seed(0)

    def by_frame(output: Tensor, target: Tensor) -> Tensor:
        pairs = zip(output.flatten(0, 1), target.flatten(0, 1), strict=True)
        squares = [(one - other).square().mean() for one, other in pairs]
        return 0.01 * torch.stack([(square + 1e-5).log() for square in squares]).mean()

    assert_agrees(decibels, by_frame, *torch.rand(2, 2, 4, 3, 5, 6))


def test_decibels_falls_by_a_decibels_share_with_each_decibel() -> None:
    """For a frame far above 1e-5: 10 dB are a factor of ten in the squared error, and ln 10 / 100 here."""
    target = torch.zeros(1, 1, 3, 8, 8, dtype=torch.float64)
    blurred, better = (decibels(target + error, target) for error in (1.0, 10**-0.5))
    assert float(blurred - better) == pytest.approx(math.log(10) / 100, rel=1e-3)


def test_weight_decay_is_the_weights_term_of_equation_4() -> None:
    """One step of plain descent with the decay that the module's text gives follows the gradient of equation 4."""
    torch.manual_seed(0)
    frames, weight_term = 2, 1e-5
    given, sharp = torch.rand(2, frames, 3, 4, 5, dtype=torch.float64)
    stepped, written = (torch.full((), 0.7, dtype=torch.float64, requires_grad=True) for _ in range(2))
    per_mse = 3 * frames
    torch.autograd.backward([mse(stepped * given, sharp)])
    torch.optim.SGD([stepped], lr=1.0, weight_decay=2 * weight_term / per_mse).step()
    energy = dtb_data_term(written * given, sharp) + weight_term * written**2
    (slope,) = torch.autograd.grad(energy, written)
    assert weight_term == DTB_WEIGHT_DECAY
    expected = written.detach() - slope / per_mse
    torch.testing.assert_close(stepped.detach(), expected, rtol=SAME_GRADIENT, atol=0)


def test_centred_charbonnier_is_that_of_each_frame_on_its_scale() -> None:
    torch.manual_seed(0)

    def by_frame(output: Tensor, target: Tensor) -> Tensor:
        scales = [(5 - CENTRE) / 4] * 2 + [CENTRE] + [(5 - CENTRE) / 4] * 2
        assert sum(scales) == pytest.approx(5)
        errors = [scale * (output[:, k] - target[:, k]) for k, scale in enumerate(scales)]
        return torch.stack([charbonnier(error, torch.zeros_like(error)) for error in errors]).mean()

    assert_agrees(centred_charbonnier, by_frame, *torch.rand(2, 2, 5, 4, 6))


@pytest.mark.parametrize("frames", [1, 2, 4])
def test_a_run_without_a_middle_frame_among_others_is_refused(frames: int) -> None:
    clip = torch.zeros(1, frames, 4, 4)
    with pytest.raises(ValueError, match=f"frames must be odd and at least 3, not {frames}"):
        centred_charbonnier(clip, clip)
