"""Layouts of published sets, as tiny trees: a clip `a` of blurred frames 10 and sharp frames 200 in every part."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.tolerances import JPEG_FLAT
from training.data.datasets import LAYOUTS
from training.data.pairs import PairError, find_pairs


def fill(folder: Path, files: list[str], value: int, size: tuple[int, int] = (20, 16)) -> None:
    folder.mkdir(parents=True)
    for name in files:
        Image.new("RGB", size, (value, value, value)).save(folder / name)


def names(root: Path) -> list[str]:
    return [clip.name for clip in find_pairs(root)]


def gopro(root: Path) -> list[str]:
    for part in ("train", "test"):
        for side, value in (("blur", 10), ("blur_gamma", 30), ("sharp", 200)):
            fill(root / part / "GOPR0384_11_00" / side, ["000001.png", "000002.png"], value)
    (root / "test" / "notes.txt").write_text("a file")
    return ["test_GOPR0384_11_00", "train_GOPR0384_11_00"]


def dvd(root: Path) -> list[str]:
    for side, value in (("input", 10), ("GT", 200)):
        fill(root / "quantitative_datasets" / "IMG_0001" / side, ["00000.jpg", "00001.jpg"], value)
    return ["quantitative_datasets_IMG_0001"]


def bsd(root: Path) -> list[str]:
    for part in ("train", "valid", "test"):
        for side, value in (("Blur", 10), ("Sharp", 200)):
            fill(root / "BSD_3ms24ms" / part / "003" / side / "RGB", ["00000000.png", "00000001.png"], value)
            (root / "BSD_3ms24ms" / part / "003" / side / "RAW").mkdir()
    return [f"BSD_3ms24ms_{part}_003" for part in ("test", "train", "valid")]


def kitti(root: Path) -> list[str]:
    for side, value in (("blur image", 10), ("clean image", 200)):
        for camera in ("image_2", "image_3"):
            fill(root / side / camera, [f"{scene:06}_{frame}.png" for scene in (0, 7) for frame in (10, 11)], value)
    return [f"{scene}_{camera}" for scene in ("000000", "000007") for camera in ("image_2", "image_3")]


TREES = {"gopro": gopro, "dvd": dvd, "bsd": bsd, "kitti": kitti}


@pytest.mark.parametrize("layout", TREES)
def test_a_layout_is_recognised_and_read(layout: str, tmp_path: Path) -> None:
    expected = TREES[layout](tmp_path)
    clips = find_pairs(tmp_path)
    assert [clip.name for clip in clips] == expected
    assert clips == find_pairs(tmp_path, layout)
    for clip in clips:
        blurred, sharp = clip.read()
        assert [frame.shape for frame in blurred + sharp] == [(16, 20, 3)] * 4
        assert all(np.abs(frame.astype(int) - 10).max() <= JPEG_FLAT for frame in blurred)
        assert all(np.abs(frame.astype(int) - 200).max() <= JPEG_FLAT for frame in sharp)
        assert [path.name for path in clip.blurred] == sorted(path.name for path in clip.sharp)


def test_a_part_of_a_set_can_be_read_alone(tmp_path: Path) -> None:
    gopro(tmp_path / "gopro")
    assert names(tmp_path / "gopro" / "test") == ["GOPR0384_11_00"]
    bsd(tmp_path / "bsd")
    assert [clip.name for clip in find_pairs(tmp_path / "bsd" / "BSD_3ms24ms")] == [
        "test_003",
        "train_003",
        "valid_003",
    ]
    dvd(tmp_path / "dvd")
    assert names(tmp_path / "dvd" / "quantitative_datasets") == ["IMG_0001"]


def test_the_other_blur_of_gopro_is_taken_by_name(tmp_path: Path) -> None:
    gopro(tmp_path)
    blurred, sharp = find_pairs(tmp_path, "gopro_gamma")[0].read()
    assert (blurred[0][0, 0, 0], sharp[0][0, 0, 0]) == (30, 200)


@pytest.mark.parametrize(
    ("layout", "lost", "message"),
    [
        ("gopro", "test/GOPR0384_11_00/sharp/000002.png", r"GOPR0384_11_00 .*and sharp/000002\.png is missing"),
        ("dvd", "quantitative_datasets/IMG_0001/input/00000.jpg", r"IMG_0001 .*and input/00000\.jpg is missing"),
        ("bsd", "BSD_3ms24ms/valid/003/Blur/RGB/00000001.png", r"003 .*and Blur/RGB/00000001\.png is missing"),
        ("kitti", "clean image/image_3/000007_11.png", r"and clean image/image_3/000007_11\.png is missing"),
    ],
)
def test_a_half_copied_set_names_the_missing_picture(layout: str, lost: str, message: str, tmp_path: Path) -> None:
    TREES[layout](tmp_path)
    (tmp_path / lost).unlink()
    with pytest.raises(PairError, match=message):
        find_pairs(tmp_path)


def test_a_missing_side_is_named(tmp_path: Path) -> None:
    fill(tmp_path / "IMG_0001" / "input", ["00000.jpg"], 10)
    with pytest.raises(PairError, match=r"IMG_0001 has 1 pictures in input and 0 in GT; .*GT/00000\.jpg is missing"):
        find_pairs(tmp_path)
    fill(tmp_path / "k" / "blur image" / "image_2", ["000000_10.png"], 10)
    with pytest.raises(PairError, match=r"k has 1 pictures in blur image/image_2 and 0 in clean image/image_2"):
        find_pairs(tmp_path / "k")


def test_empty_sides_are_named(tmp_path: Path) -> None:
    for side in ("blur", "sharp"):
        (tmp_path / "clip" / side).mkdir(parents=True)
    with pytest.raises(PairError, match="clip has 0 pictures in blur and 0 in sharp"):
        find_pairs(tmp_path)


def test_a_mixed_folder_asks_for_a_layout(tmp_path: Path) -> None:
    fill(tmp_path / "a" / "blur", ["0.png"], 10)
    fill(tmp_path / "a" / "sharp", ["0.png"], 200)
    fill(tmp_path / "b" / "input", ["0.jpg"], 10)
    fill(tmp_path / "b" / "GT", ["0.jpg"], 200)
    with pytest.raises(PairError, match="holds clips in the layouts gopro and dvd; say which to read"):
        find_pairs(tmp_path)
    assert [clip.name for clip in find_pairs(tmp_path, "dvd")] == ["b"]


def test_unusable_arguments_are_named(tmp_path: Path) -> None:
    with pytest.raises(PairError, match="absent is not a folder"):
        find_pairs(tmp_path / "absent")
    with pytest.raises(PairError, match=f"there is no layout reds; known are {', '.join(LAYOUTS)}"):
        find_pairs(tmp_path, "reds")
    with pytest.raises(PairError, match="holds no clips of layout dvd; a clip has the folders input and GT"):
        find_pairs(tmp_path, "dvd")


def test_pictures_of_differing_size_are_named(tmp_path: Path) -> None:
    fill(tmp_path / "a" / "input", ["0.jpg", "1.jpg"], 10)
    fill(tmp_path / "a" / "GT", ["0.jpg", "1.jpg"], 200, (18, 16))
    with pytest.raises(PairError, match=r"GT/0\.jpg is 18x16, but its clip began with 20x16"):
        find_pairs(tmp_path)[0].read()


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_corrupt_picture_is_named(suffix: str, damage: str, tmp_path: Path) -> None:
    sides = ("input", "GT") if suffix == ".jpg" else ("blur", "sharp")
    for side in sides:
        fill(tmp_path / "a" / side, [f"0{suffix}"], 10, (64, 64))
    path = tmp_path / "a" / sides[1] / f"0{suffix}"
    data = bytearray(path.read_bytes())
    if damage == "cut":
        del data[len(data) // 2 :]
    else:
        data[:40] = bytes(byte ^ 255 for byte in data[:40])
    path.write_bytes(data)
    with pytest.raises(PairError, match=rf"{sides[1]}/0\{suffix} is not a readable picture"):
        find_pairs(tmp_path)[0].read()


def test_instants_are_found_and_must_be_complete(tmp_path: Path) -> None:
    for side in ("blur", "sharp", *(f"instants/{k}" for k in range(11))):
        fill(tmp_path / "a" / side, ["0.png", "1.png"], 10)
    clip = find_pairs(tmp_path)[0]
    assert [path.parent.name for path, _ in clip.instants] == [str(k) for k in range(11)]
    (tmp_path / "a" / "instants" / "3" / "1.png").unlink()
    with pytest.raises(PairError, match=r"2 pictures in blur and 1 in instants/3; .*instants/3/1\.png is missing"):
        find_pairs(tmp_path)
