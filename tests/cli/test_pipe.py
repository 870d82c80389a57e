"""Y4M on pipes: ``vsdeblur deblur - OUT``, ``IN -`` and ``- -``."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg
import numpy as np
import pytest
import vapoursynth as vs

from tests import tiny_models
from tests.cli.conftest import FRAMES, ffmpeg, files, pictures, planes, read, times
from tests.digest import digest
from vsdeblur.video.feed import Feed, Reach, chunks
from vsdeblur.video.y4m import Reader

MANY = 171  # frames: three of the engine's segments
COMMAND = [sys.executable, "-m", "vsdeblur", "deblur"]
NOISE = "geq=lum='random(1)*255':cb='random(2)*255':cr='random(3)*255'"


def y4m(file: Path, pixels: str = "yuv420p", count: int = FRAMES, size: str = "48x32", filters: str = "null") -> Path:
    picture = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate=30000/1001"]
    ffmpeg(*picture, "-frames:v", str(count), "-vf", filters, "-pix_fmt", pixels, "-strict", "-1", file)
    return file


def piped(source: Path | bytes, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    """The command with a file, or bytes, on its standard input."""
    given = source if isinstance(source, bytes) else source.read_bytes()
    return subprocess.run([*COMMAND, *arguments], input=given, capture_output=True, timeout=300)


def kept(done: subprocess.CompletedProcess[bytes], file: Path) -> vs.VideoNode:
    """The Y4M on a command's standard output as a clip."""
    assert done.returncode == 0, done.stderr.decode()
    file.write_bytes(done.stdout)
    return read(file)


def assert_equal(ours: vs.VideoNode, theirs: vs.VideoNode) -> None:
    assert (ours.num_frames, ours.format.id) == (theirs.num_frames, theirs.format.id)
    assert (ours.width, ours.height, ours.fps) == (theirs.width, theirs.height, theirs.fps)
    for number in range(ours.num_frames):
        for mine, other in zip(planes(ours, number), planes(theirs, number), strict=True):
            assert (mine == other).all(), number


def first_line(data: bytes) -> list[str]:
    return data.partition(b"\n")[0].decode().split()


FORMATS = ["yuv420p", "yuv422p", "yuv444p", "yuv411p", "gray", "yuv420p10le", "yuv422p12le", "yuv444p14le"]
FORMATS += ["yuv420p9le", "yuv444p16le", "gray10le", "gray16le"]


@pytest.mark.parametrize("pixels", FORMATS)
def test_frames_and_format_are_those_of_a_file(weights: Path, tmp_path: Path, pixels: str) -> None:
    source = y4m(tmp_path / "in.y4m", pixels)
    clip = kept(piped(source, "-", "-", "--model", "DBLRNet"), tmp_path / "out.y4m")
    assert_equal(clip, vs.core.vsdeblur.DBLRNet(read(source)))
    assert first_line((tmp_path / "out.y4m").read_bytes()) == first_line(source.read_bytes())
    assert (tmp_path / "out.y4m").stat().st_size == source.stat().st_size


@pytest.mark.parametrize("model", ["RUNet", "DBLRGAN"])
@pytest.mark.parametrize("count", [1, 79, 80, 81, 82, MANY])
def test_the_end_may_lie_anywhere(weights: Path, tmp_path: Path, model: str, count: int) -> None:
    five = tiny_models.weighted([[0.1, 0.1, 0.4, 0.1, 0.3]], window=(2, 2), outputs="0", name="DBLRGAN")
    (weights / "DBLRGAN.onnx").write_bytes(five)
    source = y4m(tmp_path / "in.y4m", count=count)
    clip = kept(piped(source, "-", "-", "--model", model), tmp_path / "out.y4m")
    assert_equal(clip, getattr(vs.core.vsdeblur, model)(read(source)))


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("RUNet", {"segment": 30, "preroll": 30}),
        ("RUNet", {"segment": 100, "preroll": 0, "sc_threshold": 0.001}),
        ("RVD", {"stride": 5}),
        ("RVD", {"stride": 3, "sc": 0}),
    ],
)
def test_arguments_reach_as_far_as_for_files(
    weights: Path, tmp_path: Path, model: str, options: dict[str, Any]
) -> None:
    (weights / "RVD.onnx").write_bytes(tiny_models.centred(name="RVD"))
    source = y4m(tmp_path / "in.y4m", count=MANY, filters=NOISE)
    given = [text for name, value in options.items() for text in ("--arg", f"{name}={value}")]
    clip = kept(piped(source, "-", "-", "--model", model, *given), tmp_path / "out.y4m")
    assert_equal(clip, getattr(vs.core.vsdeblur, model)(read(source), **options))


