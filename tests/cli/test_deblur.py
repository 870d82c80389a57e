"""``vsdeblur deblur``: a file in, a file out."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import vapoursynth as vs

from tests import tiny_models
from tests.cli.conftest import FRAMES, MATRIX, SAMPLE_ASPECT, ffmpeg, files, planes, read
from vsdeblur.cli import _video, main


def sound(file: Path) -> bytes:
    return ffmpeg("-i", file, "-map", "0:a", "-c", "copy", "-f", "md5", "-")


def test_frames_are_those_of_the_plugin(weights: Path, video: Path, out: Path) -> None:
    target = out / "a.mkv"
    assert main(["deblur", str(video), str(target), "--model", "DBLRNet", "--crf", "0", "--arg", "tilesize=48,32"]) == 0
    assert files(out) == {"a.mkv"}
    before, after = read(video), read(target)
    wanted = vs.core.vsdeblur.DBLRNet(before, tilesize=[48, 32])
    assert after.num_frames == FRAMES
    assert (after.fps_num, after.fps_den, after.format.id) == (25, 1, before.format.id)
    for number in range(FRAMES):
        for ours, theirs in zip(planes(after, number), planes(wanted, number), strict=True):
            assert (ours == theirs).all()
    assert not (planes(after, 0)[0] == planes(before, 0)[0]).all()


def test_sound_colour_and_aspect_stay(weights: Path, video: Path, out: Path) -> None:
    target = out / "a.mkv"
    assert main(["deblur", str(video), str(target)]) == 0
    with read(target).get_frame(0) as frame:
        assert frame.props["_Matrix"] == MATRIX
        assert frame.props["_Range"] == 0
        assert (frame.props["_SARNum"], frame.props["_SARDen"]) == SAMPLE_ASPECT
    assert sound(target) == sound(video)


def test_instants_raise_the_frame_rate(weights: Path, video: Path, out: Path) -> None:
    model = out / "fresh.onnx"
    model.write_bytes(tiny_models.exposure())
    assert main(["deblur", str(video), str(out / "a.mp4"), "--model", str(model)]) == 0
    clip = read(out / "a.mp4")
    assert (clip.num_frames, clip.fps_num, clip.fps_den) == (7 * FRAMES, 175, 1)


def test_rgb_video_becomes_yuv(weights: Path, video: Path, out: Path) -> None:
    ffmpeg("-i", video, "-c:v", "ffv1", "-pix_fmt", "gbrp", out / "rgb.mkv")
    assert read(out / "rgb.mkv").format.color_family == vs.RGB
    assert main(["deblur", str(out / "rgb.mkv"), str(out / "a.mkv"), "--model", "DBLRNet"]) == 0
    clip = read(out / "a.mkv")
    assert (clip.format.color_family, clip.format.subsampling_w, clip.num_frames) == (vs.YUV, 0, FRAMES)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--model", "Nobody"], "--model must be one of DBLRGAN, DBLRNet, DTB, RUNet, RVD, SharpSequence, or an"),
        (["--model", "SharpSequence"], "SharpSequence: "),
        (["--model", "absent.onnx"], "Model: absent.onnx does not exist"),
        (["--arg", "segment"], "--arg must be NAME=VALUE with a name of device_id, "),
        (["--arg", "refine=1"], "--arg must be NAME=VALUE with a name of device_id, "),
        (["--arg", "segment=x"], "--arg segment must be of type int, not x"),
        (["--arg", "segment=0"], "DTB: segment must be at least 1, not 0"),
    ],
)
def test_bad_arguments_are_one_line(
    weights: Path, video: Path, out: Path, capsys: pytest.CaptureFixture[str], options: list[str], sentence: str
) -> None:
    assert main(["deblur", str(video), str(out / "a.mkv"), *options]) == 1
    assert capsys.readouterr().err.startswith(f"vsdeblur: {sentence}")
    assert files(out) == set()


def test_bad_files_are_one_line(weights: Path, video: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = out / "text.mkv"
    text.write_text("no video")
    for source, target, sentence in (
        (out / "absent.mkv", out / "a.mkv", f"there is no file {out / 'absent.mkv'}"),
        (video, video, "OUT must be another file than IN"),
        (video, text, f"{text} is there already; --overwrite replaces it"),
        (video, out / "absent" / "a.mkv", f"there is no folder {out / 'absent'}"),
        (text, out / "a.mkv", "VideoSource: "),
        (video, out / "a.nonsense", "a.nonsense: FFmpeg knows no container by the ending .nonsense"),
    ):
        assert main(["deblur", str(source), str(target)]) == 1
        message = capsys.readouterr().err
        assert message.startswith(f"vsdeblur: {sentence}")
        assert message.count("\n") == 1
    assert files(out) == {"text.mkv"}


def test_overwrite_replaces(weights: Path, video: Path, out: Path) -> None:
    (out / "a.mkv").write_text("old")
    assert main(["deblur", str(video), str(out / "a.mkv"), "--overwrite"]) == 0
    assert read(out / "a.mkv").num_frames == FRAMES


@pytest.mark.parametrize("interrupted_by", ["encoder", "filter"])
def test_a_failure_on_the_way_leaves_the_old_file_and_no_new_one(
    weights: Path,
    video: Path,
    out: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    interrupted_by: str,
) -> None:
    (out / "a.mkv").write_text("old")
    if interrupted_by == "encoder":
        # Writes something, reads a little, and gives up.
        fake = tmp_path / "ffmpeg"
        fake.write_text(
            '#!/bin/sh\nfor last; do :; done\necho half > "$last"\nhead -c 10000 > /dev/null\necho full >&2\nexit 1\n'
        )
        fake.chmod(0o755)
        monkeypatch.setattr(_video, "_find_ffmpeg", lambda: str(fake))
        sentence = "vsdeblur: ffmpeg failed: full\n"
    else:

        def interlaced_later(plugin: Any, clip: vs.VideoNode, model: str, given: list[str]) -> vs.VideoNode:
            half = FRAMES // 2
            marked = clip[:half] + vs.core.std.SetFieldBased(clip[half:], 1)
            return plugin.DTB(marked)

        monkeypatch.setattr(_video, "deblurred", interlaced_later)
        sentence = "vsdeblur: DTB: frame"
    assert main(["deblur", str(video), str(out / "a.mkv"), "--overwrite"]) == 1
    assert capsys.readouterr().err.startswith(sentence)
    assert files(out) == {"a.mkv"}
    assert (out / "a.mkv").read_text() == "old"


def test_no_ffmpeg_is_one_line(
    weights: Path, video: Path, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(out))
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    assert main(["deblur", str(video), str(out / "a.mkv")]) == 1
    assert (
        capsys.readouterr().err
        == "vsdeblur: there is no ffmpeg on the PATH; install it, or pip install imageio-ffmpeg\n"
    )


SUBTITLES = """1
00:00:00,000 --> 00:00:00,200
Hello
"""
CHAPTERS = """;FFMETADATA1
title=A name
[CHAPTER]
TIMEBASE=1/1000
START=0
END=200
title=Opening
"""


@pytest.fixture
def rich(video: Path, tmp_path: Path) -> Path:
    """The video with subtitles, a chapter, a title, an attachment, a cover and chroma that lies left."""
    for name, text in (("s.srt", SUBTITLES), ("c.txt", CHAPTERS), ("font.ttf", "a font")):
        (tmp_path / name).write_text(text)
    ffmpeg("-f", "lavfi", "-i", "color=red:16x16", "-frames:v", "1", tmp_path / "cover.png")
    file = tmp_path / "rich: a, b.mkv"
    inputs = [part for name in (video, tmp_path / "s.srt", tmp_path / "c.txt") for part in ("-i", name)]
    ffmpeg(
        *inputs, "-map", "0", "-map", "1", "-map_metadata", "2", "-map_chapters", "2", "-c:a", "copy",
        "-c:s", "subrip", "-c:v", "libx264", "-chroma_sample_location:v:0", "left", "-metadata:s:a:0", "language=fra",
        "-attach", tmp_path / "font.ttf", "-metadata:s:t:0", "mimetype=font/ttf",
        "-attach", tmp_path / "cover.png", "-metadata:s:t:1", "mimetype=image/png", f"file:{file}",
    )  # fmt: skip
    return file


def described(file: Path) -> str:
    """FFmpeg's words for a file: its streams, chapters and tags."""
    command = [_video._find_ffmpeg(), "-hide_banner", "-i", f"file:{file}"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


def test_other_streams_chapters_and_tags_come_along(weights: Path, rich: Path, out: Path) -> None:
    target = out / f"{'long ' * 49}x.mkv"
    assert len(target.name) == 250
    assert main(["deblur", str(rich), str(target)]) == 0
    assert files(out) == {target.name}
    after = described(target)
    for part in ("Subtitle: subrip", "(fra): Audio", "Attachment: ", "png", "(attached pic)", "Opening", "A name"):
        assert part in after, part
    assert sound(target) == sound(rich)
    with read(target).get_frame(0) as frame:
        assert frame.props["_ChromaLocation"] == vs.CHROMA_LEFT


def test_what_a_container_cannot_hold_is_said_before_work_begins(
    weights: Path, rich: Path, out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = out / "a.webm"
    with monkeypatch.context() as patch:
        patch.setattr(_video, "_encode", None)
        assert main(["deblur", str(rich), str(target)]) == 1
    message = capsys.readouterr().err
    assert message.startswith("vsdeblur: a.webm cannot hold stream 1 of rich: a, b.mkv (audio, ")
    assert message.endswith("); an .mkv may, and --leave-out goes on without it\n")
    assert files(out) == set()
    assert main(["deblur", str(rich), str(target), "--leave-out", "--crf", "50"]) == 0
    assert read(target).num_frames == FRAMES
    assert "Audio" not in described(target)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_nothing_behind(weights: Path, video: Path, out: Path, number: signal.Signals) -> None:
    long = out / "long.mkv"
    ffmpeg("-stream_loop", "200", "-i", video, "-c", "copy", long)
    command = [sys.executable, "-m", "vsdeblur", "deblur", str(long), str(out / "a.mkv")]
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while len(files(out)) == 1 and time.monotonic() < until:
        time.sleep(0.05)
    assert len(files(out)) == 2, "it has not begun"
    running.send_signal(number)
    assert running.wait(timeout=60) != 0
    assert files(out) == {"long.mkv"}
