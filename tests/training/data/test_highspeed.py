from __future__ import annotations

import shutil
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import pytest
import torch
from PIL import Image

from tests.digest import digest
from tests.tolerances import EIGHT_BITS, H264_CHANGES, YUV_SHIFT
from tests.training.conftest import picture
from training.data.blur import to_encoded, to_linear
from training.data.highspeed import ACCURATE, Exposure, exposures, make_clips, read_subframes
from training.data.pairs import PairedClip, PairError, find_pairs
from training.synthesize import main
from vsdeblur.measures.metrics import psnr

SEVEN = Exposure(7, 9)


def subframes(count: int, seed: int = 1) -> list[np.ndarray]:
    large = picture(seed, 32, 48 + count)
    return [large[:, n : n + 48].copy() for n in range(count)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twenty-five sub-frames: at tau 7 and T 9 two whole exposures, of 0 to 6 and 9 to 15, and 18 to 24."""
    source = tmp_path / "source"
    source.mkdir()
    for number, frame in enumerate(subframes(25)):
        Image.fromarray(frame).save(source / f"{number:04}.png")
    return source


def only(out: Path) -> PairedClip:
    (clip,) = find_pairs(out)
    return clip


@pytest.mark.parametrize("light", ["linear", "gamma"])
def test_frames_follow_equation_1(light: str) -> None:
    frames = subframes(25)
    pairs = list(exposures(frames, Exposure(7, 9, light)))
    assert len(pairs) == 3
    for n, (blurred, sharp, instants) in enumerate(pairs):
        taken = torch.tensor(np.array(frames[9 * n : 9 * n + 7])).double() / 255
        expected = to_encoded(to_linear(taken).mean(0)) if light == "linear" else (taken**2.2).mean(0) ** (1 / 2.2)
        assert np.abs(blurred - expected.numpy() * 255).max() <= EIGHT_BITS * 255
        assert np.array_equal(sharp, frames[9 * n + 3])
        assert instants == []


def test_the_two_lights_differ() -> None:
    black_and_white = [np.full((4, 4, 3), 255 * (n % 2), np.uint8) for n in range(3)]
    lights = [Exposure(3, 3, light) for light in ("linear", "gamma")]
    means = {one.light: int(next(exposures(black_and_white, one))[0][0, 0, 0]) for one in lights}
    assert means == {"linear": round(255 * 0.6124), "gamma": round(255 * (1 / 3) ** (1 / 2.2))}


@pytest.mark.parametrize(("tau", "places"), [(7, range(7)), (13, range(0, 13, 2)), (9, [0, 1, 3, 4, 5, 7, 8])])
def test_instants_span_the_exposure(tau: int, places: list[int]) -> None:
    frames = subframes(2 * tau)
    for n, (_, sharp, instants) in enumerate(exposures(frames, Exposure(tau, tau, instants=7))):
        assert all(np.array_equal(a, frames[n * tau + k]) for a, k in zip(instants, places, strict=True))
        assert np.array_equal(instants[3], sharp)


def test_a_folder_becomes_a_clip(folder: Path, tmp_path: Path) -> None:
    make_clips([folder], tmp_path / "out", Exposure(7, 9, instants=7))
    clip = only(tmp_path / "out")
    blurred, sharp = clip.read()
    expected = list(exposures(subframes(25), SEVEN))
    assert clip.name == "source"
    assert all(np.array_equal(a, b[0]) for a, b in zip(blurred, expected, strict=True))
    assert all(np.array_equal(a, b[1]) for a, b in zip(sharp, expected, strict=True))
    assert [len(instant) for instant in clip.instants] == [3] * 7
    assert digest(clip.instants[3][2]) == digest(clip.sharp[2])


def test_a_video_becomes_a_clip(tmp_path: Path) -> None:
    video, frames = tmp_path / "fast.mp4", subframes(25)
    imageio.imwrite(video, frames, fps=240, macro_block_size=2)
    assert main(["highspeed", str(video), "--out", str(tmp_path / "out"), "--tau", "7", "--period", "9"]) == 0
    clip = only(tmp_path / "out")
    assert (clip.name, len(clip.sharp)) == ("fast", 3)
    likeness = [psnr(clip.read()[1][2], frame) for frame in frames]
    assert int(np.argmax(likeness)) == 18 + 3


def test_a_video_is_read_neither_darker_nor_lighter(tmp_path: Path) -> None:
    video, greys = tmp_path / "greys.mkv", [np.full((32, 32, 3), level, np.uint8) for level in range(16, 240, 4)]
    imageio.imwrite(video, greys, codec="ffv1", pixelformat="yuv420p", output_params=ACCURATE)
    shift = [
        float(frame.mean()) - float(grey.mean()) for frame, grey in zip(read_subframes(video)[0], greys, strict=True)
    ]
    assert abs(np.mean(shift)) < YUV_SHIFT


def test_a_finished_clip_is_not_made_again_and_a_half_written_one_is(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    make_clips([folder], out, SEVEN)
    times = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    half = out / ".other.part" / "blur"
    half.mkdir(parents=True)
    (half / "00009.png").write_bytes(b"half")
    assert [clip.name for clip in find_pairs(out)] == ["source"]
    make_clips([folder, other], out, SEVEN)
    assert all(path.stat().st_mtime_ns == time for path, time in times.items() if path != out)
    assert [len(clip.sharp) for clip in find_pairs(out)] == [3, 3]
    assert not half.exists()


def test_a_clip_of_other_settings_is_not_taken_for_this_one(folder: Path, tmp_path: Path) -> None:
    make_clips([folder], tmp_path / "out", SEVEN)
    with pytest.raises(PairError, match="source is there already and was made from other material or settings"):
        make_clips([folder], tmp_path / "out", Exposure(7, 8))
    (tmp_path / "out" / "source" / "made.json").write_text("{")
    with pytest.raises(PairError, match="source is there already"):
        make_clips([folder], tmp_path / "out", SEVEN)


def test_a_clip_that_fails_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    (folder / "0020.png").write_bytes(b"not a picture")
    with pytest.raises(PairError, match=r"0020\.png is not a readable picture"):
        make_clips([folder], tmp_path / "out", SEVEN)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_full_disk_is_reported(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("training.data.highspeed.write_frame", no_space)
    with pytest.raises(PairError, match=r"out/source could not be written: No space left on device"):
        make_clips([folder], tmp_path / "out", SEVEN)


def test_compression_touches_the_blurred_side_alone(folder: Path, tmp_path: Path) -> None:
    make_clips([folder], tmp_path / "plain", SEVEN)
    make_clips([folder], tmp_path / "packed", SEVEN, crf=35)
    plain, packed = only(tmp_path / "plain").read(), only(tmp_path / "packed").read()
    assert all(np.array_equal(a, b) for a, b in zip(plain[1], packed[1], strict=True))
    assert all(psnr(a, b) < H264_CHANGES for a, b in zip(plain[0], packed[0], strict=True))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ((8, 9), "tau must be odd, so that an exposure has a middle, and at least 3, not 8"),
        ((1, 9), "tau must be odd.* not 1"),
        ((7, 6), "the period must be at least tau, 7 sub-frames, not 6"),
        ((7, 7, "linear", 9), "instants must be odd and at most tau, 7, not 9"),
        ((7, 7, "linear", 4), "instants must be odd .* not 4"),
    ],
)
def test_impossible_exposures_are_refused(settings: tuple[int, int], message: str) -> None:
    with pytest.raises(PairError, match=message):
        Exposure(*settings)


def test_unusable_sources_are_named(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*sources: Path, tau: int = 7) -> str:
        settings = ["--out", str(tmp_path / "out"), "--tau", str(tau), "--period", str(tau)]
        assert main(["highspeed", *map(str, sources), *settings]) == 1
        return capsys.readouterr().err.strip().splitlines()[-1]

    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.mp4").write_bytes(b"not a video" * 100)
    assert said(tmp_path / "empty").endswith("empty holds no pictures; .jpeg, .jpg, .png are read")
    assert "broken.mp4 is not a readable video" in said(tmp_path / "broken.mp4")
    assert "absent.mp4 is not a readable video" in said(tmp_path / "absent.mp4")
    assert said(folder, tau=27).endswith("source has 25 frames; one exposure takes 27")
    assert "would both make the clip source" in said(folder, tmp_path / "source.mp4")
    Image.new("RGB", (50, 32)).save(folder / "0004.png")
    assert said(folder).endswith("source: frame 4 is 50x32, but the first is 48x32")
