"""What a video file holds besides its picture, and how FFmpeg brings it along into another file."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

import av
from av.stream import Disposition

from vsdeblur._engine import Error
from vsdeblur._programs import last_line
from vsdeblur.video.cutting import CUT_CODECS, cut_subtitles
from vsdeblur.video.encoders import Picture, container_of
from vsdeblur.video.source import Track

__all__ = ["Contents", "Other", "contents", "left_out", "lost_tags", "mux", "sound_delay", "start", "wrap"]

_MATROSKA = ("matroska", "webm")
_MOVIE = ("mov", "mp4", "3gp")
# Containers that messages name, in the order in which they do.
_ENDINGS = (".mkv", ".mp4", ".mov", ".webm")
# Tags that programs write about the coded stream, which is another one now.
_STALE = re.compile(r"(encoder|rotate|duration|bps|number_of_(frames|bytes)|_statistics_\w+)(-\w+)?", re.IGNORECASE)
# A frame to try containers with: some write nothing that can be read before the first one.
_PICTURE = ("-f", "lavfi", "-i", "color=size=64x64:rate=25:duration=0.04")
_OF_CONTAINERS = ("encoder", "major_brand", "minor_version", "compatible_brands")


@dataclass(frozen=True)
class Other:
    """A stream that is not deblurred."""

    number: int
    kind: str
    """audio, subtitle, video, cover, attachment or data."""
    codec: str
    name: str = ""
    """Of the file in an attachment or cover."""
    mimetype: str = ""
    disposition: str = "0"
    """As FFmpeg's option takes it."""


@dataclass(frozen=True)
class Contents:
    """What goes along."""

    others: tuple[Other, ...]
    disposition: str
    """Of the track, as FFmpeg's option takes it."""
    stale: tuple[str, ...]
    """Names of the track's tags that no longer hold."""
    lost: tuple[str, ...]
    """What lies inside the picture's stream and cannot be carried into another, in words."""


def contents(path: Path, track: Track) -> Contents:
    """Lists what a file holds."""
    with av.open(path) as container:
        is_movie = "mov" in container.format.name.split(",")
        chapters = is_movie and bool(container.chapters())
        others = [
            _other(stream)
            for stream in container.streams
            if stream.index != track.number and not _is_made_anew(stream, chapters)
        ]
        stream = container.streams[track.number]
        flags = _disposition(stream)
        stale = tuple(name for name in stream.metadata if _STALE.fullmatch(name))
        lost = _lost(container, stream)
    return Contents(tuple(others), flags, stale, lost)


def _is_made_anew(stream: Any, has_chapters: bool) -> bool:
    """Time codes and chapters of MOV are streams too, which its muxer makes from the tags that go along."""
    if stream.type != "data":
        return False
    tag = "" if stream.codec_context is None else stream.codec_context.codec_tag
    return "timecode" in stream.metadata or tag == "tmcd" or (has_chapters and stream.name in (None, "bin_data"))


def _other(stream: Any) -> Other:
    kind = stream.type
    if kind == "video" and stream.disposition & Disposition.attached_pic:
        kind = "cover"
    context = stream.codec_context
    codec = context.name if context is not None else getattr(stream, "name", None) or "unknown"
    if codec == "libdav1d":
        codec = "av1"
    tags = {name.lower(): value for name, value in stream.metadata.items()}
    return Other(stream.index, kind, codec, tags.get("filename", ""), tags.get("mimetype", ""), _disposition(stream))


def _disposition(stream: Any) -> str:
    return "+".join(flag.name for flag in Disposition if flag & stream.disposition and flag.name) or "0"


