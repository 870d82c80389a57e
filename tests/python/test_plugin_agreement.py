"""The same frames through core.vsdeblur and through vsdeblur.Deblurrer give the same answers, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vapoursynth as vs

from tests.python.clips import Frame, noise
from vsdeblur import Deblurrer

FULL_RANGE = 1
LENGTH = 12

FORMATS = {
    "GRAY8": (vs.GRAY8, np.uint8, ()),
    "GRAY16": (vs.GRAY16, np.uint16, ()),
    "GRAYS": (vs.GRAYS, np.float32, ()),
    "RGB24": (vs.RGB24, np.uint8, (3,)),
    "RGB48": (vs.RGB48, np.uint16, (3,)),
    "RGBS": (vs.RGBS, np.float32, (3,)),
}


def as_clip(frames: list[Frame], form: Any) -> vs.VideoNode:
    height, width = frames[0].shape[:2]
    blank = vs.core.std.BlankClip(format=form, width=width, height=height, length=len(frames), keep=False)

    def write(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        copy = f.copy()
        copy.props["_Range"] = FULL_RANGE
        planes = frames[n][None] if frames[n].ndim == 2 else frames[n].transpose(2, 0, 1)
        for index, plane in enumerate(planes):
            np.asarray(copy[index])[:] = plane
        return copy

    return blank.std.ModifyFrame(blank, write)


def as_frames(clip: vs.VideoNode) -> list[Frame]:
    frames = []
    for frame in clip.frames(close=True):
        planes = [np.array(frame[index]) for index in range(frame.format.num_planes)]
        frames.append(planes[0] if len(planes) == 1 else np.stack(planes, axis=-1))
    return frames


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("next_frame", {}),
        ("blur", {"tilesize": [16, 12], "overlap": [3, 2], "num_streams": 2}),
        ("counter", {"segment": 4, "preroll": 2}),
        ("centred", {"stride": 5}),
        ("exposure", {"refine": 1}),
        ("blur", {"sc": 0}),
    ],
)
def test_answers_are_equal(models: Path, form: str, model: str, options: dict[str, Any]) -> None:
    preset, dtype, channels = FORMATS[form]
    frames = [noise(dtype, 21, 35, *channels, seed=n) for n in range(LENGTH)]
    frames[7] = np.zeros_like(frames[7])  # scene cuts
    path = models / f"{model}.onnx"
    ours = list(Deblurrer(model=path, **options)(frames))
    theirs = as_frames(vs.core.vsdeblur.Model(as_clip(frames, preset), str(path), **options))
    assert len(ours) == len(theirs)
    for n, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        assert a.dtype == b.dtype and a.tobytes() == b.tobytes(), n


def test_errors_are_the_same_sentence(models: Path) -> None:
    clip = as_clip([noise(np.uint8, 8, 8)], vs.GRAY8)
    path = models / "counter.onnx"
    bad: list[dict[str, Any]] = [{"segment": 0}, {"preroll": -1}, {"tilesize": 3}, {"num_streams": 99}, {"overlap": 2}]
    for options in bad:
        with pytest.raises(vs.Error) as theirs:
            vs.core.vsdeblur.Model(clip, str(path), **options)
        with pytest.raises(RuntimeError) as ours:
            list(Deblurrer(model=path, **options)([noise(np.uint8, 8, 8)]))
        assert str(theirs.value) == f"Model: {ours.value}"
