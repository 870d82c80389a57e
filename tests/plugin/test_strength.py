"""How much of a network's change is applied."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs

from tests.plugin import clips, models
from tests.tolerances import STRENGTH

FORMATS = [vs.GRAY8, vs.GRAY16, vs.GRAYH, vs.GRAYS, vs.YUV420P8, vs.YUV422P10, vs.YUV444PS, vs.RGB24, vs.RGB48, vs.RGBS]
NETWORKS = ["DTB", "DBLRNet", "SharpSequence"]  # of RGB, of luma, and with several answers a frame


def source(format: vs.PresetVideoFormat, width: int = 36, height: int = 22) -> vs.VideoNode:
    return clips.marked(
        clips.noise(format, width, height, 4), {n: {"_Matrix": 1} for n in range(4)} if is_yuv(format) else {}
    )


def is_yuv(format: vs.PresetVideoFormat) -> bool:
    return vs.core.get_video_format(format).color_family == vs.YUV


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.name)
@pytest.mark.parametrize("name", NETWORKS)
def test_0_gives_every_sample_back(random_weights: Path, name: str, format: vs.PresetVideoFormat) -> None:
    clip = source(format)
    out = getattr(vs.core.vsdeblur, name)(clip, strength=0)
    instants = out.num_frames // clip.num_frames
    for n in range(out.num_frames):
        for a, b in zip(clips.frame_planes(out, n), clips.frame_planes(clip, n // instants), strict=True):
            assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.name)
def test_1_is_the_default(random_weights: Path, format: vs.PresetVideoFormat) -> None:
    one, default = (vs.core.vsdeblur.DTB(source(format), **given) for given in ({"strength": 1.0}, {}))
    for n in range(4):
        for a, b in zip(clips.frame_planes(one, n), clips.frame_planes(default, n), strict=True):
            assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("strength", [0.25, 0.5, 1.5, 4])
@pytest.mark.parametrize(
    ("name", "tilesize"), [("RUNet", 0), ("RUNet", 320), ("DTB", 0), ("DTB", 320), ("RVD", 0), ("DBLRNet", 320)]
)
def test_the_change_grows_with_it(random_weights: Path, name: str, tilesize: int, strength: float) -> None:
    clip = source(vs.RGBS, 340, 24) if tilesize else source(vs.RGBS)
    function = getattr(vs.core.vsdeblur, name)
    full, part = function(clip, tilesize=tilesize), function(clip, tilesize=tilesize, strength=strength)
    for n in range(4):
        blurred = clips.frame_planes(clip, n)
        for before, whole, some in zip(blurred, clips.frame_planes(full, n), clips.frame_planes(part, n), strict=True):
            assert np.abs(some - (before + strength * (whole - before))).max() <= STRENGTH * strength


def test_the_state_does_not_depend_on_it(tmp_path: Path) -> None:
    """A counter of runs adds up the same at half the strength."""
    model = models.counter(tmp_path / "c.onnx")
    out = vs.core.vsdeblur.Model(clips.numbered(6), str(model), sc=0, strength=0.5)
    assert [clips.pixel(out, n) for n in range(6)] == [n + 0.5 for n in range(6)]