def _lost(container: Any, stream: Any) -> tuple[str, ...]:
    """Of the first frames' side data."""
    words = {
        "A53_CC": "closed captions in the picture's stream",
        "DOVI_METADATA": "Dolby Vision",
        "DOVI_RPU_BUFFER": "Dolby Vision",
        "DYNAMIC_HDR_PLUS": "HDR10+",
        "STEREO3D": "the marks of stereoscopic video",
        "SPHERICAL": "the marks of spherical video",
        "ICC_PROFILE": "a colour profile (ICC)",
    }
    streams = {"dovi_conf": "Dolby Vision", "spherical": words["SPHERICAL"], "stereo_3d": words["STEREO3D"]}
    found = [streams[kind] for kind in stream.codec_context.coded_side_data if kind in streams]
    try:
        for number, frame in enumerate(container.decode(stream)):
            found += [words[kind.name] for kind in frame.side_data if kind.name in words]
            if number == 9:
                break
    except (av.error.FFmpegError, OSError):
        pass  # what cannot be decoded is BestSource's to report
    return tuple(dict.fromkeys(found))


def left_out(source: Path, track: Track, held: Contents, target: Path, *, allowed: bool) -> tuple[Other, ...]:
    """The streams that the container of ``target`` cannot hold. Unless that is ``allowed``, raises Error that names
    the first, and the containers that hold everything."""
    if not held.others or _holds(source, held.others, target):
        return ()
    missing = tuple(other for other in held.others if not _holds(source, [other], target))
    if missing and not allowed:
        fitting = [ending for ending in _ENDINGS if _holds(source, held.others, target.with_suffix(ending))]
        first = missing[0]
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        could = f"{' and '.join(fitting)} can" if fitting else "no container here can hold all"
        raise Error(
            f"{target.name} cannot hold stream {first.number} of {source.name} ({first.kind}, {first.codec}){more};"
            f" {could}, and --leave-out goes on without"
        )
    if not missing:
        raise Error(f"{target.name} cannot hold the streams of {source.name} together; an .mkv may")
    return missing


def _holds(source: Path, others: Sequence[Other], target: Path) -> bool:
    """Whether FFmpeg can begin a file with these streams."""
    container = container_of(target)
    asked = [other for other in others if not (other.kind == "cover" and container == "matroska")]
    if not asked:
        return True
    if container == "webm" and any(other.kind in ("cover", "attachment") for other in asked):
        return False
    with tempfile.TemporaryDirectory() as folder:
        maps = [text for other in asked for text in ("-map", f"1:{other.number}")]
        for number, other in enumerate(asked, 1):
            maps += [f"-disposition:{number}", "attached_pic"] if other.kind == "cover" else []
        trial = Path(folder, "trial")
        arguments = [
            *(*_PICTURE, "-i", _url(source), "-map", "0", *maps, "-map_chapters", "-1"),
            *("-c", "copy", *_picture_codec(container), "-t", "0.1", "-f", container, _url(trial)),
        ]
        return not _failure(arguments) and _kinds(trial) == ["video", *(other.kind for other in asked)]


def _picture_codec(container: str) -> list[str]:
    return ["-c:0", "libvpx-vp9" if container == "webm" else "mpeg4"]


def _kinds(path: Path) -> list[str]:
    """Of a file's streams, but for those that MOV makes of chapters and time codes.

    Some muxers take what nobody can read again, or drop it without a word, so what they wrote is looked at.
    """
    try:
        with av.open(path) as container:
            has_chapters = bool(container.chapters())
            return [_other(stream).kind for stream in container.streams if not _is_made_anew(stream, has_chapters)]
    except (av.error.FFmpegError, OSError):
        return []


def lost_tags(source: Path, target: Path) -> tuple[tuple[str, ...], bool]:
    """Names of the file's tags that ``target``'s container cannot hold, and whether it cannot hold its chapters."""
    container = container_of(target)
    with av.open(source) as file:
        names = {name.lower(): name for name in file.metadata if name.lower() not in _OF_CONTAINERS}
        has_chapters = bool(file.chapters())
    if not names and not has_chapters:
        return (), False
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder, "trial")
        arguments = [
            *(*_PICTURE, "-i", _url(source), "-map", "0", "-map_metadata", "1", "-map_chapters", "1"),
            *(*_picture_codec(container), "-f", container, _url(trial)),
        ]
        if failure := _failure(arguments):
            raise Error(f"FFmpeg cannot write {container}: {failure}")
        with av.open(trial) as file:
            held = {name.lower() for name in file.metadata}
            return tuple(names[name] for name in names if name not in held), has_chapters and not file.chapters()


