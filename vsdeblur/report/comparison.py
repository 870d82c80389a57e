"""Two videos of the same scenes, frame by frame, and how near each comes to a true one."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from vsdeblur._engine import Error
from vsdeblur.measures.blur import blur_of
from vsdeblur.measures.flicker import Means, block_means, flicker
from vsdeblur.measures.flow import Flow, flows, is_cut, tof
from vsdeblur.measures.metrics import Frame, Score, luma, score
from vsdeblur.report.analysis import check_size
from vsdeblur.video import source
from vsdeblur.video.host import translated
from vsdeblur.video.progress import Progress
from vsdeblur.video.source import Survey
from vsdeblur.video.writing import in_rgb

__all__ = ["Comparison", "Measured", "compared"]

SHOWN = 16
"""Frames that are kept as pictures, at most, spread over the video."""


@dataclass
class Measured:
    """One of the videos. Lists have a value a frame; None where nothing is to be measured."""

    name: str
    sharpness: list[float | None] = field(default_factory=list)
    """1 - vsdeblur.measures.blur.blur_of(); None for a flat frame."""
    flicker: list[float | None] = field(default_factory=list)
    """vsdeblur.measures.flicker, in steps of 8 bits; None at the ends and beside a scene cut."""
    scores: list[Score] = field(default_factory=list)
    """Against the true frames; empty without them."""
    tof: float | None = None
    """Of the pairs of frames that begin at those shown, pixels a frame; None without true frames, or motion."""
    pictures: list[bytes] = field(default_factory=list)
    """The shown frames, JPEG."""


@dataclass(frozen=True)
class Comparison:
    """Frames' times, in seconds from the first one, are the first video's."""

    width: int
    height: int
    """Of frames, as they are shown."""
    times: list[float]
    shown: list[int]
    """Numbers of the frames that are kept as pictures."""
    videos: list[Measured]
    """Both, and the true one where there is one."""
    has_truth: bool


def compared(first: Path, second: Path, truth: Path | None, progress: Progress) -> Comparison:
    """Measures every frame. Raises Error for videos that do not go together."""
    paths = [first, second] if truth is None else [first, second, truth]
    clips, times = _opened(paths, progress)
    count = len(times)
    shown = sorted({count * (2 * place + 1) // (2 * SHOWN) for place in range(SHOWN)})
    videos = [Measured(name) for name in _names(paths)]
    walks = [_Walk(video) for video in videos]
    judge = None if truth is None else _Judge(videos, shown)
    progress.stage("Measuring")
    with translated():
        for number, frames in enumerate(zip(*map(_frames, clips), strict=True)):
            for walk, frame in zip(walks, frames, strict=True):
                walk.take(frame)
                if number in shown:
                    walk.video.pictures.append(_jpeg(frame))
            if judge is not None:
                judge.take(number, frames, is_new_scene=walks[-1].is_new_scene)
            progress(number + 1, count)
    for walk in walks:
        walk.end()
    if judge is not None:
        judge.end()
    progress.close()
    return Comparison(clips[0].width, clips[0].height, times, shown, videos, judge is not None)


class _Walk:
    """What needs the frames before and after: fills a video's sharpness and flicker."""

    def __init__(self, video: Measured) -> None:
        self.video = video
        self._means: deque[Means] = deque(maxlen=3)
        """Of the frames of this scene, at most the last three."""
        self._before: npt.NDArray[np.float64] | None = None
        self.is_new_scene = False

    def take(self, frame: Frame) -> None:
        now = luma(frame)
        self.is_new_scene = self._before is not None and is_cut(self._before, now)
        if self.is_new_scene:
            self.end()
        blur = blur_of((now / 255).astype(np.float32))
        self.video.sharpness.append(None if math.isnan(blur) else 1 - blur)
        self._means.append(block_means(now))
        if len(self._means) == 1:
            self.video.flicker.append(None)
        if len(self._means) == 3:
            self.video.flicker.append(flicker(*self._means))
        self._before = now

    def end(self) -> None:
        """No frame of this scene follows."""
        if len(self._means) > 1:
            self.video.flicker.append(None)
        self._means.clear()


class _Judge:
    """What needs the true frames: fills both videos' scores and tOF. The true video is the last one."""

    def __init__(self, videos: Sequence[Measured], shown: Sequence[int]) -> None:
        self._videos, self._shown = videos, shown
        self._before: Sequence[Frame] = ()
        self._flows: list[list[Flow]] = [[] for _ in videos]

    def take(self, number: int, frames: Sequence[Frame], *, is_new_scene: bool) -> None:
        for video, frame in zip(self._videos[:-1], frames, strict=False):
            video.scores.append(score([frame], [frames[-1]]))
        if number - 1 in self._shown and not is_new_scene:
            for found, pair in zip(self._flows, zip(self._before, frames, strict=True), strict=True):
                found += flows(pair, [0])
        self._before = frames

    def end(self) -> None:
        for video, found in zip(self._videos[:-1], self._flows, strict=False):
            video.tof = tof(found, self._flows[-1])


def _opened(paths: Sequence[Path], progress: Progress) -> tuple[list[Any], list[float]]:
    """The clips in RGB of 8 bits, and the first one's times."""
    progress.stage("Indexing")
    found = [source.opened(path, source.described(path), None, report=progress, upright=True) for path in paths]
    progress.close()
    first = found[0].clip
    check_size(first)
    for path, other in zip(paths[1:], found[1:], strict=True):
        clip = other.clip
        if (clip.width, clip.height) != (first.width, first.height):
            raise Error(
                f"frames must have one size; those of {path.name} are {clip.width}x{clip.height}, those of"
                f" {paths[0].name} {first.width}x{first.height}"
            )
        if clip.num_frames != first.num_frames:
            raise Error(
                f"videos must have equally many frames; {path.name} has {clip.num_frames}, {paths[0].name}"
                f" {first.num_frames}"
            )
    times = source.clock(found[0], Survey((), True, None))
    with translated():
        clips = [in_rgb(other.clip) for other in found]
    return clips, [float(times.seconds(tick - times.ticks[0])) for tick in times.ticks]


def _frames(clip: Any) -> Iterator[Frame]:
    for frame in clip.frames(close=True):
        yield np.stack([np.asarray(plane) for plane in frame], axis=-1)


def _names(paths: Sequence[Path]) -> list[str]:
    """The files' names, or their paths where two have one name."""
    names = [path.name for path in paths]
    return names if len(set(names)) == len(names) else [str(path) for path in paths]


def _jpeg(frame: Frame) -> bytes:
    """Large enough that what deblurring changes is not lost in it."""
    file = BytesIO()
    Image.fromarray(frame).save(file, "JPEG", quality=95, subsampling=0)
    return file.getvalue()
