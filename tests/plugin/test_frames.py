"""In = out: formats, sizes, ranges, matrices and properties; planes that a network does not see are not touched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vapoursynth as vs

from tests.plugin import clips, models

FORMATS = [
    vs.GRAY8,
    vs.GRAY10,
    vs.GRAY16,
    vs.GRAYH,
    vs.GRAYS,
    vs.YUV410P8,
    vs.YUV411P8,
    vs.YUV420P8,
    vs.YUV420P10,
    vs.YUV420P16,
    vs.YUV420PS,
    vs.YUV422P12,
    vs.YUV440P8,
    vs.YUV444P8,
    vs.YUV444P14,
    vs.YUV444PH,
    vs.YUV444PS,
    vs.RGB24,
    vs.RGB27,
    vs.RGB48,
    vs.RGBH,
    vs.RGBS,
]
NO_CHANGE = {"luma": (0.0,), "rgb": (0.0, 0.0, 0.0)}
EIGHTH = 0.125


def size_of(format: vs.PresetVideoFormat) -> tuple[int, int]:
    """An odd size in blocks of the format's subsampling."""
    known = vs.core.get_video_format(format)
    return 7 << known.subsampling_w, 5 << known.subsampling_h


@pytest.mark.parametrize("format", FORMATS, ids=lambda f: f.name)
@pytest.mark.parametrize("color", ["luma", "rgb"])
@pytest.mark.parametrize("multiple", [1, 8])
def test_no_change_keeps_every_bit(tmp_path: Path, format: vs.PresetVideoFormat, color: str, multiple: int) -> None:
    model = models.plus(tmp_path / "m.onnx", NO_CHANGE[color], multiple=multiple)
    clip = clips.noise(format, *size_of(format), 2)
    out = vs.core.vsdeblur.Model(clip, str(model))
    assert (out.format, out.width, out.height) == (clip.format, clip.width, clip.height)
    assert (out.fps, out.num_frames) == (clip.fps, 2)
    for n in range(2):
        for before, after in zip(clips.frame_planes(clip, n), clips.frame_planes(out, n), strict=True):
            assert np.array_equal(before, after)


@pytest.mark.parametrize("format", [f for f in FORMATS if f.name.startswith("YUV")], ids=lambda f: f.name)
def test_luma_models_leave_chroma_untouched(tmp_path: Path, format: vs.PresetVideoFormat) -> None:
    model = models.plus(tmp_path / "m.onnx", (EIGHTH,))
    clip = clips.noise(format, *size_of(format), 1)
    before = clips.frame_planes(clip, 0)
    after = clips.frame_planes(vs.core.vsdeblur.Model(clip, str(model)), 0)
    assert not np.array_equal(before[0], after[0])
    assert np.array_equal(before[1], after[1])
    assert np.array_equal(before[2], after[2])


@pytest.mark.parametrize("size", [(1, 1), (1, 6), (5, 1), (2, 2)])
@pytest.mark.parametrize("color", ["luma", "rgb"])
@pytest.mark.parametrize("length", [1, 2, 3])
def test_the_smallest_clips(tmp_path: Path, size: tuple[int, int], color: str, length: int) -> None:
    change = (EIGHTH,) * len(NO_CHANGE[color])
    model = models.plus(tmp_path / "m.onnx", change, multiple=4)
    clip = clips.noise(vs.RGBS, *size, length)
    out = vs.core.vsdeblur.Model(clip, str(model))
    for n in range(length):
        for before, after in zip(clips.frame_planes(clip, n), clips.frame_planes(out, n), strict=True):
            np.testing.assert_allclose(after, before + np.float32(EIGHTH), rtol=0, atol=2**-22)


@pytest.mark.parametrize("name", ["RUNet", "DTB", "DBLRNet", "DBLRGAN", "RVD", "SharpSequence"])
def test_every_network_takes_one_pixel(random_weights: Path, name: str) -> None:
    for format in (vs.GRAY8, vs.YUV444P10, vs.RGBS):
        clip = clips.noise(format, 1, 1, 1)
        out = getattr(vs.core.vsdeblur, name)(clip)
        assert out.num_frames == (7 if name == "SharpSequence" else 1)
        for n in range(out.num_frames):
            assert [plane.shape for plane in clips.frame_planes(out, n)] == [(1, 1)] * clip.format.num_planes


