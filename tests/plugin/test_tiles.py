"""Tiled output differs from untiled output by less than anyone can see, and no more at the seams than elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vapoursynth as vs

from tests.plugin import clips
from tests.tolerances import TILES

TILESIZE = 256
SIZE = (640, 480)


def real_content(video: Path, length: int, format: vs.PresetVideoFormat) -> vs.VideoNode:
    """The middle of a video as floats, scaled to SIZE."""
    clip = vs.core.bs.VideoSource(str(video), cachemode=0)
    first = clip.num_frames // 2
    return clip[first : first + length].resize.Bicubic(*SIZE, format=format, matrix_in_s="709").std.RemoveFrameProps()


def rgb_or_grey(name: str) -> vs.PresetVideoFormat:
    return vs.RGBS if name == "DTB" else vs.GRAYS


@pytest.mark.parametrize(("name", "length"), [("DTB", 2), ("DBLRNet", 1)])
def test_tiles_do_not_show(random_weights: Path, video: Path, name: str, length: int) -> None:
    clip = real_content(video, length, rgb_or_grey(name))
    check(clip, name, length)


def test_tiles_do_not_show_with_the_shipped_weights(video: Path) -> None:
    length = 4
    check(real_content(video, length, vs.RGBS), "DTB", length)


def check(clip: vs.VideoNode, name: str, length: int) -> None:
    function = getattr(vs.core.vsdeblur, name)
    whole: vs.VideoNode = function(clip)
    arguments: dict[str, Any] = {"tilesize": TILESIZE}
    tiled: vs.VideoNode = function(clip, **arguments)
    n = length - 1
    blurred, plain, joined = (np.stack(clips.frame_planes(c, n)) for c in (clip, whole, tiled))
    assert np.abs(plain - blurred).max() > 10 * TILES, "the network does too little to tell"
    assert np.abs(plain - joined).max() < TILES
