from __future__ import annotations

import math

import numpy as np
import pytest

from vsdeblur.measures.blur import blur_of


@pytest.fixture
def picture() -> np.ndarray:
    """Blocks of random brightness: edges in both directions."""
    blocks = np.random.default_rng(3).random((12, 16)).astype(np.float32)
    return np.kron(blocks, np.ones((16, 16), np.float32))


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_it_rises_with_the_length_of_the_blur(picture: np.ndarray, axis: int, noise: float) -> None:
    grain = np.random.default_rng(4).normal(0, noise, picture.shape).astype(np.float32)
    values = []
    for length in (1, 3, 7, 13):
        mean = np.mean([np.roll(picture, shift, axis) for shift in range(length)], axis=0, dtype=np.float32)
        values.append(blur_of(mean + grain))
    assert values == sorted(values)
    assert 0 <= values[0] < values[-1] - 0.1 <= 0.9


def test_brightness_and_contrast_do_not_count(picture: np.ndarray) -> None:
    assert blur_of(picture * 0.25 + 0.5) == pytest.approx(blur_of(picture), abs=1e-4)


def test_a_flat_frame_has_none() -> None:
    assert math.isnan(blur_of(np.full((32, 48), 0.7, np.float32)))
