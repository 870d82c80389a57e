"""Files of many kinds through ``vsdeblur deblur``: what goes in comes out. Each test has the right value."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import vapoursynth as vs
from av.stream import Disposition

from tests.cli.conftest import ffmpeg, files, pictures, planes, read, times
from vsdeblur.cli import main
from vsdeblur.video.padding import plane_rows

COUNT = 12
RATE = 25
SOUND = ("-f", "lavfi", "-i", f"sine=duration={COUNT / RATE}")
MASTERING = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
PQ = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
LIGHT = (1000, 400)


def picture(size: str = "96x64") -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate={RATE}:duration={COUNT / RATE}")


def deblurred(source: Path, target: Path, *options: str) -> Path:
    assert main(["deblur", str(source), str(target), *options]) == 0
    return target


def luma(file: Path) -> list[Any]:
    """Of each frame, as PyAV decodes it."""
    return [plane_rows(frame.planes[0], frame.width).copy() for frame in pictures(file)]


def stream(file: Path, number: int = 0) -> Any:
    with av.open(file) as container:
        return container.streams[number]


@pytest.mark.parametrize("ending", [".mp4", ".mov", ".mkv"])
def test_variable_frame_rate(weights: Path, tmp_path: Path, ending: str) -> None:
    source = tmp_path / "in.mp4"
    steps = "setpts='(N+floor(N*N/7))/25/TB'"
    ffmpeg(*picture(), "-vf", steps, "-fps_mode", "vfr", "-enc_time_base", "1/90000", "-c:v", "libx264", source)
    before = times(source)
    assert len({b - a for a, b in zip(before, before[1:], strict=False)}) > 1
    assert times(deblurred(source, tmp_path / f"a{ending}")) == before


def test_times_finer_than_those_of_the_target_are_rounded(weights: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    ffmpeg(*picture(), "-vf", "setpts=N*1001/24000/TB", "-r", "24000/1001", "-c:v", "libx264", source)
    rounded = [Fraction(round(at * 1000), 1000) for at in times(source)]
    assert times(deblurred(source, tmp_path / "a.mkv")) == rounded


def test_late_start(weights: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    ffmpeg("-itsoffset", "0.5", *picture(), *SOUND, "-map", "0", "-map", "1", "-c:v", "libx264", "-c:a", "aac", source)
    target = deblurred(source, tmp_path / "a.mp4")
    assert times(source)[0] >= Fraction(1, 2)
    assert times(target) == times(source)
    assert times(target, 1) == times(source, 1)


def test_times_that_do_not_begin_at_0(weights: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.ts"
    ffmpeg(*picture(), *SOUND, "-c:v", "mpeg2video", "-c:a", "mp2", source)
    target = deblurred(source, tmp_path / "a.mp4")
    assert times(source)[0] > 1
    assert times(target) == times(source)
    assert times(target, 1)[0] - times(target)[0] == pytest.approx(
        float(times(source, 1)[0] - times(source)[0]), abs=1e-4
    )


def test_transport_streams_keep_their_times_or_say_why_not(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    movie, source = tmp_path / "in.mp4", tmp_path / "in.ts"
    ffmpeg(*picture(), *SOUND, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", movie)
    ffmpeg("-i", movie, "-c", "copy", source)
    target = deblurred(source, tmp_path / "a.ts")
    assert (times(target), times(target, 1)) == (times(source), times(source, 1))
    assert "later" not in capsys.readouterr().err
    shifted = times(deblurred(movie, tmp_path / "b.ts"))
    late = shifted[0] - times(movie)[0]
    assert shifted == [at + late for at in times(movie)]
    assert capsys.readouterr().err == (
        f"vsdeblur: everything in b.ts is {float(late):.3f} seconds later than in in.mp4: mpegts has no times before 0,"
        " where decoding begins\n"
    )


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
    wanted, after = vs.core.vsdeblur.DTB(read(source)), read(target)
    assert after.format.color_family == vs.RGB
    for number in (0, COUNT - 1):
        for ours, theirs in zip(planes(after, number), planes(wanted, number), strict=True):
            assert (ours == theirs).all()


@pytest.mark.parametrize("kind", ["tff", "bff"])
def test_interlaced(weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    source, target = tmp_path / "in.mkv", tmp_path / "a.mkv"
    fields = f"tinterlace=interleave_{'top' if kind == 'tff' else 'bottom'},setfield={kind}"
    ffmpeg(*picture(), "-vf", fields, "-c:v", "mpeg2video", "-flags", "+ildct+ilme", source)
    assert main(["deblur", str(source), str(target)]) == 1
    assert capsys.readouterr().err == (
        "vsdeblur: in.mkv is interlaced; --deinterlace makes whole frames of it, --progressive takes them as whole"
        " already (25p in 50i)\n"
    )
    assert files(tmp_path) == {"in.mkv", "weights"}
    clip = read(source)
    bob = vs.core.bwdif.Bwdif(clip, field=int(kind == "tff"))
    for option, wanted in (("--deinterlace", bob), ("--progressive", clip)):
        deblurred(source, target, option, "--lossless", "--overwrite")
        wanted = vs.core.vsdeblur.DTB(vs.core.std.SetFieldBased(wanted, 0))
        after = read(target)
        assert after.num_frames == clip.num_frames
        assert (planes(after, 2)[0] == planes(wanted, 2)[0]).all()
        assert times(target) == times(source)
    assert not (planes(bob, 2)[0] == planes(clip, 2)[0]).all()


def test_interlaced_from_the_middle_on(weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, filters in (("0.ts", "null"), ("1.ts", "setfield=tff")):
        flags = ["-flags", "+ildct+ilme"] if name == "1.ts" else []
        ffmpeg(*picture(), "-vf", filters, "-c:v", "mpeg2video", *flags, tmp_path / name)
    source = tmp_path / "in.ts"
    source.write_bytes((tmp_path / "0.ts").read_bytes() + (tmp_path / "1.ts").read_bytes())
    assert main(["deblur", str(source), str(tmp_path / "a.mkv")]) == 1
    message = capsys.readouterr().err
    assert f"interlaced frames, from frame {COUNT} on" in message
    target = deblurred(source, tmp_path / "a.mkv", "--deinterlace", "--lossless")
    clip, after = read(source), read(target)
    untouched = vs.core.vsdeblur.DTB(vs.core.std.SetFieldBased(clip, 0))
    assert (planes(after, 2)[0] == planes(untouched, 2)[0]).all()


SUBTITLES = "1\n00:00:00,000 --> 00:00:00,200\nHello\n"
CHAPTERS = """;FFMETADATA1
title=A name
DIRECTOR=She
[CHAPTER]
TIMEBASE=1/1000
START=0
END=200
title=Opening
[CHAPTER]
TIMEBASE=1/1000
START=200
END=480
title=Closing
"""


@pytest.fixture
def rich(tmp_path: Path) -> Path:
    """Two languages of sound, subtitles, chapters, tags, an attachment and a cover; a colon in the name."""
    for name, text in (("s.srt", SUBTITLES), ("c.txt", CHAPTERS), ("font.ttf", "a font")):
        (tmp_path / name).write_text(text)
    ffmpeg("-f", "lavfi", "-i", "color=red:16x16", "-frames:v", "1", tmp_path / "cover.png")
    file = tmp_path / "rich: a, b.mkv"
    ffmpeg(
        *picture(), *SOUND, *SOUND, "-i", tmp_path / "s.srt", "-i", tmp_path / "c.txt",
        "-map", "0", "-map", "1", "-map", "2", "-map", "3", "-map_metadata", "4", "-map_chapters", "4",
        "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "-c:s", "subrip",
        "-metadata:s:a:0", "language=fra", "-metadata:s:a:1", "language=deu", "-metadata:s:a:1", "title=Talk",
        "-disposition:a:0", "0", "-disposition:a:1", "comment", "-disposition:s:0", "forced",
        "-attach", tmp_path / "font.ttf", "-metadata:s:t:0", "mimetype=font/ttf",
        "-attach", tmp_path / "cover.png", "-metadata:s:t:1", "mimetype=image/png", f"file:{file}",
    )  # fmt: skip
    return file


def described(file: Path) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], dict[str, str]]:
    """Streams but the first, chapters and tags, in a form that can be compared."""
    ignored = ("encoder", "duration", "handler_name", "vendor_id")
    with av.open(file) as container:
        streams = []
        for found in container.streams:
            tags = {name.lower(): value for name, value in found.metadata.items() if name.lower() not in ignored}
            codec = found.codec_context.name if found.codec_context else None
            streams.append((found.type, codec, int(found.disposition), tags))
        chapters = [(c["start"] * Fraction(c["time_base"]), c["metadata"]) for c in container.chapters()]
        tags = {name.lower(): value for name, value in container.metadata.items() if name.lower() != "encoder"}
    return streams[1:], chapters, tags


def test_everything_else_goes_along(weights: Path, rich: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    target = tmp_path / "out" / f"{'long: ' * 41}.mkv"
    assert len(target.name) == 250
    deblurred(rich, target)
    assert files(target.parent) == {target.name}
    assert described(target) == described(rich)
    with av.open(target) as container, av.open(rich) as source:
        assert container.streams.attachments[0].data == source.streams.attachments[0].data == b"a font"
        kinds = [found.type for found in container.streams]
        assert kinds == ["video", "audio", "audio", "subtitle", "attachment", "video"]
    for number in (1, 2, 3):
        assert packets(target, number) == packets(rich, number)


def packets(file: Path, number: int) -> list[tuple[Fraction, bytes]]:
    with av.open(file) as container:
        found = container.demux(container.streams[number])
        return [(packet.pts * Fraction(packet.time_base), bytes(packet)) for packet in found if packet.size]


def test_what_a_container_cannot_hold_is_said_before_work_begins(
    weights: Path, rich: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").mkdir()
    for name, first in (("a.webm", "stream 1 of rich: a, b.mkv (audio, aac)"), ("a.mp4", "stream 3")):
        target = tmp_path / "out" / name
        assert main(["deblur", str(rich), str(target), "--arg", "segment=0"]) == 1  # which work would stumble over
        message = capsys.readouterr().err
        assert message.startswith(f"vsdeblur: {name} cannot hold {first}")
        assert ".mkv can, and --leave-out goes on without\n" in message
        assert message.count("\n") == 1
        assert files(target.parent) == set()
    deblurred(rich, target, "--leave-out")
    assert "cannot hold the tags DIRECTOR; an .mkv could" in capsys.readouterr().err
    streams, chapters, tags = described(target)
    assert [kind for kind, *_ in streams] == ["audio", "audio", "data", "video"]  # MOV's chapters are a stream
    assert [entry[1]["title"] for entry in chapters] == ["Opening", "Closing"]
    assert tags["title"] == "A name"


def test_aac_into_webm_names_the_sound(
    weights: Path, video: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["deblur", str(video), str(out / "a.webm")]) == 1
    assert capsys.readouterr().err == (
        "vsdeblur: a.webm cannot hold stream 1 of in.mkv (audio, aac); .mkv and .mp4 and .mov can, and --leave-out goes"
        " on without\n"
    )


def test_cover_of_mp4(weights: Path, tmp_path: Path) -> None:
    cover, source = tmp_path / "c.jpg", tmp_path / "in.mp4"
    ffmpeg("-f", "lavfi", "-i", "color=red:16x16", "-frames:v", "1", cover)
    ffmpeg(
        *picture(), "-i", cover, "-map", "1", "-map", "0", "-c:v:0", "copy", "-disposition:v:0", "attached_pic",
        "-c:v:1", "libx264", "-pix_fmt:v:1", "yuv420p", source,
    )  # fmt: skip
    for ending in (".mp4", ".mkv"):
        target = deblurred(source, tmp_path / f"a{ending}")
        with av.open(target) as container:
            found = [s for s in container.streams.video if s.disposition & Disposition.attached_pic]
            assert len(found) == 1
            assert bytes(next(iter(container.demux(found[0])))) == cover.read_bytes()
        assert len(times(target)) == COUNT


def test_time_code(weights: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.mov"
    ffmpeg(*picture(), "-c:v", "libx264", "-pix_fmt", "yuv420p", "-timecode", "01:02:03:04", source)
    for ending in (".mov", ".mp4"):
        with av.open(deblurred(source, tmp_path / f"a{ending}")) as container:
            assert [s.type for s in container.streams] == ["video", "data"]
            assert container.streams[1].metadata["timecode"] == "01:02:03:04"


def test_second_video_stream_is_copied(weights: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.mkv"
    ffmpeg(*picture(), *picture("64x32"), "-map", "0", "-map", "1", "-c:v", "libx264", "-pix_fmt", "yuv420p", source)
    target = deblurred(source, tmp_path / "a.mkv")
    assert packets(target, 1) == packets(source, 1)
    assert packets(target, 0) != packets(source, 0)


def test_closed_captions_are_said_to_be_lost(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "in.mkv"
    ffmpeg(*picture(), "-c:v", "libx265", "-x265-params", "log-level=none", "-dolbyvision", "0", source)
    from vsdeblur.video import others

    monkeypatch.setattr(others, "_lost", lambda container, stream: ("Dolby Vision",))
    deblurred(source, tmp_path / "a.mkv")
    assert capsys.readouterr().err == "vsdeblur: Dolby Vision cannot go along and is lost\n"


def test_avi_without_times_and_gif(weights: Path, tmp_path: Path) -> None:
    for name, codec in (("in.avi", "mjpeg"), ("in.gif", "gif")):
        ffmpeg(*picture(), "-c:v", codec, tmp_path / name)
        target = deblurred(tmp_path / name, tmp_path / f"{name}.mkv")
        assert times(target) == times(tmp_path / name)


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
