"""A scene comes out as it would if it were a clip of its own, bit for bit, whatever says where it ends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs

from tests.plugin import clips

NETWORKS = ["RUNet", "DTB", "RVD", "DBLRNet", "SharpSequence"]


def scene(length: int, level: float, contrast: float = 0.15) -> vs.VideoNode:
    """A pattern that moves by 2 pixels a frame around a level of 0..1; scenes of other levels look otherwise."""
    blank = vs.core.std.BlankClip(width=32, height=24, format=vs.RGB24, length=length, keep=False)

    def paint(n: int, plane: int, shape: tuple[int, int], dtype: np.dtype) -> np.ndarray:
        y, x = np.mgrid[: shape[0], : shape[1]]
        wave = np.sin((x + 2 * n) * (0.3 + level + 0.1 * plane)) * np.cos(y * (1 - level))
        samples: np.ndarray = np.clip((level + contrast * wave) * 255, 0, 255)
        return samples.astype(dtype)

    return clips.painted(blank, paint)


def outputs(clip: vs.VideoNode, name: str) -> list[list[np.ndarray]]:
    out = getattr(vs.core.vsdeblur, name)(clip)
    return [clips.frame_planes(out, n) for n in range(out.num_frames)]


def assert_scenes_stand_alone(scenes: list[vs.VideoNode], joined: vs.VideoNode, name: str) -> None:
    alone = [planes for one in scenes for planes in outputs(one, name)]
    together = outputs(joined, name)
    assert len(alone) == len(together)
    for n, (a, b) in enumerate(zip(alone, together, strict=True)):
        assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True)), f"frame {n}"


@pytest.mark.parametrize("name", NETWORKS)
def test_hard_cuts(random_weights: Path, name: str) -> None:
    scenes = [scene(6, 0.3), scene(5, 0.6), scene(1, 0.2), scene(2, 0.7)]
    assert_scenes_stand_alone(scenes, vs.core.std.Splice(scenes), name)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_flash_is_a_scene_of_one_frame(random_weights: Path, name: str) -> None:
    scenes = [scene(4, 0.3), scene(1, 0.95, 0.02), scene(4, 0.3)]
    assert_scenes_stand_alone(scenes, vs.core.std.Splice(scenes), name)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("lengths", [(7, 3), (1, 1, 1), (2, 6, 2), (3, 1, 5)])
def test_cuts_that_properties_tell(random_weights: Path, name: str, lengths: tuple[int, ...]) -> None:
    """In the dark, where the built-in detector sees none."""
    scenes = [scene(length, 0.03 + 0.01 * k, 0.02) for k, length in enumerate(lengths)]
    firsts = np.cumsum(lengths)[:-1].tolist()
    assert_scenes_stand_alone(scenes, clips.cut_at(vs.core.std.Splice(scenes), firsts), name)
    uncut = outputs(clips.cut_at(vs.core.std.Splice(scenes), []), name)
    cut = outputs(clips.cut_at(vs.core.std.Splice(scenes), firsts), name)
    reads_neighbours = name != "SharpSequence"
    changed = any(not np.array_equal(x, y) for a, b in zip(cut, uncut, strict=True) for x, y in zip(a, b, strict=True))
    assert changed == reads_neighbours
