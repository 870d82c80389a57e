"""A video file as a VapourSynth clip, with what an encoder must know of its frames."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.stream import Disposition

from vsdeblur._engine import Error
from vsdeblur.video import padding
from vsdeblur.video.clock import Clock
from vsdeblur.video.host import index_progress, translated, vapoursynth

__all__ = ["Interlaced", "Source", "Survey", "Track", "clock", "described", "opened", "surveyed"]

Report = Callable[[int, int], None]
"""Hears how much is done, and of how much."""

# What frames of the padded copy take from those of the file.
_PROPERTIES = (
    *("_FieldBased", "_Range", "_Matrix", "_Transfer", "_Primaries", "_ChromaLocation"),
    *("_SARNum", "_SARDen", "_DurationNum", "_DurationDen"),
)


@dataclass(frozen=True)
class Track:
    """The video stream of a file that is deblurred."""

    number: int
    """Among all streams of the file."""
    codec: str
    width: int
    height: int
    """In pixels, as stored, before any turning."""
    aspect: Fraction
    """Of a pixel, width to height."""
    matrix: tuple[int, ...]
    """FFmpeg's display matrix; empty: the picture is shown as it is stored."""
    has_hidden_alpha: bool
    """WebM's way of alpha, beside the picture, which BestSource does not see."""

    @property
    def needs_padding(self) -> bool:
        """Whether VapourSynth needs a copy: it has no odd sizes of subsampled video, and no hidden alpha."""
        return self.has_hidden_alpha or self.width % 2 == 1 or self.height % 2 == 1


@dataclass(frozen=True)
class Source:
    """A file that is open. The clips are VapourSynth's; subsampled ones of odd size have one column or row more."""

    path: Path
    track: Track
    clip: Any
    alpha: Any
    """A gray clip of the same depth, or None."""
    base: Fraction
    ticks: tuple[int, ...]


@dataclass(frozen=True)
class Survey:
    """What only a look at every frame tells."""

    fields: tuple[int, ...]
    """Numbers of the frames that are marked as interlaced."""
    top_first: bool
    """Of the first of them."""
    last: Fraction | None
    """Seconds that the last frame is shown; None: the file does not say."""


class Interlaced(Error):
    """The file has interlaced frames, and nobody said what to do with them."""


def described(path: Path) -> Track:
    """The first stream of moving pictures. Raises Error when there is none."""
    try:
        with av.open(path) as container:
            for stream in container.streams.video:
                if not stream.disposition & Disposition.attached_pic:
                    return _track(stream)
    except (av.error.FFmpegError, OSError) as error:
        raise Error(f"{path} is no file that FFmpeg can read: {error.strerror}") from error
    raise Error(f"{path} has no video")


def _track(stream: Any) -> Track:
    context = stream.codec_context
    if context is None:
        raise Error(f"the video, stream {stream.index}, is in a form that FFmpeg does not know")
    raw = context.coded_side_data.get("display_matrix")
    aspect = Fraction(stream.sample_aspect_ratio or 1) or Fraction(1)
    return Track(
        number=stream.index,
        codec=context.codec.canonical_name if hasattr(context.codec, "canonical_name") else context.name,
        width=context.width,
        height=context.height,
        aspect=aspect,
        matrix=struct.unpack("9i", raw) if raw else (),
        has_hidden_alpha=context.name in ("vp8", "vp9") and stream.metadata.get("alpha_mode") == "1",
    )


def opened(path: Path, track: Track, folder: Path | None, *, report: Report, upright: bool = False) -> Source:
    """Opens a file; the first time it is indexed, which ``report`` hears of in percent, and the index is kept.

    ``folder`` keeps the copy that some files need (Track.needs_padding); None allows no copy, and leaves the odd column
    or row out. With ``upright`` frames are turned as they are to be shown.
    """
    vs = vapoursynth()
    with translated(), index_progress(lambda percent: report(percent, 100)):
        found = vs.core.bs.VideoSource(
            str(path.absolute()),
            track=track.number,
            cachemode=1,
            exporttimestamps=1,
            showprogress=1,
            apply_rotation=int(upright),
        )
    clip = found["clip"]
    if clip.format is None or not clip.width or not clip.height:
        raise Error(f"{path.name} changes its size or format on the way")
    base = Fraction(found["timebasenum"], found["timebaseden"])
    if track.needs_padding and folder is not None and _is_subsampled(clip, track):
        clip = _padded(path, track, clip, folder, report)
    with translated(), clip.get_frame(0) as first:
        has_alpha = "_Alpha" in first.props
    alpha = vs.core.std.PropToClip(clip, "_Alpha") if has_alpha else None
    return Source(path, track, clip, alpha, base, _ticks(found["timestamps"], clip, base))


def _is_subsampled(clip: Any, track: Track) -> bool:
    return track.has_hidden_alpha or clip.format.subsampling_w + clip.format.subsampling_h > 0


def _padded(path: Path, track: Track, clip: Any, folder: Path, report: Report) -> Any:
    """The clip from a copy of whole size, which is made if it is not in the folder."""
    vs = vapoursynth()
    copy = folder / "padded.mkv"
    if not copy.exists():
        padding.write_copy(path, track.number, copy, has_alpha=track.has_hidden_alpha, report=report)
    with translated():
        whole = vs.core.bs.VideoSource(str(copy.absolute()), cachemode=4, cachepath=str(copy.absolute()))
        if whole.num_frames != clip.num_frames:
            raise Error(f"{path.name} cannot be read twice alike: {clip.num_frames} and {whole.num_frames} frames")
        return vs.core.std.CopyFrameProps(whole, clip, props=list(_PROPERTIES))


def _ticks(stamps: list[int] | int, clip: Any, base: Fraction) -> tuple[int, ...]:
    """The frames' times; at the mean rate where the file has none. VapourSynth gives those of one frame as a number."""
    unknown = -(2**63)
    stamps = [stamps] if isinstance(stamps, int) else stamps
    if len(stamps) == clip.num_frames and unknown not in stamps:
        return tuple(stamps)
    step = 1 / (clip.fps or Fraction(25)) / base
    return tuple(round(number * step) for number in range(clip.num_frames))


def surveyed(source: Source, *, report: Report) -> Survey:
    """Looks at every frame, which takes as long as decoding. Raises Error for one that cannot be decoded."""
    fields: list[int] = []
    top_first = True
    last: Fraction | None = None
    total = source.clip.num_frames
    for number, frame in enumerate(_decoded(source)):
        order = frame.props.get("_FieldBased", 0)
        if order:
            top_first = top_first if fields else order == 2
            fields.append(number)
        if number == total - 1 and frame.props.get("_DurationNum", 0) > 0:
            last = Fraction(frame.props["_DurationNum"], frame.props["_DurationDen"])
        report(number + 1, total)
    return Survey(tuple(fields), top_first, last)


def _decoded(source: Source) -> Iterator[Any]:
    """All frames. BestSource's advice for one that cannot be decoded is about arguments that no command has."""
    number = 0
    try:
        with translated():
            for frame in source.clip.frames(close=True):
                yield frame
                number += 1
    except Error as error:
        raise Error(
            f"frame {number} of {source.path.name} cannot be decoded: {str(error).partition('. ')[0]}"
        ) from error


def clock(source: Source, survey: Survey) -> Clock:
    """When the source's frames are shown."""
    last = survey.last
    if last is None:
        last = (source.ticks[-1] - source.ticks[-2]) * source.base if len(source.ticks) > 1 else Fraction(1, 25)
    return Clock.of(source.base, source.ticks, last)
