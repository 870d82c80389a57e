"""Pixels of many kinds through ``vsdeblur deblur``: alpha, siting, sizes, turning, HDR, depth, and encoders."""

from __future__ import annotations

import struct
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import vapoursynth as vs

from tests.cli.conftest import ffmpeg, files, pictures, planes, read, times
from tests.cli.kinds import COUNT, RATE, deblurred, luma, picture, stream
from vsdeblur.cli import main
from vsdeblur.video.padding import plane_rows

MASTERING = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
PQ = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
LIGHT = (1000, 400)


@pytest.mark.parametrize(
    ("pixels", "codec", "ending", "written"),
    [
        ("yuva420p", "ffv1", ".mkv", "yuva420p"),
        ("yuva420p", "libvpx-vp9", ".webm", "yuva420p"),
        ("yuva444p10le", "ffv1", ".mkv", "yuva444p10le"),
        ("gbrap", "ffv1", ".mkv", "bgra"),
        ("yuva444p10le", "prores_ks", ".mov", "yuva444p12le"),  # FFmpeg's decoder gives 12 bits
    ],
)
def test_alpha(weights: Path, tmp_path: Path, pixels: str, codec: str, ending: str, written: str) -> None:
    source = tmp_path / f"in{ending}"
    ramp = f"format={pixels},geq=lum='lum(X,Y)':cb='cb(X,Y)':cr='cr(X,Y)':a='X*2'"
    ramp = "format=gbrap,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='X*2'" if pixels == "gbrap" else ramp
    ffmpeg(*picture(), "-vf", f"{ramp},format={pixels}", "-c:v", codec, source)
    options = [] if codec == "prores_ks" else ["--lossless"]
    target = deblurred(source, tmp_path / f"a{ending}", *options)
    before, after = alpha(source), alpha(target)
    assert len(before) == len(after) == COUNT
    step = 4 if codec == "prores_ks" else 1  # of 12 bits: the encoder takes 10
    assert max(np.abs(a.astype(int) - b.astype(int)).max() for a, b in zip(before, after, strict=True)) <= step
    assert np.ptp(after[0]) > 100
    if codec != "libvpx-vp9":
        assert pictures(target)[0].format.name == written


def alpha(file: Path) -> list[Any]:
    """The last plane of each frame, with libvpx's decoder where it is needed."""
    with av.open(file) as container:
        video = container.streams.video[0]
        decoder: Any = video.codec_context
        if decoder.name == "vp9":
            decoder = av.codec.CodecContext.create("libvpx-vp9", "r")
        frames = [f for packet in container.demux(video) for f in decoder.decode(packet if packet.size else None)]
    result = []
    for frame in frames:
        if frame.format.name == "bgra":
            result.append(frame.to_ndarray()[:, :, 3])
            continue
        size = (frame.format.components[0].bits + 7) // 8
        rows = plane_rows(frame.planes[3], frame.width * size)
        result.append(np.ascontiguousarray(rows).view(np.uint8 if size == 1 else np.uint16))
    return result


@pytest.mark.parametrize("place", ["left", "center", "topleft", "top", "bottomleft", "bottom"])
def test_chroma_siting(weights: Path, tmp_path: Path, place: str) -> None:
    source = tmp_path / "in.mkv"
    ffmpeg(*picture(), "-vf", f"setparams=chroma_location={place}", "-c:v", "libx264", "-pix_fmt", "yuv420p", source)
    before = stream(source).codec_context.chroma_sample_location
    assert stream(deblurred(source, tmp_path / "a.mp4")).codec_context.chroma_sample_location == before > 0


@pytest.mark.parametrize(("ending", "codec"), [(".mkv", "ffv1"), (".webm", "libvpx-vp9"), (".mp4", "libvpx-vp9")])
def test_odd_size(weights: Path, tmp_path: Path, ending: str, codec: str) -> None:
    source = tmp_path / f"in{ending}"
    ffmpeg(
        "-f",
        "lavfi",
        "-i",
        f"testsrc=size=161x91:rate={RATE}:duration={COUNT / RATE}",
        "-c:v",
        codec,
        "-pix_fmt",
        "yuv420p",
        source,
    )
    target = deblurred(source, tmp_path / f"a{ending}", "--lossless", "--model", "DBLRNet")
    assert {(frame.width, frame.height, frame.format.name) for frame in pictures(target)} == {(161, 91, "yuv420p")}
    assert files(tmp_path) >= {source.name, target.name}
    # Inside, where the repeated column and row have no say, the answer is the filter's for the frame that came in.
    before, after = luma(source)[3], luma(target)[3]
    gray = vs.core.std.BlankClip(format=vs.GRAY8, width=161, height=91, length=1)
    wanted = vs.core.vsdeblur.DBLRNet(vs.core.std.ModifyFrame(gray, gray, filled(before)))
    inside = np.asarray(wanted.get_frame(0)[0])[:88, :158]
    assert np.abs(inside.astype(int) - after[:88, :158]).max() <= 1
    assert (after != before).any()


