"""Picture sequences: frames/%05d.png and 'frames/*.png' as IN, out/%05d.png as OUT."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import vapoursynth as vs

from tests import tiny_models
from tests.cli.conftest import FRAMES, Run, ffmpeg, files, planes, read, times, untimed
from tests.digest import digest
from vsdeblur.cli import main
from vsdeblur.video import outlets

SIZE = (32, 48)
NAME = "%05d.png"


def sequence(folder: Path, pixels: str = "rgb24", name: str = NAME, start: int = 1, count: int = FRAMES) -> Path:
    """Pictures of noise, as other programs number them; returns their pattern."""
    folder.mkdir(exist_ok=True)
    noise = "geq=r='random(1)*255':g='random(2)*255':b='random(3)*255':a='X*5'"
    given = ["-f", "lavfi", "-i", f"testsrc2=size={SIZE[1]}x{SIZE[0]}:rate=25,format=gbrap,{noise}"]
    ffmpeg(*given, "-frames:v", str(count), "-pix_fmt", pixels, "-start_number", str(start), folder / name)
    return folder / name


def decoded(file: Path) -> Any:
    with av.open(file) as container:
        frame = next(container.decode(video=0))
        return frame.format.name, frame.to_ndarray()


def as_video(pattern: Path, target: Path, pixels: str, start: int = 1) -> vs.VideoNode:
    """The pictures in a lossless file, which BestSource reads."""
    ffmpeg("-start_number", str(start), "-i", pattern, "-c:v", "ffv1", "-level", "3", "-pix_fmt", pixels, target)
    return read(target)


def deblur(*arguments: str | Path) -> None:
    assert main(["deblur", *map(str, arguments)]) == 0


@pytest.mark.parametrize("ending", ["png", "tif", "dpx"])
@pytest.mark.parametrize("depth", [8, 16])
def test_rgb_keeps_its_depth(weights: Path, tmp_path: Path, out: Path, ending: str, depth: int) -> None:
    pixels, planar = ("rgb24", "gbrp") if depth == 8 else ("rgb48", "gbrp16le")
    order = {"png": "be", "tif": "le", "dpx": "be"}[ending] if depth == 16 else ""
    pattern = sequence(tmp_path / "in", f"{pixels}{order}", f"%05d.{ending}")
    deblur(pattern, out / f"%05d.{ending}", "--model", "DBLRNet")
    assert files(out) == {f"{n:05}.{ending}" for n in range(1, FRAMES + 1)}
    wanted = vs.core.vsdeblur.DBLRNet(as_video(pattern, tmp_path / "in.mkv", planar))
    for n in range(FRAMES):
        name, picture = decoded(out / f"{n + 1:05}.{ending}")
        assert name.startswith(pixels)
        assert (picture == np.stack(planes(wanted, n), axis=-1)).all()


@pytest.mark.parametrize("pixels", ["gray", "gray16be"])
def test_gray_stays_gray(weights: Path, tmp_path: Path, out: Path, pixels: str) -> None:
    pattern = sequence(tmp_path / "in", pixels)
    deblur(pattern, out / NAME, "--model", "DBLRNet")
    clip = as_video(pattern, tmp_path / "in.mkv", pixels.replace("be", "le"))
    wanted = vs.core.vsdeblur.DBLRNet(clip.std.SetFrameProps(_Range=1))
    name, picture = decoded(out / "00003.png")
    assert name == pixels
    assert (picture == planes(wanted, 2)[0]).all()


@pytest.mark.parametrize(("pixels", "planar"), [("rgba", "gbrap"), ("rgba64be", "gbrap16le")])
def test_alpha_stays(weights: Path, tmp_path: Path, out: Path, pixels: str, planar: str) -> None:
    pattern = sequence(tmp_path / "in", pixels)
    deblur(pattern, out / NAME)
    wanted = vs.core.vsdeblur.RUNet(as_video(pattern, tmp_path / "in.mkv", planar))
    for n in (0, FRAMES - 1):
        name, picture = decoded(out / f"{n + 1:05}.png")
        assert name == pixels
        assert (picture[..., 3] == decoded(tmp_path / "in" / f"{n + 1:05}.png")[1][..., 3]).all()
        assert (picture[..., :3] == np.stack(planes(wanted, n), axis=-1)).all()


@pytest.mark.parametrize("pixels", ["ya8", "pal8"])
def test_what_is_in_a_form_of_its_own_becomes_rgb(weights: Path, tmp_path: Path, out: Path, pixels: str) -> None:
    (weights / "RUNet.onnx").write_bytes(tiny_models.identity(name="RUNet"))
    pattern = sequence(tmp_path / "in", pixels)
    deblur(pattern, out / NAME)
    with av.open(tmp_path / "in" / "00001.png") as container:
        before = next(container.decode(video=0)).reformat(format="rgba").to_ndarray()
    name, after = decoded(out / "00001.png")
    assert name == ("rgba" if (before[..., 3] < 255).any() else "rgb24")
    assert (after[..., :3] == before[..., :3]).all()


def test_numbers_stay(weights: Path, tmp_path: Path, out: Path) -> None:
    deblur(sequence(tmp_path / "in", start=98, name="a-%d.png"), out / "b%03d.png")
    assert files(out) == {f"b{n:03}.png" for n in range(98, 98 + FRAMES)}


def test_a_part_keeps_its_numbers(weights: Path, tmp_path: Path, out: Path) -> None:
    pattern = sequence(tmp_path / "in", start=10)
    deblur(pattern, out / "all%05d.png")
    deblur(pattern, out / NAME, "--frames", "3:5")
    assert files(out) >= {"00013.png", "00014.png"}
    for n in (13, 14):
        assert digest(out / f"{n:05}.png") == digest(out / f"all{n:05}.png")


def test_instants_are_numbered_from_one(
    weights: Path, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "fresh.onnx"
    model.write_bytes(tiny_models.exposure())
    deblur(sequence(tmp_path / "in", start=10), out / NAME, "--model", model)
    assert files(out) == {f"{n:05}.png" for n in range(1, 7 * FRAMES + 1)}
    assert untimed(capsys) == [f"{NAME}: {7 * FRAMES} frames"]


def test_a_glob_is_in_the_order_of_numbers(weights: Path, tmp_path: Path, out: Path) -> None:
    pattern = sequence(tmp_path / "in", name="a%d.png", start=5)  # a10 would be before a5
    deblur(pattern, out / "b%d.png")
    deblur(tmp_path / "in" / "*.png", out / "c%d.png")
    for n in range(FRAMES):
        assert digest(out / f"b{n + 5}.png") == digest(out / f"c{n + 1}.png")


@pytest.mark.parametrize(("given", "rate"), [([], Fraction(25)), (["--rate", "24000/1001"], Fraction(24000, 1001))])
def test_into_a_video(weights: Path, tmp_path: Path, out: Path, given: list[str], rate: Fraction) -> None:
    pattern = sequence(tmp_path / "in", count=90)
    deblur(pattern, out / "a.mp4", "--lossless", *given)
    assert files(out) == {"a.mp4"}
    clip, wanted = read(out / "a.mp4"), vs.core.vsdeblur.RUNet(as_video(pattern, tmp_path / "in.mkv", "gbrp"))
    assert times(out / "a.mp4") == [n / rate for n in range(90)]
    for n in (0, 79, 80, 89):
        assert all((a == b).all() for a, b in zip(planes(clip, n), planes(wanted, n), strict=True))


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv444p10le"])
def test_a_video_into_pictures(weights: Path, tmp_path: Path, out: Path, pixels: str) -> None:
    source = tmp_path / "in.mkv"
    given = ["-f", "lavfi", "-i", "testsrc2=size=48x32:rate=25", "-frames:v", str(FRAMES)]
    tags = "setparams=colorspace=bt709:range=limited:chroma_location=left"
    ffmpeg(*given, "-vf", f"format={pixels},{tags}", "-c:v", "ffv1", source)
    deblur(source, out / NAME)
    deep = pixels.endswith("10le")
    wanted = vs.core.vsdeblur.RUNet(read(source)).resize.Bicubic(format=vs.RGB48 if deep else vs.RGB24)
    for n in range(FRAMES):
        name, picture = decoded(out / f"{n + 1:05}.png")
        assert name == ("rgb48be" if deep else "rgb24")
        assert (picture == np.stack(planes(wanted, n), axis=-1)).all()


def test_jpeg_is_read(weights: Path, tmp_path: Path, out: Path) -> None:
    pattern = sequence(tmp_path / "in", "yuvj420p", "%d.jpg")
    deblur(pattern, out / "a.mkv", "--lossless", "--model", "DBLRNet")
    ffmpeg("-i", pattern, "-c", "copy", tmp_path / "in.mkv")
    clip, wanted = read(out / "a.mkv"), vs.core.vsdeblur.DBLRNet(read(tmp_path / "in.mkv"))
    for n in range(FRAMES):
        assert all((a == b).all() for a, b in zip(planes(clip, n), planes(wanted, n), strict=True))
    with clip.get_frame(0) as frame:
        assert frame.props["_Range"] == 1


def test_names_that_ffmpeg_would_take_apart(weights: Path, tmp_path: Path, out: Path) -> None:
    folder = out / "50% a:b"
    folder.mkdir()
    deblur(sequence(tmp_path / "in"), folder / NAME)
    assert files(folder) == {f"{n:05}.png" for n in range(1, FRAMES + 1)}


def test_pipes_and_pictures(weights: Path, tmp_path: Path, out: Path) -> None:
    pattern = sequence(tmp_path / "in", "gray", count=90)
    ffmpeg("-i", pattern, "-pix_fmt", "gray", tmp_path / "in.y4m")
    command = [sys.executable, "-m", "vsdeblur", "deblur"]
    given = {"input": (tmp_path / "in.y4m").read_bytes(), "capture_output": True, "timeout": 300}
    from_pictures = subprocess.run([*command, pattern, "-"], **given)
    from_pipe = subprocess.run([*command, "-", "-"], **given)
    assert (from_pictures.returncode, from_pipe.returncode) == (0, 0)
    assert digest(from_pictures.stdout.partition(b"\n")[2]) == digest(from_pipe.stdout.partition(b"\n")[2])
    assert subprocess.run([*command, "-", out / NAME], **given).returncode == 0
    deblur(pattern, out / "a%05d.png")
    assert len(files(out)) == 180
    for n in range(1, 91):
        assert digest(out / f"{n:05}.png") == digest(out / f"a{n:05}.png")


@pytest.fixture
def broken_off(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Has a run be broken off once so many pictures are written."""

    def at(count: int) -> None:
        encode = outlets.encode

        def breaking(*given: Any, report: Callable[[int], None], **named: Any) -> None:
            def heard(done: int) -> None:
                report(done)
                if done == count:
                    raise KeyboardInterrupt

            encode(*given, report=heard, **named)

        monkeypatch.setattr(outlets, "encode", breaking)

    return at


