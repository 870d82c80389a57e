"""``vsdeblur deblur --from --to --frames``: a part of a video, with what belongs to it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest
import vapoursynth as vs
from av.stream import Disposition

from tests.cli.conftest import RATE, ffmpeg, planes, read, times
from vsdeblur.cli import main

SUBTITLES = """1
00:00:00,200 --> 00:00:01,000
before

2
00:00:03,000 --> 00:00:04,400
into

3
00:00:05,000 --> 00:00:09,000
beyond

4
00:00:09,100 --> 00:00:09,500
after
"""


@pytest.mark.parametrize(
    ("options", "first", "end"),
    [
        (["--frames", "85:170"], 85, 170),
        (["--from", "3.4", "--to", "0:06.8"], 85, 170),
        (["--to", "1"], 0, 25),
        (["--from", "00:00:09.6"], 240, 250),
    ],
)
def test_a_part(weights: Path, long: Path, out: Path, options: list[str], first: int, end: int) -> None:
    target = out / "a.mkv"
    assert main(["deblur", str(long), str(target), "--lossless", *options]) == 0
    wanted, after = vs.core.vsdeblur.RUNet(read(long)), read(target)
    assert times(target) == [Fraction(number, RATE) for number in range(end - first)]
    for number in (0, end - first - 1):
        assert (planes(after, number)[0] == planes(wanted, first + number)[0]).all()
    sound = times(target, 1)
    packet = Fraction(4608, 44100)
    assert -packet <= sound[0] <= packet
    assert abs(sound[-1] - Fraction(end - first, RATE)) <= 2 * packet
    with av.open(target) as container:
        assert len(container.streams) == 2


@pytest.mark.parametrize(
    ("ending", "codec"), [(".mkv", "subrip"), (".mkv", "ass"), (".mp4", "mov_text"), (".webm", "webvtt")]
)
def test_subtitles_that_are_on_the_screen_as_a_part_begins(
    weights: Path, long: Path, tmp_path: Path, ending: str, codec: str
) -> None:
    text, source, target = tmp_path / "in.srt", tmp_path / f"in{ending}", tmp_path / f"a{ending}"
    text.write_text(SUBTITLES)
    video = "libvpx-vp9" if ending == ".webm" else "libx264"
    options = ["-c:v", video, "-c:s", codec, "-metadata:s:1", "language=deu", "-disposition:1", "forced"]
    ffmpeg("-i", long, "-i", text, "-map", "0:v", "-map", "1", *options, source)
    assert main(["deblur", str(source), str(target), "--from", "4", "--to", "8"]) == 0
    with av.open(target) as container:
        stream = container.streams[1]
        assert stream.metadata["language"] in ("deu", "ger")
        assert stream.disposition & Disposition.forced
        with av.open(source) as before:
            assert stream.codec_context.name == before.streams[1].codec_context.name
        shown = []
        for packet in container.demux(stream):
            if any(word in bytes(packet) for word in (b"before", b"into", b"beyond", b"after")):
                at = packet.pts * packet.time_base
                shown.append((float(at), float(at + packet.duration * packet.time_base)))
    assert shown == [pytest.approx((0, 0.4), abs=2e-3), pytest.approx((1, 4), abs=2e-3)]


@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
@pytest.mark.parametrize("kind", ["png", "mjpeg"])
def test_a_part_keeps_the_cover(weights: Path, long: Path, tmp_path: Path, ending: str, kind: str) -> None:
    cover, source = tmp_path / "cover.mkv", tmp_path / "in.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=32x32:rate=1:duration=1", "-c:v", kind, cover)
    maps = ["-map", "0:v", "-map", "1", "-c", "copy", "-disposition:1", "attached_pic"]
    ffmpeg("-i", long, "-i", cover, *maps, source)
    target = tmp_path / f"a{ending}"
    assert main(["deblur", str(source), str(target), "--from", "4", "--to", "5"]) == 0
    assert picture(target) == picture(source)
    assert times(target) == [Fraction(number, RATE) for number in range(RATE)]


def picture(file: Path) -> bytes:
    with av.open(file) as container:
        [cover] = [stream for stream in container.streams.video if stream.disposition & Disposition.attached_pic]
        return next(bytes(packet) for packet in container.demux(cover) if packet.size)
