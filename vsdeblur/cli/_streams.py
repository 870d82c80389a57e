"""What a video file holds besides its picture, and how it goes along into another file."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vsdeblur._engine import Error

__all__ = ["copied", "named"]

# Of FFmpeg's description of a file: `  Stream #0:1(eng): Subtitle: subrip`, and what is said of a picture that a file
# carries as its cover.
_STREAM = re.compile(r"^ +Stream #0:(\d+)\S*: (\w+): (\w+)(.*)$", re.MULTILINE)
_COVER = "(attached pic)"
_MATROSKA = (".mkv", ".mka", ".mks")
# What FFmpeg says of an unknown ending, up to version 6 and since.
_NO_CONTAINER = (b"Unable to find a suitable output format", b"Unable to choose an output format")


@dataclass(frozen=True)
class Stream:
    """One that is no moving picture."""

    number: int
    kind: str
    codec: str

    @property
    def is_cover(self) -> bool:
        return self.kind == "video"


def named(path: Path) -> str:
    """A path as FFmpeg takes it, which reads what stands before a colon as a protocol."""
    return f"file:{path}"


def copied(ffmpeg: str, source: Path, target: Path, folder: Path, *, leave_out: bool) -> list[str]:
    """FFmpeg's arguments that bring ``source``'s other streams, chapters and tags along, as its second input.

    ``folder`` must be there while FFmpeg runs: covers lie in it on their way into Matroska.
    With ``leave_out`` without those that the container of ``target``'s ending cannot hold. Else raises Error, naming
    the first of them.
    """
    arguments = ["-i", named(source), "-map", "0:v", "-map_metadata", "1", "-map_chapters", "1"]
    covers: list[Path] = []
    attachments = pictures = 0
    for stream in _others(ffmpeg, source):
        if not _holds(ffmpeg, source, stream, target):
            if leave_out:
                continue
            raise Error(
                f"{target.name} cannot hold stream {stream.number} of {source.name} ({stream.kind}, {stream.codec});"
                " an .mkv may, and --leave-out goes on without it"
            )
        if stream.is_cover and target.suffix.lower() in _MATROSKA:
            covers.append(_extracted(ffmpeg, source, stream, folder))
            continue
        arguments += ["-map", f"1:{stream.number}"]
        attachments += stream.kind == "attachment"
        pictures += stream.is_cover
        if stream.is_cover:
            arguments += [f"-c:v:{pictures}", "copy", f"-disposition:v:{pictures}", "attached_pic"]
    for number, cover in enumerate(covers, attachments):
        kind = "png" if cover.suffix == ".png" else "jpeg"
        arguments += ["-attach", named(cover), f"-metadata:s:t:{number}", f"mimetype=image/{kind}"]
    return [*arguments, "-c:a", "copy", "-c:s", "copy", "-c:d", "copy", "-c:t", "copy"]


def _others(ffmpeg: str, source: Path) -> list[Stream]:
    # FFmpeg describes its input, and then complains that it has nothing to do.
    done = subprocess.run(
        [ffmpeg, "-hide_banner", "-i", named(source)], capture_output=True, stdin=subprocess.DEVNULL, check=False
    )
    found = _STREAM.findall(done.stderr.decode(errors="replace"))
    return [
        Stream(int(number), kind.lower(), codec)
        for number, kind, codec, rest in found
        if kind != "Video" or _COVER in rest
    ]


def _extracted(ffmpeg: str, source: Path, cover: Stream, folder: Path) -> Path:
    """A cover as a file: FFmpeg writes covers into Matroska from files alone."""
    file = folder / f"cover{cover.number}.{'png' if cover.codec == 'png' else 'jpg'}"
    command = [ffmpeg, "-loglevel", "error", "-y", "-i", named(source), "-map", f"0:{cover.number}", "-c", "copy"]
    done = subprocess.run(
        [*command, "-f", "image2pipe", named(file)], capture_output=True, stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        raise Error(f"the cover of {source.name}, stream {cover.number}, cannot be read")
    return file


def _holds(ffmpeg: str, source: Path, stream: Stream, target: Path) -> bool:
    """Whether FFmpeg can begin a file of that ending with the stream. Raises Error when it means no container."""
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / f"trial{target.suffix}"
        command: Sequence[str] = [
            *(ffmpeg, "-hide_banner", "-loglevel", "error", "-y", "-i", named(source)),
            *("-map", f"0:{stream.number}", "-c", "copy", "-t", "0.1", named(trial)),
        ]
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    if any(words in done.stderr for words in _NO_CONTAINER):
        raise Error(f"{target.name}: FFmpeg knows no container by the ending {target.suffix or 'that is not there'}")
    return done.returncode == 0