def filled(rows: Any) -> Any:
    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        whole = f.copy()
        np.asarray(whole[0])[:] = rows
        whole.props["_Range"] = 0
        return whole

    return fill


def matrix(video: Any) -> tuple[int, ...]:
    return struct.unpack("9i", video.codec_context.coded_side_data["display_matrix"])


def aspect(file: Path) -> Fraction:
    with av.open(file) as container:
        return Fraction(container.streams.video[0].sample_aspect_ratio)


@pytest.mark.parametrize("turn", [90, 180, 270])
@pytest.mark.parametrize("ending", [".mp4", ".mkv", ".mov"])
def test_turned_picture_with_pixels_that_are_not_square(weights: Path, tmp_path: Path, turn: int, ending: str) -> None:
    straight, source = tmp_path / "straight.mp4", tmp_path / "in.mp4"
    ffmpeg(*picture(), "-vf", "setsar=4/3", "-c:v", "libx264", "-pix_fmt", "yuv420p", straight)
    ffmpeg("-display_rotation", str(turn), "-i", straight, "-c", "copy", source)
    target = deblurred(source, tmp_path / f"a{ending}")
    before, after = stream(source), stream(target)
    assert matrix(after) == matrix(before)
    assert aspect(target) == Fraction(4, 3)
    assert pictures(target)[0].rotation == pictures(source)[0].rotation != 0


@pytest.mark.parametrize(("codec", "ending"), [("libvpx-vp9", ".webm"), ("libvpx-vp9", ".mp4"), ("ffv1", ".mkv")])
def test_sample_aspect_that_only_the_container_knows(weights: Path, tmp_path: Path, codec: str, ending: str) -> None:
    source = tmp_path / f"in{ending}"
    ffmpeg(*picture(), "-vf", "setsar=4/3", "-c:v", codec, source)
    target = deblurred(source, tmp_path / f"a{ending}", "--codec", codec)
    assert aspect(target) == Fraction(4, 3)


@pytest.mark.parametrize(("ending", "codec"), [(".mkv", "hevc"), (".mp4", "hevc"), (".webm", "libdav1d")])
def test_hdr10(weights: Path, tmp_path: Path, ending: str, codec: str) -> None:
    source = tmp_path / "in.mkv"
    ffmpeg(
        *picture(), "-vf", f"format=yuv420p10le,{PQ}", "-c:v", "libx265", "-x265-params",
        f"log-level=none:repeat-headers=1:hdr10=1:master-display={MASTERING}:max-cll={LIGHT[0]},{LIGHT[1]}", source,
    )  # fmt: skip
    target = deblurred(source, tmp_path / f"a{ending}")
    context = stream(target).codec_context
    assert (context.name, context.pix_fmt) == (codec, "yuv420p10le")
    assert (context.color_primaries, context.color_trc, context.colorspace) == (9, 16, 9)
    clip = read(target)
    with clip.get_frame(0) as frame, read(source).get_frame(0) as before:
        assert (frame.props["ContentLightLevelMax"], frame.props["ContentLightLevelAverage"]) == LIGHT
        for name in ("PrimariesX", "PrimariesY", "WhitePointX", "WhitePointY", "MaxLuminance", "MinLuminance"):
            after = frame.props[f"MasteringDisplay{name}"]
            assert after == pytest.approx(before.props[f"MasteringDisplay{name}"], abs=2e-3), name


