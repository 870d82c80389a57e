from __future__ import annotations

import numpy as np
import pytest

from vsdeblur.measures.metrics import PSNR_CEILING, luma, psnr, score, ssim


def frame(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (32, 40, 3), dtype=np.uint8)


def test_psnr_is_its_formula() -> None:
    a, b = frame(1), frame(2)
    error = np.mean((a.astype(float) - b.astype(float)) ** 2)
    assert psnr(a, b) == pytest.approx(10 * np.log10(255**2 / error))
    assert psnr(a, a) == PSNR_CEILING


def test_ssim_is_one_for_equal_pictures_and_less_for_others() -> None:
    a = frame(1)
    assert ssim(a, a) == pytest.approx(1)
    assert ssim(a, frame(2)) < 0.2
    assert ssim(luma(a), luma(a)) == pytest.approx(1)


def test_luma_weighs_to_one() -> None:
    white = np.full((2, 2, 3), 255, np.uint8)
    assert np.allclose(luma(white), 255)


def test_a_score_is_the_mean_over_frames() -> None:
    references, outputs = [frame(1), frame(2)], [frame(3), frame(2)]
    result = score(outputs, references)
    assert result.psnr == pytest.approx((psnr(outputs[0], references[0]) + PSNR_CEILING) / 2)
    assert set(result.as_dict()) == {"psnr", "ssim", "psnr_y", "ssim_y"}
