from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from tests.tolerances import JPEG_AGREEMENT
from tests.training.conftest import picture
from training.data.compression import h264, jpeg
from vsdeblur.measures.metrics import psnr


@pytest.mark.parametrize("quality", [50, 75, 92])
def test_jpeg_agrees_with_libjpeg(quality: int) -> None:
    original = picture(5, 64, 96)
    buffer = io.BytesIO()
    Image.fromarray(original).save(buffer, "JPEG", quality=quality, subsampling=2)
    expected = np.asarray(Image.open(buffer).convert("RGB")) / 255
    pixels = torch.from_numpy(original).permute(2, 0, 1)[None].float() / 255
    result = jpeg(pixels, torch.tensor([float(quality)]))[0].permute(1, 2, 0).numpy()
    error = -10 * np.log10(np.mean((result - expected) ** 2))
    loss = -10 * np.log10(np.mean((original / 255 - expected) ** 2))
    assert error > JPEG_AGREEMENT
    assert error > loss


def moving(count: int) -> list[np.ndarray]:
    large = picture(3, 96, 128)
    return [large[n : n + 64, n : n + 96].copy() for n in range(count)]


def test_h264_leaves_less_at_a_higher_factor() -> None:
    frames = moving(6)
    results = {crf: list(h264(frames, crf)) for crf in (12, 30)}
    fine, coarse = ([psnr(a, b) for a, b in zip(results[crf], frames, strict=True)] for crf in (12, 30))
    assert len(fine) == len(coarse) == 6
    assert min(fine) > max(coarse)
    for number, frame in enumerate(results[30]):
        assert int(np.argmax([psnr(frame, other) for other in frames])) == number
    assert all(np.array_equal(a, b) for a, b in zip(results[30], h264(frames, 30), strict=True))


def test_h264_refuses_odd_sides() -> None:
    with pytest.raises(ValueError, match="needs even sides, not 95x64"):
        list(h264([frame[:, :95] for frame in moving(2)], 20))