def test_hdr10_that_an_encoder_cannot_carry(weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "in.mkv"
    params = f"log-level=none:repeat-headers=1:master-display={MASTERING}"
    ffmpeg(*picture(), "-c:v", "libx265", "-x265-params", params, "-pix_fmt", "yuv420p10le", source)
    assert main(["deblur", str(source), str(tmp_path / "a.mkv"), "--codec", "ffv1"]) == 1
    assert "ffv1 cannot hold HDR10's mastering display" in capsys.readouterr().err
    deblurred(source, tmp_path / "a.mkv", "--codec", "ffv1", "--leave-out")


def test_hlg(weights: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    tags = "format=yuv420p10le,setparams=color_primaries=bt2020:color_trc=arib-std-b67:colorspace=bt2020nc"
    ffmpeg(*picture(), "-vf", tags, "-c:v", "libx265", "-x265-params", "log-level=none", source)
    context = stream(deblurred(source, tmp_path / "a.mp4")).codec_context
    assert (context.name, context.pix_fmt, context.color_trc) == ("hevc", "yuv420p10le", 18)


@pytest.mark.parametrize(
    ("pixels", "target", "written"),
    [
        ("yuv420p", "a.mp4", "yuv420p"),
        ("yuv422p", "a.mkv", "yuv422p"),
        ("yuv444p10le", "a.mp4", "yuv444p10le"),
        ("yuv420p12le", "a.mp4", "yuv420p12le"),
        ("yuv422p16le", "a.mkv", "yuv422p16le"),
        ("yuv440p", "a.webm", "yuv440p"),
        ("yuv411p", "a.mkv", "yuv411p"),
        ("gray", "a.mp4", "gray"),
        ("gray16le", "a.mkv", "gray16le"),
        ("gbrp", "a.mp4", "gbrp"),
        ("gbrp12le", "a.mkv", "gbrp12le"),
        ("yuv444p10le", "a.mov", "yuv444p10le"),
    ],
)
def test_depth_and_subsampling_stay(weights: Path, tmp_path: Path, pixels: str, target: str, written: str) -> None:
    source = tmp_path / "in.mkv"
    ffmpeg(*picture(), "-c:v", "ffv1", "-pix_fmt", pixels, source)
    assert pictures(deblurred(source, tmp_path / target))[0].format.name == written


def test_full_range_stays(weights: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    ffmpeg(*picture(), "-c:v", "libx264", "-pix_fmt", "yuvj420p", source)
    assert stream(deblurred(source, tmp_path / "a.mp4")).codec_context.color_range == 2


def test_rgb_is_exact(weights: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.mkv"
    ffmpeg(*picture(), "-c:v", "ffv1", "-pix_fmt", "gbrp", source)
    target = deblurred(source, tmp_path / "a.mkv", "--lossless")
    wanted, after = vs.core.vsdeblur.RUNet(read(source)), read(target)
    assert after.format.color_family == vs.RGB
    for number in (0, COUNT - 1):
        for ours, theirs in zip(planes(after, number), planes(wanted, number), strict=True):
            assert (ours == theirs).all()


def test_encoder_options_are_used(weights: Path, video: Path, out: Path) -> None:
    small = deblurred(video, out / "a.mkv", "--crf", "50", "--preset", "veryfast")
    large = deblurred(video, out / "b.mkv", "--crf", "5", "--encoder-option", "bf=0")
    assert large.stat().st_size > 2 * small.stat().st_size
    with av.open(large) as container:
        stamps = [packet.pts for packet in container.demux(video=0) if packet.size]
    assert stamps == sorted(stamps)  # no B-frames
    for codec, name in (("libx265", "hevc"), ("libsvtav1", "libdav1d"), ("ffv1", "ffv1"), ("libvpx-vp9", "vp9")):
        target = deblurred(video, out / f"{codec}.mkv", "--codec", codec)
        assert stream(target).codec_context.name == name


@pytest.mark.parametrize("codec", ["libx264", "libx265", "libvpx-vp9", "libsvtav1", "ffv1"])
def test_lossless(weights: Path, video: Path, out: Path, codec: str) -> None:
    target = deblurred(video, out / "a.mkv", "--codec", codec, "--lossless", "--model", "DBLRNet")
    wanted, after = vs.core.vsdeblur.DBLRNet(read(video)), read(target)
    for number in range(COUNT):
        for ours, theirs in zip(planes(after, number), planes(wanted, number), strict=True):
            assert (ours == theirs).all()


def test_x265_takes_frames_smaller_than_its_blocks(weights: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "in.mkv", tmp_path / "a.mkv"
    noise = "noise=alls=100:allf=t"  # which is what makes it write out of bounds
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=34x18:rate=25:duration=3", "-vf", noise, "-c:v", "ffv1", source)
    command = [sys.executable, "-m", "vsdeblur", "deblur", str(source), str(target), "--codec", "libx265"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert len(times(target)) == 75
