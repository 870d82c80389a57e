from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from tests.tolerances import ENCODED_PSNR, YUV_SHIFT
from tests.training.conftest import picture
from training.data.eight_bits import to_frames
from training.data.encoder import ENCODERS, encoded, h264, round_trip
from vsdeblur.measures.metrics import psnr


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
        assert after.min() >= 0 and after.max() <= 1
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
    frames = clips(1)[0]
    errors = [float((round_trip(frames, codec, form, crf) - frames).square().mean()) for crf in (14, 24, 36)]
    assert 0 < errors[0] < errors[1] < errors[2]


@pytest.mark.parametrize(("codec", "form"), [encoder[:2] for encoder in ENCODERS])
def test_pictures_become_neither_darker_nor_lighter(codec: str, form: str) -> None:
    frames = clips(1)[0]
    frames = frames.lerp(frames.mean(1, keepdim=True), 0.7)  # no colour that 4:2:0 takes out of range
    shift = (round_trip(frames, codec, form, 1) - frames).mean((0, 2, 3))
    assert shift.abs().max() * 255 < YUV_SHIFT
    pictures = to_frames(frames)
    shift = np.mean([a.astype(float) - b for a, b in zip(h264(pictures, 1), pictures, strict=True)], (0, 1, 2))
    assert np.abs(shift).max() < YUV_SHIFT


def test_a_failure_is_told_in_its_own_words() -> None:
    with pytest.raises(RuntimeError, match="FFmpeg failed: .*nothing"):
        round_trip(torch.zeros(1, 3, 32, 32), "nothing", "h264", 20)


def moving(count: int) -> list[np.ndarray]:
    return to_frames(clips(1, count, 64, 96)[0])


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


def test_h264_of_nothing_is_nothing() -> None:
    assert list(h264([], 20)) == []