def test_instants_raise_the_frame_rate(weights: Path, tmp_path: Path) -> None:
    model = tmp_path / "fresh.onnx"
    model.write_bytes(tiny_models.exposure())
    source = y4m(tmp_path / "in.y4m", count=90)
    clip = kept(piped(source, "-", "-", "--model", model), tmp_path / "out.y4m")
    assert_equal(clip, vs.core.vsdeblur.Model(read(source), str(model)))
    assert clip.fps == Fraction(210000, 1001)


@pytest.mark.parametrize(
    "tags",
    [
        "Ip A4:3 C420mpeg2 XYSCSS=420MPEG2 XCOLORRANGE=FULL",
        "Ip A1:1 C420jpeg XYSCSS=420JPEG XCOLORRANGE=LIMITED",
        "Ip A10:11 C420paldv XYSCSS=420PALDV",
    ],
)
def test_header_stays(weights: Path, tmp_path: Path, tags: str) -> None:
    body = y4m(tmp_path / "in.y4m").read_bytes().partition(b"\n")[2]
    line = f"YUV4MPEG2 W48 H32 F24000:1001 {tags}"
    done = piped(f"{line}\n".encode() + body, "-", "-")
    assert (done.returncode, done.stdout.partition(b"\n")[0].decode()) == (0, line)


@pytest.mark.parametrize(
    "line", ["YUV4MPEG2 W48 H32 F25:1 Ip A0:0 C420", "YUV4MPEG2 C420jpeg H32 W48 F25:1 XLENGTH=12"]
)
def test_headers_of_other_programs(weights: Path, tmp_path: Path, line: str) -> None:
    body = y4m(tmp_path / "in.y4m").read_bytes().partition(b"\n")[2]
    source = tmp_path / "other.y4m"
    source.write_bytes(f"{line}\n".encode() + body)
    clip = kept(piped(source, "-", "-"), tmp_path / "out.y4m")
    assert_equal(clip, vs.core.vsdeblur.RUNet(read(source)))


@pytest.mark.parametrize(
    ("size", "pixels", "name", "options"),
    [
        ("48x32", "yuv420p", "a.mkv", []),
        ("48x32", "yuv420p10le", "a.mp4", ["--crf", "30"]),
        ("49x33", "yuv420p", "a.webm", []),
        ("48x32", "yuv422p", "a.mov", ["--preset", "fast"]),
        ("48x32", "yuv420p", "a.ts", []),
    ],
)
def test_a_pipe_and_a_file_give_the_same_file(
    weights: Path, tmp_path: Path, out: Path, size: str, pixels: str, name: str, options: list[str]
) -> None:
    source = y4m(tmp_path / "in.y4m", pixels, MANY, size, "setsar=4/3")
    done = piped(source, "-", out / name, *options)
    assert (done.returncode, files(out)) == (0, {name}), done.stderr.decode()
    assert f"{name}: {MANY} frames in " in done.stderr.decode().splitlines()[-1]
    wanted = tmp_path / name
    assert subprocess.run([*COMMAND, source, wanted, *options]).returncode == 0
    assert digest(out / name) == digest(wanted)
    assert len(times(wanted)) == MANY


def test_a_file_for_a_pipe(weights: Path, video: Path, tmp_path: Path) -> None:
    clip = kept(piped(b"", video, "-"), tmp_path / "out.y4m")
    assert_equal(clip, vs.core.vsdeblur.RUNet(read(video)))
    assert first_line((tmp_path / "out.y4m").read_bytes())[4:] == [
        *("Ip", "A4:3", "C420mpeg2", "XYSCSS=420MPEG2", "XCOLORRANGE=LIMITED"),
    ]


def test_a_part_of_a_file_for_a_pipe(weights: Path, video: Path, tmp_path: Path) -> None:
    clip = kept(piped(b"", video, "-", "--frames", "3:9"), tmp_path / "out.y4m")
    assert_equal(clip, vs.core.vsdeblur.RUNet(read(video))[3:9])