def grey(format: vs.PresetVideoFormat, level: int, **properties: Any) -> vs.VideoNode:
    """One frame of one level in plane 0 (in all planes for RGB) with these properties and no others."""
    planes = vs.core.get_video_format(format).num_planes
    clip = vs.core.std.BlankClip(width=4, height=4, format=format, length=1, color=[level] * planes)
    clip = clip.std.RemoveFrameProps()
    return clip.std.SetFrameProps(**properties) if properties else clip


LIMITED_EIGHTH = round(EIGHTH * 219)
FULL_EIGHTH = round(EIGHTH * 255)


@pytest.mark.parametrize(
    ("format", "properties", "expected"),
    [
        (vs.GRAY8, {}, LIMITED_EIGHTH),
        (vs.YUV444P8, {}, LIMITED_EIGHTH),
        (vs.RGB24, {}, FULL_EIGHTH),
        *[(f, {"_Range": 0}, LIMITED_EIGHTH) for f in (vs.GRAY8, vs.YUV444P8, vs.RGB24)],
        *[(f, {"_Range": 1}, FULL_EIGHTH) for f in (vs.GRAY8, vs.YUV444P8, vs.RGB24)],
        *[(f, {"_ColorRange": 1}, LIMITED_EIGHTH) for f in (vs.GRAY8, vs.YUV444P8, vs.RGB24)],
        *[(f, {"_ColorRange": 0}, FULL_EIGHTH) for f in (vs.GRAY8, vs.YUV444P8, vs.RGB24)],
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:.*_ColorRange")
def test_the_range_is_what_the_frame_says(
    tmp_path: Path, format: vs.PresetVideoFormat, properties: dict[str, int], expected: int
) -> None:
    model = models.plus(tmp_path / "m.onnx", (EIGHTH,))
    out = vs.core.vsdeblur.Model(grey(format, 100, **properties), str(model))
    assert (clips.frame_planes(out, 0)[0] == 100 + expected).all()


@pytest.mark.parametrize(("matrix", "red"), [(1, 0.2126), (5, 0.299), (6, 0.299), (9, 0.2627)])
def test_the_matrix_is_what_the_frame_says(tmp_path: Path, matrix: int, red: float) -> None:
    model = models.plus(tmp_path / "m.onnx", (EIGHTH, 0.0, 0.0))
    clip = grey(vs.YUV444PS, 0, _Matrix=matrix)
    y, _, v = clips.frame_planes(vs.core.vsdeblur.Model(clip, str(model)), 0)
    np.testing.assert_allclose(y, red * EIGHTH, atol=1e-6)
    np.testing.assert_allclose(v, 0.5 * EIGHTH, atol=1e-6)


def test_the_chroma_location_is_what_the_frame_says(tmp_path: Path) -> None:
    model = models.square(tmp_path / "m.onnx")
    clip = clips.noise(vs.YUV420P8, 8, 8, 1).std.SetFrameProps(_Matrix=1)
    none, left, centre = (
        clips.frame_planes(vs.core.vsdeblur.Model(located, str(model)), 0)[1]
        for located in (clip, *(clip.std.SetFrameProps(_ChromaLocation=k) for k in (0, 1)))
    )
    assert np.array_equal(none, left)
    assert not np.array_equal(left, centre)


def test_frame_properties_are_kept(tmp_path: Path) -> None:
    model = models.counter(tmp_path / "m.onnx", 1, 1)
    properties = {
        "_Range": 1,
        "_Matrix": 6,
        "_ChromaLocation": 1,
        "_FieldBased": 0,
        "_DurationNum": 1001,
        "_DurationDen": 24000,
        "_AbsoluteTime": 1.5,
        "_SceneChangePrev": 0,
        "_SARNum": 8,
        "_SARDen": 9,
        "_Transfer": 1,
        "_PictType": "B",
        "Anything": [1, 2, 3],
    }
    clip = clips.noise(vs.YUV420P8, 8, 8, 2).std.SetFrameProps(**properties)
    out = vs.core.vsdeblur.Model(clip, str(model))
    for n in range(2):
        with clip.get_frame(n) as before, out.get_frame(n) as after:
            found = dict(after.props)
            assert found.pop("VsdeblurRuntime").startswith("OpenVINO 2")
            assert found.pop("VsdeblurPrecision") == "fp32"
            assert found == dict(before.props)


@pytest.mark.parametrize("field", [1, 2])
def test_interlaced_frames_are_refused(tmp_path: Path, field: int) -> None:
    model = models.plus(tmp_path / "m.onnx", (EIGHTH,))
    clip = clips.marked(clips.noise(vs.YUV420P8, 8, 8, 4), {2: {"_FieldBased": field}})
    out = vs.core.vsdeblur.Model(clip, str(model))
    out.get_frame(1).close()
    with pytest.raises(vs.Error) as refused:
        out.get_frame(2)
    assert str(refused.value) == (
        f"Model: frame 2 is interlaced (_FieldBased is {field}), and only progressive frames can be deblurred: "
        "deinterlace the clip first"
    )
    out.get_frame(3).close()


@pytest.mark.parametrize(
    ("properties", "sentence"),
    [
        ({"_Range": 2}, "Model: the frame property _Range must be 0 (limited) or 1 (full), not 2"),
        ({"_Matrix": "BT.709"}, "Model: the frame property _Matrix must be a whole number"),
    ],
)
def test_properties_without_meaning_are_refused(tmp_path: Path, properties: dict[str, Any], sentence: str) -> None:
    model = models.plus(tmp_path / "m.onnx", (EIGHTH,))
    out = vs.core.vsdeblur.Model(grey(vs.YUV444P8, 100, **properties), str(model))
    with pytest.raises(vs.Error) as refused:
        out.get_frame(0)
    assert str(refused.value) == sentence


@pytest.mark.parametrize("properties", [{"_Matrix": 0}, {"_Matrix": 2**40}, {"_ChromaLocation": 6}])
def test_colours_that_cannot_be_converted_are_refused(tmp_path: Path, properties: dict[str, int]) -> None:
    clip = grey(vs.YUV420P8, 100, **properties)
    colour = models.plus(tmp_path / "m.onnx", NO_CHANGE["rgb"])
    with pytest.raises(vs.Error, match=rf"^Model: .*{next(iter(properties))}"):
        vs.core.vsdeblur.Model(clip, str(colour)).get_frame(0)
    luma = models.plus(tmp_path / "l.onnx", NO_CHANGE["luma"])
    vs.core.vsdeblur.Model(clip, str(luma)).get_frame(0).close()


def test_variable_clips_are_refused(tmp_path: Path) -> None:
    model = models.plus(tmp_path / "m.onnx", (EIGHTH,))
    small = vs.core.std.BlankClip(width=8, height=8, format=vs.GRAY8, length=1)
    for other in (small.std.BlankClip(width=16), small.std.BlankClip(format=vs.GRAY16)):
        clip = vs.core.std.Splice([small, other], mismatch=True)
        with pytest.raises(vs.Error) as refused:
            vs.core.vsdeblur.Model(clip, str(model))
        assert str(refused.value) == "Model: the clip must have one format and one size"


def test_formats_that_the_engine_does_not_read_are_refused(tmp_path: Path) -> None:
    model = models.plus(tmp_path / "m.onnx", (EIGHTH,))
    clip = vs.core.std.BlankClip(width=8, height=8, format=vs.GRAY32, length=1)
    with pytest.raises(vs.Error, match=r"^Model: .*(16|32)"):
        vs.core.vsdeblur.Model(clip, str(model))


def test_errors_of_the_source_come_through(tmp_path: Path) -> None:
    model = models.window_code(tmp_path / "m.onnx", 1, 1)

    def fail(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        if n == 3:
            raise RuntimeError("the source broke")
        return f

    blank = clips.numbered(6)
    out = vs.core.vsdeblur.Model(blank.std.ModifyFrame(blank, fail), str(model), sc=0)
    out.get_frame(1).close()
    with pytest.raises(vs.Error, match="the source broke"):
        out.get_frame(2)
    out.get_frame(5).close()
