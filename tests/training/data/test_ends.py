from __future__ import annotations

import pytest
import torch
from torch import Generator

from training.data.ends import with_ends


def numbered(count: int, frames: int) -> torch.Tensor:
    return torch.arange(frames).float().expand(count, frames)[..., None, None, None]


def test_ends_are_mirrored_and_the_rest_is_left() -> None:
    clips = numbered(400, 7)
    blurred, sharp = with_ends(clips, clips, (2, 2), 0.5, Generator().manual_seed(1))
    assert torch.equal(blurred, sharp)
    orders = [tuple(row) for row in blurred.flatten(1).int().tolist()]
    shares = {order: orders.count(order) / 400 for order in set(orders)}
    assert set(shares) == {(4, 3, 2, 3, 4, 5, 6), (0, 1, 2, 3, 4, 3, 2), tuple(range(7))}
    assert shares[tuple(range(7))] == pytest.approx(0.5, abs=0.1)


def test_nothing_is_drawn_without_a_share_or_neighbours() -> None:
    clips, generator = numbered(4, 5), Generator().manual_seed(1)
    state = generator.get_state()
    assert with_ends(clips, clips, (2, 2), 0, generator)[0] is clips
    assert with_ends(clips, clips, (0, 0), 1, generator)[0] is clips
    assert torch.equal(generator.get_state(), state)


def test_a_clip_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="needs 5 frames, not 4"):
        with_ends(numbered(1, 4), numbered(1, 4), (2, 2), 1, Generator())