def test_odd_sizes(weights: Path, tmp_path: Path) -> None:
    source = y4m(tmp_path / "in.y4m", size="49x33")
    both = piped(source, "-", "-", "--model", "DBLRNet"), piped(b"", source, "-", "--model", "DBLRNet")
    assert [done.returncode for done in both] == [0, 0]
    assert digest(both[0].stdout) == digest(both[1].stdout)
    assert len(both[0].stdout) == source.stat().st_size


@pytest.mark.parametrize("turn", [90, 180])
def test_a_turned_picture_comes_upright(weights: Path, tmp_path: Path, turn: int) -> None:
    straight, source = tmp_path / "straight.mp4", tmp_path / "in.mp4"
    ffmpeg("-i", y4m(tmp_path / "in.y4m"), "-vf", "setsar=4/3", "-c:v", "libx264", "-qp", "0", straight)
    ffmpeg("-display_rotation", str(turn), "-i", straight, "-c", "copy", source)
    done = piped(b"", source, "-", "--model", "DBLRNet")
    upright = vs.core.bs.VideoSource(str(source), cachemode=0, apply_rotation=1)
    assert_equal(kept(done, tmp_path / "out.y4m"), vs.core.vsdeblur.DBLRNet(upright))
    size, shape = (["W32", "H48"], "A3:4") if turn == 90 else (["W48", "H32"], "A4:3")
    assert (first_line(done.stdout)[1:3], first_line(done.stdout)[5]) == (size, shape)


def test_between_ffmpeg_and_ffmpeg(weights: Path, video: Path, tmp_path: Path) -> None:
    program = imageio_ffmpeg.get_ffmpeg_exe()
    first = [program, "-v", "error", "-i", video, "-f", "yuv4mpegpipe", "-"]
    last = [program, "-v", "error", "-f", "yuv4mpegpipe", "-i", "-", "-c:v", "ffv1", tmp_path / "out.mkv"]
    with (
        subprocess.Popen(first, stdout=subprocess.PIPE) as reading,
        subprocess.Popen([*COMMAND, "-", "-"], stdin=reading.stdout, stdout=subprocess.PIPE) as work,
    ):
        subprocess.run(last, stdin=work.stdout, check=True, timeout=300)
    assert (reading.returncode, work.returncode) == (0, 0)
    ours, theirs = read(tmp_path / "out.mkv"), vs.core.vsdeblur.RUNet(read(video))
    assert_equal(ours, theirs)


def test_few_frames_are_kept(weights: Path, tmp_path: Path) -> None:
    """However many come: a segment, and what its ends read beside it."""
    source = y4m(tmp_path / "in.y4m", count=500)
    with source.open("rb") as pipe:
        reader = Reader(pipe, progressive=False)
        feed = Feed(iter(reader), reader.shape)
        kept, done = [], 0
        for clip, count in chunks(feed, vs.core.vsdeblur.RUNet, 80, lambda: Reach(before=5, after=3)):
            kept.append(feed.kept)
            done += sum(1 for _ in clip.frames(close=True))
            assert done == min(80 * len(kept), 500)
            assert count == clip.num_frames
    assert done == 500
    assert max(kept) == 80 + 5 + 3


def test_a_reader_that_goes_ends_it_quietly(weights: Path, tmp_path: Path) -> None:
    source = y4m(tmp_path / "in.y4m", count=MANY, size="320x240")
    with source.open("rb") as given:
        command = [*COMMAND, "-", "-"]
        pipes = {"stdin": given, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(command, **pipes) as work:  # type: ignore[call-overload]
            work.stdout.read(1000)
            work.stdout.close()
            message = work.stderr.read()
    assert (work.returncode, message) == (1, b"")


def test_a_stream_that_breaks_off(weights: Path, tmp_path: Path, out: Path) -> None:
    whole = y4m(tmp_path / "in.y4m").read_bytes()
    done = piped(whole[:-100], "-", out / "a.mkv")
    assert (done.returncode, done.stderr) == (1, b"vsdeblur: the standard input breaks off within frame 11\n")
    assert files(out) == set()


def test_interlaced(weights: Path, tmp_path: Path) -> None:
    whole = y4m(tmp_path / "in.y4m").read_bytes()
    marked = whole.replace(b" Ip ", b" It ")
    done = piped(marked, "-", "-")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"vsdeblur: the standard input is interlaced; --progressive takes ")
    assert digest(piped(marked, "-", "-", "--progressive").stdout) == digest(piped(whole, "-", "-").stdout)


