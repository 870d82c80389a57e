from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from tests.tolerances import ENCODED_PSNR
from tests.training.conftest import picture
from training.data.encoder import ENCODERS, encoded, round_trip


def clips(count: int, frames: int = 4, height: int = 64, width: int = 48) -> Tensor:
    """(count, frames, 3, height, width): different pictures that move by a pixel a frame."""
    large = [torch.from_numpy(picture(n, 96, 128)).permute(2, 0, 1) / 255 for n in range(count)]
    return torch.stack([torch.stack([p[:, f : f + height, f : f + width] for f in range(frames)]) for p in large])


def quality(one: Tensor, other: Tensor) -> Tensor:
    return -10 * (one - other).square().mean((1, 2, 3, 4)).log10()


@pytest.mark.parametrize("count", [1, 3])
def test_every_clip_comes_back_in_its_place(count: int) -> None:
    before = clips(count)
    for seed in range(3):
        after = encoded(before, Generator().manual_seed(seed))
        assert after.shape == before.shape
        low, high = ENCODED_PSNR
        assert (quality(after, before) > low).all() and (quality(after, before) < high).all()
        steps = after * 255
        assert (steps - steps.round()).abs().max() < 1e-3
        for n in range(count):  # every frame is most like its own
            errors = [[float((a - b).square().mean()) for b in before[n]] for a in after[n]]
            assert [int(np.argmin(row)) for row in errors] == list(range(4))


def test_it_is_a_function_of_the_seed() -> None:
    before = clips(2)
    first, again, other = (encoded(before, Generator().manual_seed(seed)) for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize(("codec", "form"), [encoder[:2] for encoder in ENCODERS])
def test_a_higher_factor_leaves_less(codec: str, form: str) -> None:
    frames = (clips(1)[0].permute(0, 2, 3, 1) * 255).to(torch.uint8).contiguous().numpy()
    errors = [
        float(np.square(round_trip(frames, codec, form, crf).astype(float) - frames).mean()) for crf in (14, 24, 36)
    ]
    assert 0 < errors[0] < errors[1] < errors[2]


def test_a_failure_is_told_in_its_own_words() -> None:
    with pytest.raises(RuntimeError, match="FFmpeg failed: .*nothing"):
        round_trip(np.zeros((1, 32, 32, 3), np.uint8), "nothing", "h264", 20)
