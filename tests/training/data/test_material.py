from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Generator

import training.data.material
from tests.digest import digest
from tests.training.conftest import picture
from training.data.material import HELD_BACK, LONGEST_SIDES, DataError, Photographs, Recordings, pack_photographs
from training.data.pairs import Frame, read_picture, write_frame, write_pair


def test_crops_come_from_the_seed(photographs: Path) -> None:
    source = Photographs(photographs, 64)
    first = source.crops(4, 64, Generator().manual_seed(1))
    assert first.shape == (4, 3, 64, 64)
    assert first.min() >= 0 and first.max() <= 1
    assert torch.equal(first, source.crops(4, 64, Generator().manual_seed(1)))
    assert not torch.equal(first, source.crops(4, 64, Generator().manual_seed(2)))


def test_some_photographs_are_held_back(tmp_path: Path) -> None:
    for seed in range(HELD_BACK + 1):
        Image.fromarray(picture(seed)).save(tmp_path / f"{seed}.png")
    pack_photographs(tmp_path, tmp_path / "nine.zip")
    training, apart = (Photographs(tmp_path / "nine.zip", 64, held_back=held).pictures for held in (False, True))
    scales = len(LONGEST_SIDES)
    assert (len(training), len(apart)) == (scales * (HELD_BACK - 1), scales * 2)
    assert not any(torch.equal(a, b) for a in training for b in apart)


def test_an_only_photograph_is_not_held_back(tmp_path: Path) -> None:
    Image.fromarray(picture(0)).save(tmp_path / "0.png")
    pack_photographs(tmp_path, tmp_path / "one.zip")
    assert Photographs(tmp_path / "one.zip", 64).pictures
    with pytest.raises(DataError, match=r"one\.zip holds no photograph to hold back of at least 64 pixels a side"):
        Photographs(tmp_path / "one.zip", 64, held_back=True)


def test_an_archive_is_reproducible(tmp_path: Path, photographs: Path) -> None:
    again = tmp_path / "again.zip"
    pack_photographs(tmp_path / "photographs", again)
    assert digest(again) == digest(photographs)


def test_pictures_that_are_too_small_are_refused(photographs: Path) -> None:
    with pytest.raises(DataError, match=r"photographs\.zip holds no photograph of at least 1000 pixels a side"):
        Photographs(photographs, 1000)


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"empty holds no photographs; \.jpeg, \.jpg, \.png are read"):
        pack_photographs(tmp_path / "empty", tmp_path / "out.zip")


def test_a_corrupt_picture_is_named_and_no_archive_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    Image.fromarray(picture(1)).save(folder / "a.png")
    (folder / "b.png").write_bytes((folder / "a.png").read_bytes()[:500])
    with pytest.raises(DataError, match=r"b\.png is not a readable picture"):
        pack_photographs(folder, tmp_path / "out.zip")
    assert not (tmp_path / "out.zip").exists()


def test_a_broken_archive_is_named(tmp_path: Path) -> None:
    archive = tmp_path / "broken.zip"
    archive.write_bytes(b"PK")
    with pytest.raises(DataError, match=r"broken\.zip is not a readable photograph archive"):
        Photographs(archive, 64)


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """Two clips in which a pixel of blurred frame n is 10 n above that of the sharp one, where nothing clips."""
    for name, count in (("short", 3), ("long", 6)):
        sharp = [picture(7, 48, 64) // 2] * count
        write_pair(tmp_path / "recorded" / name, [frame + 10 * n for n, frame in enumerate(sharp)], sharp)
    return tmp_path / "recorded"


def test_recorded_crops_keep_sides_and_frames_together(recorded: Path) -> None:
    source = Recordings([recorded], 32)
    blurred, sharp = source.crops(8, 3, 32, Generator().manual_seed(1))
    assert blurred.shape == sharp.shape == (8, 3, 3, 32, 32)
    assert sharp.min() >= 0 and sharp.max() <= 1
    steps = ((blurred - sharp) * 255).round()
    first = steps[:, 0, 0, 0, 0]
    assert torch.equal(steps, (first[:, None] + torch.tensor([0, 10, 20]))[:, :, None, None, None].expand_as(steps))
    assert set(first.tolist()) > {0.0}
    assert len({float(clip.sum()) for clip in sharp}) > 4


def test_recorded_crops_come_from_the_seed(recorded: Path) -> None:
    source = Recordings([recorded], 32)
    first, again, other = (source.crops(2, 2, 32, Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert torch.equal(first[0], again[0]) and torch.equal(first[1], again[1])
    assert not torch.equal(first[0], other[0])


def test_recorded_pictures_are_decoded_once(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []

    def noted(path: Path) -> Frame:
        read.append(path)
        return read_picture(path)

    monkeypatch.setattr(training.data.material, "read_picture", noted)
    Recordings([recorded], 32).crops(30, 2, 32, Generator().manual_seed(1))
    assert len(read) == len(set(read)) <= 2 * (3 + 6)
    read.clear()
    monkeypatch.setattr(Recordings, "CACHE_BYTES", 0)
    Recordings([recorded], 32).crops(30, 2, 32, Generator().manual_seed(1))
    assert len(read) == 30 * 2 * 2


def test_recorded_instants_come_in_order(tmp_path: Path) -> None:
    base = picture(7, 48, 64) // 2
    for n in range(2):
        write_frame(tmp_path / "set" / "clip", n, base, base + 30, [base + 10 * (k + 1) + n for k in range(7)])
    blurred, sharp = Recordings([tmp_path / "set"], 32).crops(2, 2, 32, Generator().manual_seed(1), instants=7)
    assert sharp.shape == (2, 2, 7, 3, 32, 32)
    steps = ((sharp - blurred[:, :, None]) * 255).round()
    assert torch.equal(steps[0, 1, :, 0, 0, 0], 10 * torch.arange(1, 8) + 1.0)


def test_texture_is_preferred(tmp_path: Path) -> None:
    frame = np.zeros((64, 256, 3), np.uint8)
    frame[:, 160:] = picture(3, 64, 96)
    write_pair(tmp_path / "set" / "clip", [frame], [frame])
    blurred, _ = Recordings([tmp_path / "set"], 32).crops(20, 1, 32, Generator().manual_seed(1))
    plain = (blurred.flatten(1).std(1) == 0).sum()
    assert plain < 5  # by place alone more than half would be


def test_recordings_that_do_not_fit_are_refused(recorded: Path) -> None:
    with pytest.raises(DataError, match="recorded holds no clip of at least 49 pixels a side"):
        Recordings([recorded], 49)
    source = Recordings([recorded], 32)
    with pytest.raises(DataError, match="none of the 2 recorded clips has 7 frames$"):
        source.crops(1, 7, 32, Generator())
    with pytest.raises(DataError, match="none of the 2 recorded clips has 2 frames with 7 instants"):
        source.crops(1, 2, 32, Generator(), instants=7)
    with pytest.raises(DataError, match="is smaller than 50 pixels a side"):
        source.crops(1, 2, 50, Generator())


def test_a_corrupt_recorded_picture_is_named(recorded: Path) -> None:
    for path in recorded.glob("*/blur/*.png"):
        path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(DataError, match=r"blur/0000.\.png is not a readable picture"):
        Recordings([recorded], 32).crops(1, 2, 32, Generator())
