from __future__ import annotations

import numpy as np
import torch

from training.data.eight_bits import to_frames, to_pixels


def test_every_level_comes_back_in_its_place() -> None:
    frame = np.arange(256 * 3, dtype=np.uint16).astype(np.uint8).reshape(16, 16, 3)
    pixels = to_pixels(frame)
    assert pixels.shape == (3, 16, 16) and pixels.dtype == torch.float32
    assert pixels[1, 0, 0] * 255 == frame[0, 0, 1]
    back = to_frames(torch.stack([pixels, 1 - pixels]))
    assert np.array_equal(back[0], frame) and np.array_equal(back[1], 255 - frame)


def test_values_are_rounded_to_the_nearest() -> None:
    (frame,) = to_frames(torch.full((1, 3, 2, 2), 10.6 / 255))
    assert (frame == 11).all()
