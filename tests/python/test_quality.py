"""The shipped weights on pictures that training did not see, blurred by this file's own formula."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from skimage import data

from tests.tolerances import SHARP_CONTROL, SHIPPED_GAIN
from training.evaluation.methods import middle_instants
from vsdeblur import Deblurrer
from vsdeblur.measures.metrics import psnr

Frame = npt.NDArray[np.uint8]
SIZE = 192
LENGTH = 8
STEPS = 13


def picture(name: str) -> npt.NDArray[np.float64]:
    """A photograph of scikit-image in linear light (by a power of 2.2)."""
    return np.asarray((getattr(data, name)() / 255.0) ** 2.2)


def views(photograph: npt.NDArray[np.float64], times: Iterator[float]) -> Iterator[npt.NDArray[np.float64]]:
    """What a camera on an elliptic path sees at each time, in frames: about 7 pixels a frame, by whole pixels."""
    for time in times:
        y = photograph.shape[0] // 2 - SIZE // 2 + round(12 * np.sin(0.5 * time))
        x = photograph.shape[1] // 2 - SIZE // 2 + round(16 * np.cos(0.5 * time))
        yield photograph[y : y + SIZE, x : x + SIZE]


def encode(linear: npt.NDArray[np.float64]) -> Frame:
    return np.asarray((linear ** (1 / 2.2) * 255).round(), np.uint8)


def clip(name: str) -> tuple[list[Frame], list[Frame]]:
    """Blurred and sharp frames."""
    photograph = picture(name)
    exposure = np.linspace(-0.5, 0.5, STEPS)
    blurred = [encode(np.mean(list(views(photograph, iter(n + exposure))), axis=0)) for n in range(LENGTH)]
    sharp = [encode(view) for view in views(photograph, iter(np.arange(LENGTH, dtype=float)))]
    return blurred, sharp


def mean_psnr(outputs: list[Frame], references: list[Frame]) -> float:
    return float(np.mean([psnr(o, r) for o, r in zip(outputs, references, strict=True)]))


CASES = [
    *[("DTB", picture) for picture in ("coffee", "astronaut", "rocket")],
    *[(network, "astronaut") for network in ("RUNet", "RVD", "DBLRNet", "DBLRGAN", "SharpSequence")],
]


@pytest.mark.parametrize(("network", "photograph"), CASES)
def test_shipped_weights_sharpen_what_is_blurred_and_leave_the_sharp_alone(network: str, photograph: str) -> None:
    blurred, sharp = clip(photograph)
    deblurrer = Deblurrer(network)

    def deblurred(frames: list[Frame]) -> list[Frame]:
        return list(middle_instants(deblurrer, frames))

    assert mean_psnr(deblurred(blurred), sharp) > mean_psnr(blurred, sharp) + SHIPPED_GAIN[network]
    assert mean_psnr(deblurred(sharp), sharp) > SHARP_CONTROL
