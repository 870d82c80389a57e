"""Times of frames through ``vsdeblur deblur``: what goes in comes out."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from tests.cli.conftest import ffmpeg, files, times, untimed
from tests.cli.kinds import SOUND, deblurred, picture
from vsdeblur.cli import main


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
    assert untimed(capsys) == [
        f"vsdeblur: everything in b.ts is {float(late):.3f} seconds later than in in.mp4: mpegts has no times before 0,"
        " where decoding begins",
        f"b.ts: {len(shifted)} frames",
    ]


def test_avi_without_times_and_gif(weights: Path, tmp_path: Path) -> None:
    for name, codec in (("in.avi", "mjpeg"), ("in.gif", "gif")):
        ffmpeg(*picture(), "-c:v", codec, tmp_path / name)
        target = deblurred(tmp_path / name, tmp_path / f"{name}.mkv")
        assert times(target) == times(tmp_path / name)


@pytest.mark.parametrize("codec", ["libx264", "ffv1"])
def test_avi_gets_frames_in_order(weights: Path, tmp_path: Path, codec: str) -> None:
    source = tmp_path / "in.mkv"
    ffmpeg(*picture(), "-c:v", codec, "-pix_fmt", "yuv420p", source)
    assert times(deblurred(source, tmp_path / "a.avi")) == times(source)
    assert main(["deblur", str(source), str(tmp_path / "b.avi"), "--codec", "libx264"]) == 1
    assert files(tmp_path) == {"in.mkv", "a.avi", "weights"}


def test_sound_that_begins_before_the_picture(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """AAC's first packet is thrown away, which MP4 and Matroska say, and AVI cannot."""
    source = tmp_path / "in.mp4"
    ffmpeg(*picture(), *SOUND, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", source)
    delay = -float(times(source, 1)[0])
    assert delay > 0.02
    for ending in (".mp4", ".mkv", ".mov"):
        deblurred(source, tmp_path / f"a{ending}")
        assert "later" not in capsys.readouterr().err
    deblurred(source, tmp_path / "a.avi")
    assert (
        f"vsdeblur: the sound of a.avi is {delay:.3f} seconds later than in in.mp4: avi has no times before 0, where"
        " this sound begins\n"
    ) in capsys.readouterr().err


@pytest.mark.parametrize("size", ["96x64", "95x63"])
def test_one_frame(weights: Path, tmp_path: Path, size: str) -> None:
    source = tmp_path / "in.mkv"
    ffmpeg(*picture(size), "-frames:v", "1", "-c:v", "libx264", "-pix_fmt", "yuv420p", source)
    assert times(deblurred(source, tmp_path / "a.mkv")) == times(source)
