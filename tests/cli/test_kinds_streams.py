"""All that a file holds besides its picture, through ``vsdeblur deblur``."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from av.stream import Disposition

from tests.cli.conftest import ffmpeg, files, times, untimed
from tests.cli.kinds import COUNT, SOUND, deblurred, picture
from vsdeblur.cli import main

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
    assert untimed(capsys) == ["vsdeblur: Dolby Vision cannot go along and is lost", f"a.mkv: {COUNT} frames"]
