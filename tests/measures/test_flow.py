from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from tests.tolerances import FLOW_OF_SHIFT
from tests.training.conftest import picture
from vsdeblur.measures.flow import MAX_PIXELS, flows, pairs_of_one_shot, tof

Frame = npt.NDArray[np.uint8]
DOWN, RIGHT = 2, 1


def shifting(count: int, down: int, right: int, size: int = 64) -> list[Frame]:
    """Frames whose content moves by whole pixels a frame."""
    margin = max(down, right) * count
    whole = picture(1, size + margin, size + margin)
    starts = [((count - n) * down, (count - n) * right) for n in range(count)]
    return [whole[top : top + size, left : left + size] for top, left in starts]


def test_flow_is_the_motion_from_one_frame_to_the_next() -> None:
    (flow,) = flows(shifting(2, DOWN, RIGHT), [0])
    assert flow.shape == (2, 64, 64)
    inner = flow[:, 8:-8, 8:-8].mean((1, 2))
    assert inner == pytest.approx([DOWN, RIGHT], abs=FLOW_OF_SHIFT)


def test_large_frames_are_scaled_down_and_motion_stays_in_their_pixels() -> None:
    size = 300
    assert MAX_PIXELS < size * size <= 4 * MAX_PIXELS
    (flow,) = flows(shifting(2, 4, 2, size), [0])
    assert flow.shape == (2, size // 2, size // 2)
    assert flow[:, 8:-8, 8:-8].mean((1, 2)) == pytest.approx([4, 2], abs=2 * FLOW_OF_SHIFT)


def test_tof_is_the_length_of_the_difference() -> None:
    moving = shifting(3, DOWN, RIGHT)
    pairs = pairs_of_one_shot(moving)
    assert pairs == [0, 1]
    references, still = flows(moving, pairs), flows([moving[0]] * 3, pairs)
    assert tof(references, references) == 0
    inner = [flow[:, 8:-8, 8:-8] for flow in references], [flow[:, 8:-8, 8:-8] for flow in still]
    assert tof(*inner) == pytest.approx(np.hypot(DOWN, RIGHT), abs=FLOW_OF_SHIFT)


def test_no_motion_is_sought_across_a_cut() -> None:
    dark, bright = np.full((32, 32, 3), 20, np.uint8), np.full((32, 32, 3), 200, np.uint8)
    assert pairs_of_one_shot([dark, dark, bright, bright]) == [0, 2]
    assert flows([dark, bright], []) == []


def test_a_clip_without_motion_to_compare_has_no_tof() -> None:
    assert pairs_of_one_shot(shifting(1, DOWN, RIGHT)) == []
    assert tof([], []) is None
