from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from tests.tolerances import JPEG_AGREEMENT
from tests.training.conftest import picture
from training.data.jpeg import jpeg


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
