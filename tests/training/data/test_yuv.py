from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.tolerances import YUV_SHIFT
from tests.training.conftest import picture
from training.data.yuv import to_rgb, to_yuv420

# Rounding of luma and chroma to 8 bits of limited range, as it comes back in RGB, in 1/255: half a step of 255/219 of
# luma, and half a step of 255/224 of chroma times 1.8556.
ROUNDING = 0.5 * 255 / 219 + 0.5 * 255 / 224 * 1.8556


def photograph(height: int = 64, width: int = 96) -> Tensor:
    return torch.from_numpy(picture(3, height, width)).permute(2, 0, 1)[None] / 255


@pytest.mark.parametrize(
    ("colour", "planes"),
    [
        ((0, 0, 0), (16, 128, 128)),
        ((1, 1, 1), (235, 128, 128)),
        ((1, 0, 0), (63, 102, 240)),
        ((0, 1, 0), (173, 42, 26)),
        ((0, 0, 1), (32, 240, 118)),
    ],
)
def test_colours_are_those_of_bt709(colour: tuple[int, ...], planes: tuple[int, ...]) -> None:
    plain = torch.tensor(colour).float()[None, :, None, None].expand(1, 3, 4, 6)
    luma, chroma = to_yuv420(plain)
    assert luma.shape == (1, 4, 6) and chroma.shape == (1, 2, 2, 3)
    assert (luma == planes[0]).all()
    assert (chroma[0, 0] == planes[1]).all() and (chroma[0, 1] == planes[2]).all()
    assert (to_rgb(luma, chroma) - plain).abs().max() * 255 <= ROUNDING


def test_greys_come_back() -> None:
    greys = (torch.arange(256) / 255).view(256, 1, 1, 1).expand(256, 3, 2, 2)
    error = (to_rgb(*to_yuv420(greys)) - greys) * 255
    assert error.abs().max() <= 0.5 * 255 / 219
    assert error.mean().abs() < YUV_SHIFT


def test_a_photograph_becomes_neither_darker_nor_lighter() -> None:
    before = photograph()
    shift = (to_rgb(*to_yuv420(before)) - before).mean((0, 2, 3)) * 255
    assert shift.abs().max() < YUV_SHIFT


def test_chroma_lies_where_it_is_taken_from() -> None:
    """A colour that changes evenly comes back, but for rounding: chroma that were shifted would shift it."""
    across, down = torch.linspace(0.2, 0.8, 64), torch.linspace(0.3, 0.7, 48)[:, None]
    ramp = torch.stack([across + 0 * down, 0 * across + down, 1 - across + 0 * down])[None]
    error = (to_rgb(*to_yuv420(ramp)) - ramp)[..., 2:-2, 2:-2] * 255
    assert error.abs().max() <= ROUNDING
    assert error.mean((2, 3)).abs().max() < YUV_SHIFT


def test_luma_keeps_what_chroma_loses() -> None:
    before = photograph()
    again = to_yuv420(to_rgb(*to_yuv420(before)))[0].int()
    assert (again - to_yuv420(before)[0].int()).abs().float().mean() < 1


@pytest.mark.parametrize("shape", [(3, 4), (4, 3)])
def test_odd_sides_are_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="4:2:0 chroma needs even sides, not "):
        to_yuv420(torch.zeros(1, 3, *shape))
