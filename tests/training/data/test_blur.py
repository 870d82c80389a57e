from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Generator, Tensor

from tests.tolerances import EIGHT_BITS, PATH_SPEED, SRGB_ROUND_TRIP, STRAIGHT
from tests.training.conftest import picture
from training.data.blur import (
    FADE,
    LEAST_CONTRAST,
    BlurSettings,
    defocus,
    deformed,
    expose,
    faint,
    motion_grid,
    nearer,
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
    paths = smooth_paths(times.expand(2, -1, -1), 25, generator()).view(50, -1)
    speed = paths.diff(dim=1) / 0.05
    assert (speed.square().mean(1).sqrt() - 1).abs().max() < PATH_SPEED
    assert speed.diff(dim=1).abs().max() < 1


def test_a_camera_at_rest_sees_the_middle_of_the_canvas() -> None:
    canvas = crops(2, SMALL)
    grid = motion_grid(shutter(2, SMALL, canvas, generator()), torch.zeros(2), SMALL, generator())
    seen = torch.nn.functional.grid_sample(canvas, grid, align_corners=False).view(2, 3, 3, 5, 32, 32)
    middle = canvas[:, :, 16:-16, 16:-16]
    assert (seen - middle[:, :, None, None]).abs().max() < SRGB_ROUND_TRIP


def test_defocus_is_alike_in_all_directions_and_keeps_the_mean() -> None:
    layers = torch.rand((6, 3, 40, 40), generator=generator())
    settings = replace(CLEAN, soft_share=1)
    soft = defocus(layers, settings, generator(5))
    turned = defocus(layers.mT, settings, generator(5))
    assert (turned.mT - soft).abs().max() < STRAIGHT
    assert (soft.diff(dim=-1).abs().mean((1, 2, 3)) < layers.diff(dim=-1).abs().mean((1, 2, 3))).all()
    assert (soft.mean((2, 3)) - layers.mean((2, 3))).abs().max() < 0.01
    assert (defocus(torch.ones_like(layers), settings, generator()) - 1).abs().max() < STRAIGHT


def test_defocus_takes_its_share_of_the_layers() -> None:
    layers = torch.rand((200, 3, 8, 8), generator=generator())
    changed = (defocus(layers, replace(CLEAN, soft_share=0.25), generator()) != layers).flatten(1).any(1)
    assert 0.15 < changed.float().mean() < 0.35
    assert torch.equal(defocus(layers, replace(CLEAN, soft_share=0), generator()), layers)


def test_a_scene_out_of_focus_stays_so() -> None:
    canvas, settings = crops(4, SMALL), replace(CLEAN, sharp_share=1)
    _, crisp = synthesise(canvas[:2], canvas[2:], replace(settings, soft_share=0), generator())
    blurred, sharp = synthesise(canvas[:2], canvas[2:], replace(settings, soft_share=1), generator())
    assert (blurred - sharp).abs().max() <= EIGHT_BITS
    assert sharp.diff(dim=-1).abs().mean() < 0.9 * crisp.diff(dim=-1).abs().mean()


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


@pytest.mark.parametrize("video_share", [0, 1])
def test_blurred_frames_are_eight_bit_and_blurred(video_share: float) -> None:
    canvas = crops(4, SMALL)
    settings = replace(CLEAN, sharp_share=0, speed_max=16.0, video_share=video_share)
    blurred, sharp = synthesise(canvas[:2], canvas[2:], settings, generator())
    steps = blurred * 255
    assert (steps - steps.round()).abs().max() < 1e-3
    assert blurred.diff(dim=-1).abs().mean() < sharp.diff(dim=-1).abs().mean()


def test_a_least_speed_leaves_no_sample_as_it_was() -> None:
    canvas = crops(16, SMALL)
    settings = replace(CLEAN, sharp_share=0, exposure_min=0.7, speed_min=8.0, speed_max=10.0)
    blurred, sharp = synthesise(canvas[:8], canvas[8:], settings, generator())
    assert (blurred - sharp).abs().flatten(1).mean(1).min() > EIGHT_BITS


def test_cameras_on_a_tripod_hardly_move() -> None:
    canvas = crops(16, SMALL)
    moving = replace(CLEAN, sharp_share=1, object_share=0, speed_min=8.0, speed_max=10.0)

    def motion(still_share: float) -> Tensor:
        settings = replace(moving, still_share=still_share)
        _, sharp = synthesise(canvas[:8], canvas[8:], settings, generator())
        return sharp.diff(dim=1).abs().flatten(1).mean(1)

    hardly = motion(0) / 3
    assert (motion(1) < hardly).all()
    assert 0 < (motion(0.5) < hardly).sum() < 8


def test_faint_layers_keep_their_mean_colour_and_lose_contrast() -> None:
    layers = crops(8, SMALL)
    assert torch.equal(faint(layers, 0, generator()), layers)
    result = faint(layers, 1, generator())
    torch.testing.assert_close(result.mean((2, 3)), layers.mean((2, 3)))
    contrast = result.std((1, 2, 3)) / layers.std((1, 2, 3))
    assert (contrast >= LEAST_CONTRAST).all()
    assert contrast.min() < 0.5 < contrast.max() <= 1
    some = (faint(layers, 0.5, generator()) != layers).flatten(1).any(1)
    assert 0 < some.sum() < len(layers)


def test_fades_are_steady_and_of_sharp_frames_too() -> None:
    canvas = crops(16, SMALL) / 2
    settings = replace(CLEAN, frames=4, sharp_share=1, object_share=0, speed_max=0, fade_share=1)
    blurred, sharp = synthesise(canvas[:8], canvas[8:], settings, generator())
    assert (blurred - sharp).abs().max() <= EIGHT_BITS
    rates = to_linear(sharp).flatten(2).mean(2).log().diff(dim=1)
    assert rates.min() < 0 < rates.max()
    assert rates.abs().max() <= FADE
    torch.testing.assert_close(rates, rates[:, :1].expand_as(rates), rtol=0, atol=SRGB_ROUND_TRIP)


def test_a_sharp_sample_is_left_alone() -> None:
    canvas = crops(4, SMALL)
    blurred, sharp = synthesise(canvas[:2], canvas[2:], replace(CLEAN, sharp_share=1), generator())
    assert (blurred - sharp).abs().max() <= EIGHT_BITS


def test_each_sample_has_an_exposure_of_its_own() -> None:
    times = shutter(400, replace(SMALL, sharp_share=0.25, exposure_min=0.5), torch.zeros(()), generator())
    length = times[:, :, -1] - times[:, :, 0]
    assert times.shape == (400, SMALL.frames, SMALL.subframes)
    assert (length - length[:, :1]).abs().max() < STRAIGHT
    sharp = length[:, 0] == 0
    assert 0.15 < sharp.float().mean() < 0.35
    assert length[~sharp].min() >= 0.5 - STRAIGHT and length[~sharp].std() > 0.1


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


def test_sharp_instants_span_the_exposure() -> None:
    subframes = torch.rand((2, 3, 2, 13, 8, 8), generator=generator()) * 0.5
    settings = replace(CLEAN, subframes=13)
    blurred, middle = expose(subframes, settings, generator(7))
    again, sharp = expose(subframes, replace(settings, instants=7), generator(7))
    assert torch.equal(blurred, again)
    assert sharp.shape == (2, 2, 7, 3, 8, 8)
    assert torch.equal(sharp[:, :, 3], middle)
    light, taken = to_linear(sharp), subframes[:, :, :, ::2].permute(0, 2, 3, 1, 4, 5)
    gain = light.flatten(1).sum(1) / taken.flatten(1).sum(1)
    assert (light - taken * gain[:, None, None, None, None, None]).abs().max() < SRGB_ROUND_TRIP


def test_instants_are_odd_and_among_the_sub_frames() -> None:
    with pytest.raises(ValueError, match="instants must be odd and at most the 5 sub-frames, not 7"):
        replace(SMALL, instants=7)
    with pytest.raises(ValueError, match="not 2"):
        replace(SMALL, instants=2)


def test_the_camera_moves_in_six_degrees_of_freedom() -> None:
    """Grids of a moving camera are projective maps of the square, and no fewer parameters explain them."""
    settings = replace(SMALL, frames=8)
    times = shutter(4, settings, torch.zeros(()), generator())
    grid = motion_grid(times, torch.full((4,), 12.0), settings, generator()).view(-1, 32, 32, 2).double()
    corners = grid[:, ::31, ::31].reshape(-1, 4, 2)
    trapezium = (corners[:, 0] + corners[:, 3] - corners[:, 1] - corners[:, 2]).norm(dim=1) * settings.canvas / 8
    assert 0.05 < trapezium.mean() < 2  # pixels that a corner lies off the parallelogram
    diagonals = [torch.stack([grid[:, i, i if down else 31 - i] for i in range(32)], 1) for down in (True, False)]
    for line in diagonals:  # a projective map keeps straight lines straight
        along = line[:, -1] - line[:, 0]
        offset = (line - line[:, :1]) @ torch.tensor([[0.0, 1.0], [-1.0, 0.0]]).double()
        assert ((offset * along[:, None]).sum(-1) / along.norm(dim=1)[:, None]).abs().max() < STRAIGHT
    turned = torch.atan2(corners[:, 1, 1] - corners[:, 0, 1], corners[:, 1, 0] - corners[:, 0, 0])
    size = (corners[:, 1] - corners[:, 2]).norm(dim=1)
    for freedom in (corners.mean(1)[:, 0], corners.mean(1)[:, 1], turned, size):
        assert freedom.std() > 1e-3


def test_rows_that_are_read_in_turn_lean_and_rows_read_at_once_do_not() -> None:
    times, speed = shutter(3, SMALL, torch.zeros(()), generator()), torch.full((3,), 12.0)
    plain = motion_grid(times, speed, SMALL, generator(2))
    at_once = motion_grid(times, speed, SMALL, generator(2), torch.zeros(3))
    in_turn = motion_grid(times, speed, SMALL, generator(2), torch.full((3,), 0.5))
    assert (at_once - plain).abs().max() < SRGB_ROUND_TRIP
    apart = (in_turn - plain).view(3, -1, 32, 32, 2).norm(dim=-1).mean((0, 1, 3)) * SMALL.canvas / 2
    assert apart[0] > 1 and apart[-1] > 1 and apart[16] < apart[0]


def test_what_is_nearer_moves_further_along_the_same_way() -> None:
    times = shutter(3, SMALL, torch.zeros(()), generator())
    grid = motion_grid(times, torch.full((3,), 8.0), SMALL, generator()).view(3, -1, 32, 32, 2)
    near = nearer(grid.flatten(1, 2), SMALL, generator()).view_as(grid)
    moved, further = (some.diff(dim=1).flatten(1) for some in (grid, near))
    factor = (moved * further).sum(1) / moved.square().sum(1)
    assert (factor > 1.2).all() and (factor < 2.5).all()
    assert (further - factor[:, None] * moved).abs().max() < SRGB_ROUND_TRIP


def test_what_deforms_bends_by_some_pixels() -> None:
    times = shutter(8, SMALL, torch.zeros(()), generator())
    still = torch.zeros((8, times[0].numel() * 32, 32, 2))
    bend = deformed(still, times, SMALL, generator()).view(8, -1, 32, 32, 2) * SMALL.canvas / 2
    assert bend.abs().mean() > 0.2 and bend.abs().max() <= 5
    assert bend.std((2, 3)).mean() > 0.2  # unlike a shift
