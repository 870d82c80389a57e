from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.data.pairs import PairError, find_pairs, write_pair


def frames(count: int, seed: int = 0, side: int = 16) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return list(random.integers(0, 256, (count, side, side + 2, 3), dtype=np.uint8))


def test_what_was_written_is_read(tmp_path: Path) -> None:
    blurred, sharp = frames(3, 1), frames(3, 2)
    write_pair(tmp_path / "b", blurred, sharp)
    write_pair(tmp_path / "a", sharp, blurred)
    clips = find_pairs(tmp_path)
    assert [clip.name for clip in clips] == ["a", "b"]
    read = clips[1].read()
    assert np.array_equal(read[0], blurred)
    assert np.array_equal(read[1], sharp)


def test_a_folder_without_clips_is_named(tmp_path: Path) -> None:
    with pytest.raises(PairError, match="holds no clips; a clip is a folder with two folders in it .gopro: blur"):
        find_pairs(tmp_path)


def test_a_half_copied_clip_is_named(tmp_path: Path) -> None:
    write_pair(tmp_path / "clip", frames(3), frames(3))
    (tmp_path / "clip" / "sharp" / "00002.png").unlink()
    with pytest.raises(
        PairError,
        match=r"clip has 3 pictures in blur and 2 in sharp; both must hold the same names, "
        r"and sharp/00002\.png is missing",
    ):
        find_pairs(tmp_path)


def test_a_corrupt_picture_is_named(tmp_path: Path) -> None:
    write_pair(tmp_path / "clip", frames(2), frames(2))
    (tmp_path / "clip" / "blur" / "00001.png").write_bytes(b"not a picture")
    with pytest.raises(PairError, match=r"00001\.png is not a readable picture"):
        find_pairs(tmp_path)[0].read()


def test_pictures_of_another_size_are_named(tmp_path: Path) -> None:
    write_pair(tmp_path / "clip", frames(2), frames(2))
    Image.fromarray(frames(1, side=20)[0]).save(tmp_path / "clip" / "sharp" / "00001.png")
    with pytest.raises(PairError, match=r"sharp/00001\.png is 22x20, but its clip began with 18x16"):
        find_pairs(tmp_path)[0].read()
