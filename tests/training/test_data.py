from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Generator

from tests.training.conftest import picture
from training.data import DataError, Photographs, pack_photographs


def test_crops_come_from_the_seed(photographs: Path) -> None:
    source = Photographs(photographs, 64)
    first = source.crops(4, 64, Generator().manual_seed(1))
    assert first.shape == (4, 3, 64, 64)
    assert first.min() >= 0 and first.max() <= 1
    assert torch.equal(first, source.crops(4, 64, Generator().manual_seed(1)))
    assert not torch.equal(first, source.crops(4, 64, Generator().manual_seed(2)))


def test_an_archive_is_reproducible(tmp_path: Path, photographs: Path) -> None:
    again = tmp_path / "again.zip"
    pack_photographs(tmp_path / "photographs", again)
    assert again.read_bytes() == photographs.read_bytes()


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
