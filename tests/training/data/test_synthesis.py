from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import pytest
import torch
from PIL import Image
from torch import Generator, Tensor

import training.data.synthesis
from tests.tolerances import H264_CHANGES, STORED_PSNR
from tests.training.conftest import picture
from training.data.blur import BlurSettings
from training.data.pairs import PairError, find_pairs
from training.data.synthesis import INPUT_PSNR, SETTINGS, SPEED_MAX, TRIPOD_PSNR, richest, synthesize
from training.synthesize import main
from vsdeblur.measures.metrics import psnr

SMALL = replace(SETTINGS, frames=4, subframes=9)


@pytest.fixture(autouse=True)
def short_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training.data.synthesis, "SETTINGS", SMALL)


@pytest.fixture
def sources(tmp_path: Path) -> list[Path]:
    still, video = tmp_path / "still.png", tmp_path / "video.mp4"
    Image.fromarray(picture(1, 190, 200)).save(still)
    large = picture(2, 400, 400)
    imageio.imwrite(video, [large[n : n + 192, n : n + 192] for n in range(SMALL.frames + 2)], fps=25)
    return [still, video]


def mean_psnr(blurred: list[np.ndarray], sharp: list[np.ndarray]) -> float:
    return float(10 * np.log10(255**2 / np.mean((np.array(blurred, float) - np.array(sharp, float)) ** 2)))


def test_sources_become_pairs_of_moderate_blur(sources: list[Path], tmp_path: Path) -> None:
    synthesize(sources, tmp_path / "pairs", seed=1, start=2)
    clips = find_pairs(tmp_path / "pairs")
    assert [clip.name for clip in clips] == ["still", "video"]
    for clip in clips:
        blurred, sharp = clip.read()
        assert len(blurred) == SMALL.frames
        assert INPUT_PSNR[0] - STORED_PSNR < mean_psnr(blurred, sharp) < INPUT_PSNR[1] + STORED_PSNR
        assert psnr(sharp[0], sharp[1]) < 60


def test_on_a_tripod_the_scene_stands_still_in_noise(sources: list[Path], tmp_path: Path) -> None:
    synthesize(sources[:1], tmp_path / "pairs", seed=1, start=0, tripod=True)
    blurred, sharp = find_pairs(tmp_path / "pairs")[0].read()
    assert TRIPOD_PSNR[0] - STORED_PSNR < mean_psnr(blurred, sharp) < TRIPOD_PSNR[1] + STORED_PSNR
    moved, noise = (np.abs(np.diff(np.array(side, float), axis=0)).mean(-1) for side in (sharp, blurred))
    assert (moved < 1).mean() > 0.3
    assert noise[moved < 1].mean() > 3


def test_a_video_is_not_from_a_tripod(sources: list[Path], tmp_path: Path) -> None:
    with pytest.raises(PairError, match=r"video\.mp4 is no photograph; clips from a tripod are made of photographs"):
        synthesize(sources, tmp_path / "pairs", seed=1, start=0, tripod=True)


@pytest.mark.parametrize("error", [3e-4, 0.02])
def test_the_speed_follows_the_texture(
    error: float, sources: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blur grows with speed from an input of 51 dB, or falls from 15 dB."""
    speeds = []

    def shake(
        background: Tensor, foreground: Tensor, settings: BlurSettings, generator: Generator
    ) -> tuple[Tensor, Tensor]:
        speeds.append(settings.speed_max)
        sharp = torch.full((2, 3, 8, 8), 0.3)
        return sharp + error * speeds[-1] ** 2 / 9, sharp

    monkeypatch.setattr(training.data.synthesis, "shake_photograph", shake)
    synthesize(sources[:1], tmp_path / "pairs", seed=1, start=0)
    assert len(speeds) > 1
    assert speeds == sorted(speeds, reverse=error > 1e-3)
    assert max(speeds) <= SPEED_MAX


def test_a_flat_source_is_refused_and_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training.data.synthesis, "DRAWS", 3)
    flat = tmp_path / "flat.png"
    Image.new("RGB", (190, 190), (90, 120, 150)).save(flat)
    with pytest.raises(
        PairError,
        match=r"flat\.png: 3 draws of blur gave an input PSNR of [\d.]+ to [\d.]+ dB, but none of 24 to 31 dB; "
        "even its best crop has too little texture",
    ):
        synthesize([flat], tmp_path / "pairs", seed=1, start=0)
    assert not (tmp_path / "pairs").exists()


def test_the_crop_with_the_most_texture_is_taken() -> None:
    settings = replace(SMALL, size=64)
    canvas = torch.full((2, 3, 300, 500), 0.5)
    texture = torch.from_numpy(picture(4, 64, 64)).permute(2, 0, 1) / 255
    canvas[..., 120:184, 360:424] = texture
    crop = richest(canvas, settings)
    assert crop.shape == (2, 3, settings.canvas, settings.canvas)
    inside = crop[0, :, settings.margin : -settings.margin, settings.margin : -settings.margin]
    assert (inside != 0.5).float().mean() > 0.98  # all of it, were it not for a pixel of the texture that is 0.5 itself
    assert torch.equal(crop, richest(canvas, settings))


def test_a_stopped_run_goes_on(sources: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "pairs"
    synthesize(sources[:1], out, seed=1, start=2)
    before = (out / "still" / "blur" / "00000.png").stat().st_mtime_ns
    synthesize(sources, out, seed=1, start=2)
    assert (out / "still" / "blur" / "00000.png").stat().st_mtime_ns == before
    assert [clip.name for clip in find_pairs(out)] == ["still", "video"]
    with pytest.raises(PairError, match="still is there already and was made from other material or settings"):
        synthesize(sources, out, seed=2, start=2)


def test_the_command_compresses_the_blurred_side(sources: list[Path], tmp_path: Path) -> None:
    for name, options in (("plain", []), ("packed", ["--crf", "30"])):
        assert main(["photographs", str(sources[0]), "--out", str(tmp_path / name), "--seed", "1", *options]) == 0
    plain, packed = (find_pairs(tmp_path / name)[0].read() for name in ("plain", "packed"))
    assert all(np.array_equal(a, b) for a, b in zip(plain[1], packed[1], strict=True))
    assert mean_psnr(plain[0], packed[0]) < H264_CHANGES


def test_a_video_that_is_too_short_is_named(sources: list[Path], tmp_path: Path) -> None:
    with pytest.raises(PairError, match=r"video\.mp4 has 6 frames; 24 are needed"):
        synthesize(sources[1:], tmp_path / "pairs", seed=1, start=20)


def test_a_source_that_is_too_small_is_refused(tmp_path: Path) -> None:
    small = tmp_path / "small.png"
    Image.fromarray(picture(1, 100, 100)).save(small)
    with pytest.raises(PairError, match=r"small\.png is 100x100; a source must be at least 176 pixels a side"):
        synthesize([small], tmp_path / "pairs", seed=1, start=0)