def test_a_varying_rate_is_refused(weights: Path, video: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.mkv"
    ffmpeg("-i", video, "-vf", "setpts='(N+floor(N*N/7))/25/TB'", "-fps_mode", "vfr", "-an", source)
    done = piped(b"", source, "-")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"vsdeblur: the frame rate of in.mkv varies, and Y4M on - has one rate")
    assert piped(b"", source, "-", "--leave-out").returncode == 0


@pytest.mark.parametrize(
    ("given", "arguments", "sentence"),
    [
        (b"", ["-", "-"], "the standard input is empty; ffmpeg -i FILE -f yuv4mpegpipe"),
        (b"RIFF", ["-", "-"], "the standard input is no Y4M; ffmpeg -i FILE -f yuv4mpegpipe"),
        (b"", ["-", "-", "--resume"], "--resume needs files as IN and OUT: "),
        (b"", ["-", "a.mkv", "--from", "3"], "--from, --to and --frames need a file as IN, not -"),
        (b"", ["-", "a.mkv", "--deinterlace"], "--deinterlace needs a file as IN, not -"),
        (b"", ["-", "-", "--workers", "2"], "--workers and --scheduler need video files as IN and OUT"),
        (b"", ["-", "-", "--crf", "3"], "--codec and the other arguments of encoders need a file as OUT"),
        (b"", ["-", "-", "--overwrite"], "--overwrite needs a file as OUT, not -"),
        (b"", ["-", "a.nonsense"], "a.nonsense: there is no container by the ending .nonsense; "),
        (b"", ["-", "absent/a.mkv"], "there is no folder absent"),
        (b"", ["absent.mkv", "-"], "there is no file absent.mkv"),
    ],
)
def test_bad_arguments_are_one_line(
    weights: Path, tmp_path: Path, given: bytes, arguments: list[str], sentence: str
) -> None:
    done = subprocess.run([*COMMAND, *arguments], input=given, capture_output=True, timeout=300, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().startswith(f"vsdeblur: {sentence}")
    assert done.stderr.count(b"\n") == 1


def test_bad_arguments_of_the_network_come_before_any_frame(weights: Path, tmp_path: Path) -> None:
    done = piped(y4m(tmp_path / "in.y4m"), "-", "-", "--arg", "segment=0")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"vsdeblur: RUNet: segment must be at least 1, not 0\n"


def test_rgb_and_alpha_are_refused(weights: Path, video: Path, tmp_path: Path) -> None:
    for pixels, word in (("bgra", "alpha"), ("gbrp", "gbrp")):
        ffmpeg("-i", video, "-c:v", "ffv1", "-pix_fmt", pixels, "-an", tmp_path / "in.mkv")
        done = piped(b"", tmp_path / "in.mkv", "-")
        assert (done.returncode, done.stdout) == (1, b"")
        assert done.stderr.startswith(f"vsdeblur: Y4M cannot hold {word}: ".encode())


def test_a_file_that_is_there_stays(weights: Path, tmp_path: Path, out: Path) -> None:
    source, target = y4m(tmp_path / "in.y4m"), out / "a.mkv"
    target.write_text("old")
    done = piped(source, "-", target)
    assert done.stderr.decode() == f"vsdeblur: {target} is there already; --overwrite replaces it\n"
    assert target.read_text() == "old"
    assert piped(source, "-", target, "--overwrite").returncode == 0
    assert len(pictures(target)) == FRAMES


def test_python_reads_what_comes_out(weights: Path, tmp_path: Path) -> None:
    """With a reader of its own, PyAV's, and to the last byte."""
    source = y4m(tmp_path / "in.y4m", "gray")
    done = piped(source, "-", "-", "--model", "DBLRNet")
    (tmp_path / "out.y4m").write_bytes(done.stdout)
    with av.open(tmp_path / "out.y4m") as file:
        rows = [frame.to_ndarray() for frame in file.decode(video=0)]
    wanted = vs.core.vsdeblur.DBLRNet(read(source))
    assert (np.stack(rows) == np.stack([planes(wanted, n)[0] for n in range(FRAMES)])).all()