def _url(path: Path) -> str:
    """A path as FFmpeg takes it, which reads what stands before a colon as a protocol."""
    return f"file:{path}"


def _failure(arguments: Sequence[str]) -> str:
    """Runs FFmpeg; what it said last if it failed, or nothing."""
    try:
        program = str(import_module("imageio_ffmpeg").get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        raise Error("imageio-ffmpeg, which brings FFmpeg, is not there; pip install imageio-ffmpeg") from None
    command = [program, "-hide_banner", "-loglevel", "error", "-y", "-nostdin", *arguments]
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode == 0:
        return ""
    said = done.stderr.decode(errors="replace")
    if "No space left" in said:
        raise OSError(28, "No space left on device")
    return last_line(said) or "it does not say why"


def mux(
    joined: Path,
    source: Path,
    track: Track,
    held: Contents,
    target: Path,
    *,
    container: str,
    picture: Picture,
    codec: str,
    part: tuple[Fraction, Fraction] | None,
) -> None:
    """Writes ``target`` with the picture from ``joined`` and everything else from ``source``.

    ``part`` is the start and the end in seconds of what is taken of the source, and begins at 0 in the target.
    """
    times, cut = ["-copyts"], []
    if part is not None:
        start, end = part
        times, cut = [], ["-seek_timestamp", "1", "-ss", _seconds(start), "-t", _seconds(end - start)]
    with tempfile.TemporaryDirectory(dir=joined.parent) as folder:
        apart = {} if part is None else _apart(source, held, part, Path(folder))
        maps, tags = _maps(source, held, container, Path(folder), {number: n for n, number in enumerate(apart, 2)})
        more = [text for file in apart.values() for text in ("-i", _url(file))]
        arguments = [
            *(*times, "-i", _url(joined), *cut, "-i", _url(source), *more, "-map", "0:v:0", *maps),
            *("-map_metadata", "1", "-map_chapters", "1", "-map_metadata:s:0", f"1:s:{track.number}", *tags),
            *("-c", "copy", "-disposition:0", held.disposition),
        ]
        if part is not None:  # what begins before the part would move everything else
            arguments += [text for n in range(1, len(held.others) + 1) for text in (f"-copypriorss:{n}", "0")]
        for name in held.stale:
            arguments += ["-metadata:s:0", f"{name}="]
        for name in _OF_CONTAINERS:
            arguments += ["-metadata", f"{name}="]
        arguments += _picture_arguments(picture, codec, container)
        failure = _failure([*arguments, "-fflags", "+bitexact", "-f", container, _url(target)])
    if failure:
        raise Error(f"FFmpeg cannot write {container}: {failure}")


def wrap(joined: Path, target: Path, *, container: str, picture: Picture, codec: str) -> None:
    """Writes ``target`` with the picture from ``joined``, and nothing else."""
    arguments = ["-copyts", "-i", _url(joined), "-map", "0:v:0", "-c", "copy"]
    for name in _OF_CONTAINERS:
        arguments += ["-metadata", f"{name}="]
    arguments += _picture_arguments(picture, codec, container)
    if failure := _failure([*arguments, "-fflags", "+bitexact", "-f", container, _url(target)]):
        raise Error(f"FFmpeg cannot write {container}: {failure}")


def _picture_arguments(picture: Picture, codec: str, container: str) -> list[str]:
    """What only the container is told of the picture."""
    shape = picture.aspect * picture.width / picture.height
    arguments = ["-aspect:0", f"{shape.numerator}:{shape.denominator}"]
    if codec == "libx265" and container in _MOVIE:
        arguments += ["-tag:0", "hvc1"]  # the form that Apple's players take
    if codec == "libvpx-vp9" and picture.pixels.has_alpha:
        arguments += ["-metadata:s:0", "alpha_mode=1"]
    if container == "mpegts":
        arguments += ["-muxdelay", "0", "-muxpreload", "0"]
    return arguments


def start(path: Path) -> Fraction:
    """Seconds at which the first frame of a file's first stream is shown."""
    with av.open(path) as file:
        stream: Any = file.streams[0]
        return (stream.start_time or 0) * Fraction(stream.time_base)


def sound_delay(source: Path, track: Track, held: Contents, target: Path) -> Fraction:
    """Seconds by which ``target``'s sound comes later against its picture than that of ``source`` does, at most.

    Coded sound may begin before the picture's first frame, with what a decoder throws away; some containers cannot
    say so.
    """
    numbers = [other.number for other in held.others if other.kind == "audio"]
    with av.open(target) as file:
        same = [stream.index for stream in file.streams.audio]
    pairs = zip(numbers, same, strict=False)
    return max((_sound(target, b, 0) - _sound(source, a, track.number) for a, b in pairs), default=Fraction(0))


def _sound(path: Path, number: int, picture: int) -> Fraction:
    """Seconds from the first frame of stream ``picture`` to the first packet of the sound."""
    with av.open(path) as file:
        shown: Any = file.streams[picture]
        first: Any = next(iter(file.demux(file.streams[number])))
        return (first.pts or 0) * Fraction(first.time_base) - (shown.start_time or 0) * Fraction(shown.time_base)


def _seconds(value: Fraction) -> str:
    return f"{float(value):.6f}"


def _apart(source: Path, held: Contents, part: tuple[Fraction, Fraction], folder: Path) -> dict[int, Path]:
    """Files, by the numbers of the streams in them, of what FFmpeg would drop as older than the part."""
    files = {}
    for other in held.others:
        if other.kind == "cover":
            files[other.number] = folder / f"{other.number}.{_cover_ending(other)}"
            files[other.number].write_bytes(_first_packet(source, other.number))
        elif other.kind == "subtitle" and other.codec in CUT_CODECS:
            files[other.number] = folder / f"{other.number}"
            cut_subtitles(source, other.number, *part, files[other.number])
    return files


def _maps(
    source: Path, held: Contents, container: str, folder: Path, inputs: Mapping[int, int]
) -> tuple[list[str], list[str]]:
    """Options that take the other streams, and those for their tags. Files for attaching are put into ``folder``.

    ``inputs`` are those of streams that are alone in a file of their own.
    """
    maps: list[str] = []
    tags: list[str] = []
    attached: list[Other] = []
    position = 1
    for other in held.others:
        if other.kind == "cover" and container in _MATROSKA:
            attached.append(other)
            continue
        maps += ["-map", f"{inputs[other.number]}:0" if other.number in inputs else f"1:{other.number}"]
        tags += [f"-map_metadata:s:{position}", f"1:s:{other.number}"]
        if other.kind == "cover":
            tags += [f"-disposition:{position}", "attached_pic"]
        elif other.number in inputs:
            tags += [f"-disposition:{position}", other.disposition]
        position += 1
    for cover in attached:
        ending = _cover_ending(cover)
        file = folder / Path(cover.name or f"cover.{ending}").name
        file.write_bytes(_first_packet(source, cover.number))
        maps += ["-attach", _url(file)]
        mimetype = cover.mimetype or f"image/{'jpeg' if ending == 'jpg' else ending}"
        tags += [f"-metadata:s:{position}", f"mimetype={mimetype}", f"-metadata:s:{position}", f"filename={file.name}"]
        position += 1
    return maps, tags


def _cover_ending(cover: Other) -> str:
    return "png" if cover.codec == "png" else "jpg"


def _first_packet(source: Path, number: int) -> bytes:
    with av.open(source) as container:
        for packet in container.demux(container.streams[number]):
            return bytes(packet)
    raise Error(f"the cover of {source.name}, stream {number}, cannot be read")
