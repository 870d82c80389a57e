from __future__ import annotations

import pytest
import torch
from torch import Tensor

from training.losses import decibels
from training.losses.lag import LAG_WEIGHT, decibels_and_lag, lag


@pytest.fixture
def moving() -> Tensor:
    """(1, 4, 3, 32, 32): texture that moves by a pixel a frame."""
    torch.manual_seed(0)
    wide = torch.rand(1, 3, 32, 40)
    return torch.stack([wide[..., n : n + 32] for n in range(4)], 1)


@pytest.fixture
def late(moving: Tensor) -> Tensor:
    """The same a frame late, but for its first."""
    return torch.cat([moving[:, :1], moving[:, :-1]], 1)


def test_the_frame_before_in_place_of_a_frame_is_all_lag(moving: Tensor, late: Tensor) -> None:
    errors = (late - moving).square().mean((2, 3, 4))
    assert torch.allclose(lag(late, moving), errors, rtol=1e-3)


def test_a_share_of_the_frame_before_lags_by_its_square(moving: Tensor, late: Tensor) -> None:
    whole, quarter = (lag(torch.lerp(moving, late, share), moving)[:, 1:] for share in (1.0, 0.25))
    assert torch.allclose(quarter, whole / 16, rtol=1e-3)


def test_noise_and_what_runs_ahead_do_not_lag(moving: Tensor) -> None:
    noisy = moving + 0.1 * torch.randn(moving.shape)
    assert lag(noisy, moving).max() < 0.1**2 / 50
    slope = (torch.arange(40) / 40).unfold(0, 32, 1)[:4, None, None].expand(4, 3, 32, 32)[None]
    assert lag(slope + 0.02, slope).max() == 0
    assert lag(slope - 0.02, slope).max() > 0.02**2 / 2


def test_where_nothing_moves_it_is_decibels() -> None:
    torch.manual_seed(0)
    target = torch.rand(2, 1, 3, 16, 16).expand(2, 5, 3, 16, 16)
    output = target + 0.05 * torch.randn(target.shape)
    assert torch.equal(lag(output, target), torch.zeros(2, 5))
    assert torch.allclose(decibels_and_lag(output, target), decibels(output, target))


def test_lag_counts_by_its_weight(moving: Tensor) -> None:
    """Errors of one size: on the way back, which costs by the weight, and away from it."""
    back = torch.zeros_like(moving)
    back[:, 1:] = -0.3 * moving.diff(dim=1)
    late, early = (decibels_and_lag(moving + sign * back, moving) for sign in (1, -1))
    assert late - early == pytest.approx(0.01 * 0.75 * torch.tensor(1 + LAG_WEIGHT).log().item(), rel=0.01)


def test_other_shapes_are_refused(moving: Tensor) -> None:
    with pytest.raises(ValueError, match="lag: output and target must have one shape"):
        lag(moving[:, :2], moving)
