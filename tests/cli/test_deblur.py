"""``vsdeblur deblur``: a file in, a file out."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import vapoursynth as vs

from tests import tiny_models
from tests.cli.conftest import FRAMES, MATRIX, SAMPLE_ASPECT, ffmpeg, files, planes, read
from vsdeblur.cli import _arguments, main


def sound(file: Path) -> bytes:
    return ffmpeg("-i", file, "-map", "0:a", "-c", "copy", "-f", "md5", "-")


def test_frames_are_those_of_the_plugin(weights: Path, video: Path, out: Path) -> None:
    target = out / "a.mkv"
    assert main(["deblur", str(video), str(target), "--model", "DBLRNet", "--lossless", "--arg", "tilesize=48,32"]) == 0
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


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--model", "Nobody"], "--model must be one of DBLRGAN, DBLRNet, DTB, RUNet, RVD, SharpSequence, or an"),
        (["--model", "SharpSequence"], "SharpSequence: "),
        (["--model", "absent.onnx"], "Model: absent.onnx does not exist"),
        (["--arg", "segment"], "--arg must be NAME=VALUE with a name of device_id, "),
        (["--arg", "refine=1"], "--arg must be NAME=VALUE with a name of device_id, "),
        (["--arg", "segment=x"], "--arg segment must be of type int, not x"),
        (["--arg", "segment=0"], "RUNet: segment must be at least 1, not 0"),
        (["--codec", "nonsense"], "--codec must be the name of an encoder, such as libx264, "),
        (["--codec", "libx265", "--preset", "nonsense"], "the encoder libx265 refuses: "),
        (
            ["--codec", "ffv1", "--crf", "20"],
            "--crf is for libx264, libx264rgb, libx265, libvpx-vp9, libsvtav1: not for",
        ),
        (["--lossless", "--crf", "20"], "--crf is for libx264, libx264rgb, libx265, libvpx-vp9, libsvtav1: --lossless"),
        (["--codec", "ffv1", "--preset", "slow"], "--preset is for libx264, "),
        (["--codec", "mpeg4", "--lossless"], "--lossless is for libx264, "),
        (["--encoder-option", "bf"], "--encoder-option must be NAME=VALUE, not bf"),
        (["--encoder-option", "nonsense=1"], "the encoder libx264 has no option nonsense"),
        (["--frames", "5:13"], "--frames must be FIRST:END with 0 <= FIRST < END <= 12, not 5:13"),
        (["--from", "7"], "--from and --to leave no frame of 0.48 seconds"),
        (["--from", "0", "--frames", "0:1"], "--frames and --from, --to say the same"),
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
        (text, out / "a.mkv", f"{text} is no file that FFmpeg can read: Invalid data"),
        (video, out / "a.nonsense", "a.nonsense: there is no container by the ending .nonsense; there are .mkv, "),
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


@pytest.mark.parametrize("package", ["av", "tqdm", "imageio_ffmpeg"])
def test_a_lacking_package_is_one_line(
    weights: Path,
    video: Path,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    package: str,
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(_arguments, "find_spec", lambda name: None if name == package else found(name))
    assert main(["deblur", str(video), str(out / "a.mkv")]) == 1
    assert capsys.readouterr().err.endswith('; pip install "vsdeblur[video]"\n')
