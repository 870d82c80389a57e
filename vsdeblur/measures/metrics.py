"""Measures of a deblurred clip against its sharp one.

Frames are (H, W, 3) uint8 RGB; nothing is aligned or cropped. PSNR is in dB with a peak of 255; SSIM is that of Wang
et al. 2004 (Gaussian window of sigma 1.5), computed by scikit-image. Y is BT.601 luma of full-range RGB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

Frame = npt.NDArray[np.uint8]
# A frame that equals its reference has infinite PSNR; means stay finite with this value, above what 8 bits can show.
PSNR_CEILING = 100.0


@dataclass(frozen=True)
class Score:
    """Means over all frames of a clip: PSNR in dB, SSIM 0..1."""

    psnr: float
    ssim: float
    psnr_y: float
    ssim_y: float

    def as_dict(self) -> dict[str, float]:
        """The values by name."""
        return asdict(self)


def luma(frame: Frame) -> npt.NDArray[np.float64]:
    """(H, W, 3) uint8 RGB -> (H, W) luma, 0..255, not rounded."""
    return np.asarray(frame @ np.array([0.299, 0.587, 0.114]), dtype=np.float64)


def psnr(output: npt.NDArray[np.generic], reference: npt.NDArray[np.generic]) -> float:
    """PSNR in dB of two arrays of one shape, peak 255, at most PSNR_CEILING."""
    if np.array_equal(output, reference):
        return PSNR_CEILING
    value = peak_signal_noise_ratio(reference, output, data_range=255)  # type: ignore[no-untyped-call]
    return min(PSNR_CEILING, float(value))


def ssim(output: npt.NDArray[np.generic], reference: npt.NDArray[np.generic]) -> float:
    """SSIM of two pictures, (H, W) or (H, W, 3), 0..255."""
    axis = 2 if output.ndim == 3 else None
    return float(
        structural_similarity(  # type: ignore[no-untyped-call]
            reference,
            output,
            data_range=255,
            channel_axis=axis,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
    )


def score(outputs: Sequence[Frame], references: Sequence[Frame]) -> Score:
    """Scores a clip; both sequences have the same length, at least 1."""
    rows = [
        (psnr(o, r), ssim(o, r), psnr(luma(o), luma(r)), ssim(luma(o), luma(r)))
        for o, r in zip(outputs, references, strict=True)
    ]
    return Score(*(float(value) for value in np.mean(rows, axis=0)))
