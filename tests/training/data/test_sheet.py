from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import Generator

from tests.tolerances import DRAWN_SHARE, PREVIEW_STEPS
from training.data.blur import BlurSettings
from training.data.material import Photographs
from training.data.sheet import BORDER, LINE, draw_settings, sheet

SMALL = BlurSettings(size=48, margin=16, frames=3, subframes=5)


@pytest.fixture
def source(photographs: Path) -> Photographs:
    return Photographs(photographs, SMALL.canvas)


def rows(picture: Image.Image) -> list[list[np.ndarray]]:
    """The cells of a sheet."""
    pixels, pitch = np.asarray(picture).astype(int), SMALL.size + BORDER
    tops = range(BORDER + LINE, pixels.shape[0], pitch + LINE)
    return [
        [pixels[top : top + SMALL.size, left : left + SMALL.size] for left in range(BORDER, pixels.shape[1], pitch)]
        for top in tops
    ]


def test_a_row_shows_blurred_sharp_and_difference(source: Photographs) -> None:
    cells = rows(sheet(source, 3, 1, replace(SMALL, sharp_share=0, noise_share=0)))
    assert [len(row) for row in cells] == [3, 3, 3]
    for blurred, sharp, difference in cells:
        assert np.abs(np.diff(blurred, axis=1)).mean() < np.abs(np.diff(sharp, axis=1)).mean()
        expected = (127.5 + 2 * (blurred - sharp)).clip(0, 255)
        assert np.abs(difference - expected).max() <= PREVIEW_STEPS


def test_a_sheet_comes_from_the_seed(source: Photographs) -> None:
    first, again, other = (sheet(source, 2, seed, SMALL).tobytes() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_captions_follow_the_shares_and_are_forced(source: Photographs) -> None:
    generator = Generator().manual_seed(1)
    drawn = [draw_settings(SMALL, generator) for _ in range(400)]
    for name, share in (("sharp", 0.2), ("object", 0.4), ("saturated", 0.3), ("noise", 0.6), ("JPEG", 0.2)):
        assert abs(sum(name in has for _, has in drawn) / 400 - share) < DRAWN_SHARE
    for forced, has in drawn:
        assert forced.noise_share == ("noise" in has)
        assert forced.sharp_share == ("sharp" in has)
        assert forced.exposure_min == forced.exposure_max
        assert any(text.startswith("exposed") for text in has) != ("sharp" in has)
