"""Tiled output differs from untiled output by less than anyone can see, and no more at the seams than elsewhere."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs

from tests.plugin import clips
from tests.tolerances import TILES, TILES_OF_EIGHT_BITS

TILESIZE = 256
SIZE = (640, 480)


def real_content(video: Path, length: int, format: vs.PresetVideoFormat) -> vs.VideoNode:
    """The middle of a video as floats, scaled to SIZE."""
    clip = vs.core.bs.VideoSource(str(video), cachemode=0)
    first = clip.num_frames // 2
    return clip[first : first + length].resize.Bicubic(*SIZE, format=format, matrix_in_s="709").std.RemoveFrameProps()


@pytest.mark.parametrize(("precision", "apart"), [("fp32", TILES), ("int8", TILES_OF_EIGHT_BITS)])
def test_tiles_do_not_show_in_dtb(video: Path, precision: str, apart: float) -> None:
    # The weights that ship, and frames enough for each tile's state to go its own way.
    check(real_content(video, 3, vs.RGBS), "DTB", apart, precision=precision)


def test_tiles_do_not_show_in_dblrnet(random_weights: Path, video: Path) -> None:
    check(real_content(video, 1, vs.GRAYS), "DBLRNet", TILES)


def check(clip: vs.VideoNode, name: str, apart: float, **options: str) -> None:
    """Compares the clip's last frame."""
    function = partial(getattr(vs.core.vsdeblur, name), **options)
    last = clip.num_frames - 1
    blurred, plain, joined = (
        np.stack(clips.frame_planes(made, last)) for made in (clip, function(clip), function(clip, tilesize=TILESIZE))
    )
    assert np.abs(plain - blurred).max() > 5 * TILES, "the network does too little to tell"
    assert np.abs(plain - joined).max() < apart
