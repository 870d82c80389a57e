"""Encoders give the same bits for the same frames, each time: segments are joined on that."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs

from vsdeblur.video.encoders import Wishes, choose, picture_of
from vsdeblur.video.encoding import encode

FRAMES, TIMES = 40, 8


def moving() -> list[list[np.ndarray]]:
    """Planes of frames of 4:2:0, 96x64: blocks that move over others, for encoders to follow."""
    random = np.random.default_rng(0)
    blocks, ground = (np.kron(random.integers(0, 256, (16, 24)), np.ones((8, 8))).astype(np.uint8) for _ in "ab")
    frames = []
    for n in range(FRAMES):
        luma = ground[:64, :96].copy()
        luma[16:48, n : n + 40] = blocks[n : n + 32, 20:60]
        frames.append([luma, luma[::2, ::2].copy(), luma[1::2, 1::2].copy()])
    return frames


@pytest.mark.parametrize("codec", ["libx264", "libx265", "libvpx-vp9", "libsvtav1", "ffv1"])
def test_the_same_bits_each_time(codec: str, tmp_path: Path) -> None:
    clip = vs.core.std.BlankClip(width=96, height=64, format=vs.YUV420P8, length=1)
    picture = picture_of(clip, None, 96, 64, Fraction(1))
    chosen = choose(picture, "matroska", Wishes(codec=codec), source_codec="h264", name="a.mkv")
    frames, files = moving(), set()
    for number in range(TIMES):
        target = tmp_path / f"{number}.mkv"
        encode(frames, chosen, picture, Fraction(25), target, container="matroska", report=lambda _: None)
        files.add(target.read_bytes())
    assert len(files) == 1
