from __future__ import annotations

import torch
from torch import Generator

from tests.tolerances import SAME_FORMULA
from training.data.sharpening import sharpened


def test_detail_grows_with_the_amount_and_plain_areas_stay() -> None:
    line = torch.linspace(0.4, 0.6, 16).expand(2, 3, 3, 16, 16).clone()
    line[..., 8:] += 0.1
    amounts = torch.tensor([0.3, 0.9])
    change = (sharpened(line, amounts) - line).flatten(1).abs().amax(1)
    assert 0 < change[0] < change[1]
    plain = torch.rand((4, 2, 3, 1, 1), generator=Generator().manual_seed(1)).expand(-1, -1, -1, 8, 8)
    assert (sharpened(plain, torch.ones(4)) - plain).abs().max() < SAME_FORMULA


def test_an_amount_of_nothing_leaves_a_clip_alone() -> None:
    clips = torch.rand((3, 2, 5, 3, 8, 8), generator=Generator().manual_seed(1))  # with instants
    result = sharpened(clips, torch.tensor([0.0, 0.5, 0.0]))
    assert torch.equal(result[::2], clips[::2]) and not torch.equal(result[1], clips[1])
    assert sharpened(clips, torch.zeros(3)) is clips