def test_resume(
    weights: Path, tmp_path: Path, out: Path, broken_off: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    pattern, whole = sequence(tmp_path / "in", start=7, count=100), tmp_path / "whole"
    whole.mkdir()
    deblur(pattern, whole / NAME)
    broken_off(30)
    assert main(["deblur", str(pattern), str(out / NAME)]) == 130
    monkeypatch.undo()
    monkeypatch.setenv("VSDEBLUR_WEIGHTS", str(weights))
    there = files(out)
    assert 20 <= len(there) <= 30
    assert there < files(whole)
    before = {name: (out / name).stat().st_mtime_ns for name in there}
    assert main(["deblur", str(pattern), str(out / NAME)]) == 1
    deblur(pattern, out / NAME, "--resume")
    assert {name: digest(out / name) for name in files(out)} == {name: digest(whole / name) for name in files(whole)}
    assert {name: (out / name).stat().st_mtime_ns for name in there} == before


def test_pictures_that_are_there_stay(
    weights: Path, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pattern = sequence(tmp_path / "in")
    (out / "00012.png").write_text("old")
    (out / "00013.png").write_text("another's")
    assert main(["deblur", str(pattern), str(out / NAME)]) == 1
    assert capsys.readouterr().err.startswith(
        f"vsdeblur: {out / '00012.png'} is there already; --overwrite replaces it"
    )
    assert files(out) == {"00012.png", "00013.png"}
    deblur(pattern, out / NAME, "--overwrite")
    assert decoded(out / "00012.png")[0] == "rgb24"
    assert (out / "00013.png").read_text() == "another's"


def test_bad_sequences_are_one_line_with_the_file(
    weights: Path, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pattern = sequence(tmp_path / "in")
    folder = pattern.parent

    def refused(sentence: str, *arguments: str | Path) -> None:
        assert main(["deblur", *map(str, arguments or (pattern, out / NAME))]) == 1
        message = capsys.readouterr().err
        assert message.startswith(f"vsdeblur: {sentence}")
        assert message.count("\n") == 1
        assert files(out) == set()

    refused("%05d.jpg: pictures are written as .png, .tif, .tiff, .bmp, .tga, .dpx, not as", pattern, out / "%05d.jpg")
    refused("a.png needs a place for a number, such as %05d", pattern, out / "a.png")
    refused("--codec is for video; the ending of OUT", pattern, out / NAME, "--codec", "png")
    refused("Y4M cannot hold gbrp: it has YUV and gray", pattern, "-")
    refused("--resume needs a video file as IN, or pictures as OUT", pattern, out / "a.mkv", "--resume")
    refused(f"there is no folder {out / 'absent'}", pattern, out / "absent" / NAME)
    refused(f"there is no picture {folder / '*.tif'}", folder / "*.tif", out / NAME)
    refused(
        "--rate is for a picture sequence as IN; a video has its own", tmp_path / "a.mkv", out / NAME, "--rate", "3"
    )
    refused(f"{folder} is a folder: --out-dir FOLDER takes all videos in it; a picture ", folder, out / NAME)
    sequence(folder / "small", "rgba", "%d.png", count=1)
    (folder / "small" / "1.png").rename(folder / "00013.png")
    refused(f"{folder / '00013.png'} is 48x32 rgba, and 00001.png is 48x32 rgb24: all must be alike")
    (folder / "00013.png").write_text("text")
    refused(f"{folder / '00013.png'} is no picture that FFmpeg can read")
    (folder / "00004.png").unlink()
    refused(f"{folder / '00004.png'} is not there, and 00005.png is: a picture is lacking")


def test_a_picture_that_ends_early(
    weights: Path, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pattern = sequence(tmp_path / "in", name="%d.bmp")
    broken = tmp_path / "in" / "5.bmp"
    broken.write_bytes(broken.read_bytes()[:3000])
    assert main(["deblur", str(pattern), str(out / "a.mkv")]) == 1
    message = capsys.readouterr().err
    assert message.startswith(f"vsdeblur: {broken} is no picture that FFmpeg can read: Invalid data found when")
    assert message.count("\n") == 1
    assert files(out) == set()


def test_unquoted_patterns_are_noticed(vsdeblur: Run) -> None:
    done = vsdeblur("deblur", "1.png", "2.png", "3.png", "a.mkv")
    assert done.returncode == 2
    assert done.stderr.endswith(
        "error: quote the pattern of a picture sequence, such as '*.png': give IN OUT, or IN... --out-dir FOLDER\n"
    )
