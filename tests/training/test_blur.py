from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Generator, Tensor

from tests.tolerances import EIGHT_BITS, JPEG_AGREEMENT, PATH_SPEED, SRGB_ROUND_TRIP
from tests.training.conftest import picture
from training.blur import (
    BlurSettings,
    expose,
    jpeg,
    motion_grid,
    sample_layers,
    shutter,
    smooth_paths,
    soft_masks,
    synthesise,
    to_encoded,
    to_linear,
)

SMALL = BlurSettings(size=32, frames=3, subframes=5, margin=16)
CLEAN = replace(SMALL, noise_share=0, compressed_share=0, saturated_share=0)


def generator(seed: int = 1) -> Generator:
    return Generator().manual_seed(seed)


def crops(count: int, settings: BlurSettings, seed: int = 0) -> Tensor:
    side = settings.canvas
    pictures = [picture(seed + i, side, side) for i in range(count)]
    return torch.stack([torch.from_numpy(p).permute(2, 0, 1) for p in pictures]).float() / 255


def test_srgb_curve_inverts_and_meets_the_standard() -> None:
    ramp = torch.linspace(0, 1, 1001)
    assert (to_encoded(to_linear(ramp)) - ramp).abs().max() < SRGB_ROUND_TRIP
    assert float(to_linear(torch.tensor(0.5))) == pytest.approx(0.21404, abs=1e-5)


def test_paths_are_smooth_and_have_unit_speed() -> None:
    times = torch.arange(40)[:, None] + torch.linspace(-0.5, 0.45, 20)
    paths = smooth_paths(times, 50, generator()).flatten(1)
    speed = paths.diff(dim=1) / 0.05
    assert (speed.square().mean(1).sqrt() - 1).abs().max() < PATH_SPEED
    assert speed.diff(dim=1).abs().max() < 1


def test_a_camera_at_rest_sees_the_middle_of_the_canvas() -> None:
    canvas = crops(2, SMALL)
    grid = motion_grid(shutter(SMALL, canvas, generator()), torch.zeros(2), SMALL, generator())
    seen = torch.nn.functional.grid_sample(canvas, grid, align_corners=False).view(2, 3, 3, 5, 32, 32)
    middle = canvas[:, :, 16:-16, 16:-16]
    assert (seen - middle[:, :, None, None]).abs().max() < SRGB_ROUND_TRIP


def test_masks_are_soft_and_hold_a_blob() -> None:
    masks = soft_masks(20, 64, torch.zeros(()), generator())
    assert masks.shape == (20, 1, 64, 64)
    assert masks.min() >= 0 and masks.max() <= 1
    share = masks.mean((1, 2, 3))
    assert 0.01 < share.mean() < 0.6
    assert ((masks > 0.1) & (masks < 0.9)).any()


def test_a_sample_is_a_function_of_its_seed() -> None:
    canvas = crops(4, SMALL)
    first = synthesise(canvas[:2], canvas[2:], SMALL, generator(3))
    again = synthesise(canvas[:2], canvas[2:], SMALL, generator(3))
    other = synthesise(canvas[:2], canvas[2:], SMALL, generator(4))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])
    assert first[0].shape == first[1].shape == (2, 3, 3, 32, 32)


def test_blurred_frames_are_eight_bit_and_blurred() -> None:
    canvas = crops(4, SMALL)
    settings = replace(CLEAN, sharp_share=0, speed_max=16.0)
    blurred, sharp = synthesise(canvas[:2], canvas[2:], settings, generator())
    steps = blurred * 255
    assert (steps - steps.round()).abs().max() < 1e-3
    assert blurred.diff(dim=-1).abs().mean() < sharp.diff(dim=-1).abs().mean()


def test_a_sharp_sample_is_left_alone() -> None:
    canvas = crops(4, SMALL)
    blurred, sharp = synthesise(canvas[:2], canvas[2:], replace(CLEAN, sharp_share=1), generator())
    assert (blurred - sharp).abs().max() <= EIGHT_BITS


def test_exposure_is_the_mean_in_linear_light() -> None:
    subframes = torch.rand((1, 3, 2, 5, 8, 8), generator=generator()) * 0.5
    blurred, sharp = expose(subframes, CLEAN, generator(7))
    ratio = to_linear(blurred) / subframes.mean(3).transpose(1, 2)
    assert float(ratio.std() / ratio.mean()) < 0.05
    gain = (to_linear(sharp) / subframes[:, :, :, 2].transpose(1, 2)).mean()
    assert float(ratio.mean()) == pytest.approx(float(gain), rel=0.01)


def test_noise_and_saturation_change_what_they_should() -> None:
    subframes = torch.full((16, 3, 1, 5, 16, 16), 0.7)
    noisy, clean = expose(subframes, replace(CLEAN, noise_share=1), generator())
    assert (noisy - clean).std() > 1 / 255
    assert clean.flatten(1).std(dim=1).max() == 0
    saturated, _ = expose(subframes, replace(CLEAN, saturated_share=1), generator())
    assert (saturated == 1).any()


def test_objects_cover_the_background() -> None:
    settings = replace(CLEAN, object_share=1, sharp_share=1)
    black, white = torch.zeros((8, 3, 64, 64)), torch.ones((8, 3, 64, 64))
    scene = sample_layers(black, white, settings, generator())
    assert 0.02 < float(scene.mean()) < 0.8
    assert scene.max() <= 1 and scene.min() >= 0


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
