from __future__ import annotations

from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import pytest
from PIL import Image

from tests.training.conftest import picture
from training.metrics import psnr
from training.pairs import PairError, find_pairs
from training.synthesize import INPUT_PSNR, SETTINGS, synthesize


@pytest.fixture
def sources(tmp_path: Path) -> list[Path]:
    still, video = tmp_path / "still.png", tmp_path / "video.mp4"
    Image.fromarray(picture(1, 190, 200)).save(still)
    large = picture(2, 400, 400)
    imageio.imwrite(video, [large[n : n + 192, n : n + 192] for n in range(SETTINGS.frames + 2)], fps=25)
    return [still, video]


def test_sources_become_pairs_of_moderate_blur(sources: list[Path], tmp_path: Path) -> None:
    synthesize(sources, tmp_path / "pairs", seed=1, start=2)
    clips = find_pairs(tmp_path / "pairs")
    assert [clip.name for clip in clips] == ["still", "video"]
    for clip in clips:
        blurred, sharp = clip.read()
        assert len(blurred) == SETTINGS.frames
        error = np.mean((np.array(blurred, float) - np.array(sharp, float)) ** 2)
        value = 10 * np.log10(255**2 / error)
        assert INPUT_PSNR[0] - 0.1 < value < INPUT_PSNR[1] + 0.1
        assert psnr(sharp[0], sharp[1]) < 60


def test_a_video_that_is_too_short_is_named(sources: list[Path], tmp_path: Path) -> None:
    with pytest.raises(PairError, match=r"video\.mp4 has 26 frames; 44 are needed"):
        synthesize(sources[1:], tmp_path / "pairs", seed=1, start=20)


def test_a_source_that_is_too_small_is_refused(tmp_path: Path) -> None:
    small = tmp_path / "small.png"
    Image.fromarray(picture(1, 100, 100)).save(small)
    with pytest.raises(PairError, match="a source must be at least 176 pixels a side"):
        synthesize([small], tmp_path / "pairs", seed=1, start=0)
