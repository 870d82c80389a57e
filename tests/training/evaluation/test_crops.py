from __future__ import annotations

import numpy as np

from training.evaluation.crops import DETAIL, ZOOM, side_by_side


def test_the_detail_is_where_the_texture_is() -> None:
    reference = np.zeros((300, 400, 3), np.uint8)
    reference[150:290, 200:390, :] = np.random.default_rng(1).integers(0, 256, (140, 190, 1), dtype=np.uint8)
    picture = np.asarray(side_by_side([reference], reference))
    assert picture.shape == (DETAIL * ZOOM, DETAIL * ZOOM, 3)
    assert (picture > 0).mean() > 0.9


def test_frames_stand_in_their_order() -> None:
    frames = [np.full((20, 30, 3), value, np.uint8) for value in (10, 20, 30)]
    picture = np.asarray(side_by_side(frames, frames[0]))
    assert picture.shape == (20 * ZOOM, 3 * 20 * ZOOM, 3)
    assert picture[0, :: 20 * ZOOM, 0].tolist() == [10, 20, 30]
