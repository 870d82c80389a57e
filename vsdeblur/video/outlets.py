"""Where deblurred frames go beside files from files: a pipe, a video file in one go, pictures."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from vsdeblur._engine import Error
from vsdeblur.video import encoders, others, sequences, y4m
from vsdeblur.video.clock import Clock
from vsdeblur.video.deblurring import OWN_KIND, Request
from vsdeblur.video.encoders import Picture
from vsdeblur.video.encoding import check, encode, in_format, planes
from vsdeblur.video.formats import parsed
from vsdeblur.video.host import translated, vapoursynth
from vsdeblur.video.intakes import Chunk, Intake, Make
from vsdeblur.video.joining import join
from vsdeblur.video.progress import Progress
from vsdeblur.video.segments import sharpened
from vsdeblur.video.writing import usual_matrix

__all__ = ["to_file", "to_pictures", "to_pipe"]


def _maker(request: Request, format_name: str, picture: Picture) -> Make:
    """Deblurs a clip, and brings it into FFmpeg's format ``format_name``. ``picture`` is what comes in."""
    wanted = parsed(format_name)
    assert wanted is not None

    def make(clip: Any, alpha: Any) -> tuple[Any, Any]:
        vs = vapoursynth()
        sharp, alpha = sharpened(clip, alpha, request.model, request.arguments)
        if sharp.format.color_family == vs.YUV and wanted.family == "rgb":
            matrix = picture.matrix if picture.matrix != vs.MATRIX_UNSPECIFIED else usual_matrix(picture.height)
            sharp = vs.core.resize.Bicubic(sharp, format=wanted.clip_format().id, matrix_in=matrix)
        return in_format(sharp, alpha, format_name)

    return make


def to_pipe(request: Request, intake: Intake, picture: Picture, progress: Progress) -> None:
    format_name = y4m.chosen_format(picture.pixels)
    out = y4m.opened_output()
    if picture.is_hdr or picture.has_hdr10:
        progress.say("Y4M does not say that the video is HDR: tell the program that reads it")
    progress.stage("Deblurring")
    done = 0
    try:
        with translated():
            for chunk in intake.chunks(_maker(request, format_name, picture)):
                if done == 0:
                    out.write(y4m.header(picture, format_name, intake.rate * chunk.instants))
                report = _reporter(progress, done, chunk, intake)
                y4m.write_frames(chunk.clip, picture, out, report)
                done += chunk.count
        out.flush()
    finally:
        with suppress(BrokenPipeError):
            out.close()


def _reporter(progress: Progress, before: int, chunk: Chunk, intake: Intake) -> Callable[[int], None]:
    """Hears how many frames of a chunk are written."""
    return lambda done: progress(before + done // chunk.instants, intake.total)


def to_file(request: Request, intake: Intake, picture: Picture, progress: Progress) -> None:
    """Coded in the segments that a file would have, so that the same frames in a file give the same bits."""
    target = request.target
    container = encoders.container_of(target)
    own = container if container in OWN_KIND else "matroska"
    encoding = encoders.choose(picture, container, request.wishes, source_codec="", name=target.name)
    check(encoding, picture, intake.rate)
    for sentence in encoding.notes:
        progress.say(sentence)
    progress.stage("Deblurring")
    done, instants = 0, 1
    parts: list[Path] = []
    with tempfile.TemporaryDirectory(dir=target.absolute().parent, prefix=".vsdeblur-") as folder:
        with translated():
            for chunk in intake.chunks(_maker(request, encoding.format, picture)):
                instants = chunk.instants
                parts.append(Path(folder, f"segment-{len(parts):06}"))
                encode(
                    planes(chunk.clip, chunk.alpha),
                    encoding,
                    picture,
                    intake.rate * instants,
                    parts[-1],
                    container=own,
                    report=_reporter(progress, done, chunk, intake),
                )
                done += chunk.count
        progress.stage("Joining")
        times = Clock.of(1 / intake.rate, range(done), 1 / intake.rate)
        joined, whole = Path(folder, "joined"), Path(folder, "whole")
        join(parts, times.split(instants), (), joined, container=own)
        others.wrap(joined, whole, container=container, picture=picture, codec=encoding.codec)
        whole.replace(target)
    progress.finished(target.name, done * instants)


def to_pictures(request: Request, intake: Intake, picture: Picture, progress: Progress) -> None:
    """One picture a frame, each of which appears whole. Raises Error when some are there that may not be replaced."""
    encoding, shown = sequences.chosen_encoding(request.target, picture, request.wishes)
    check(encoding, shown, intake.rate)
    for sentence in encoding.notes:
        progress.say(sentence)
    # FFmpeg takes % in folders for a place of numbers too, and what stands before a colon for a protocol.
    folder = str(request.target.absolute().parent).replace("%", "%%")
    progress.stage("Deblurring")
    done = there = 0
    instants = 1
    with translated():
        for chunk in intake.chunks(_maker(request, encoding.format, picture)):
            count, instants = chunk.clip.num_frames, chunk.instants
            first = intake.number + intake.first if instants == 1 else 1 + intake.first * instants
            if done == 0:
                there = _pictures_there(request, intake, first, instants)
            skip = min(count, max(0, there - done * instants))
            if skip < count:
                encode(
                    planes(chunk.clip[skip:], None if chunk.alpha is None else chunk.alpha[skip:]),
                    encoding,
                    shown,
                    intake.rate,
                    Path(folder, request.target.name),
                    container="image2",
                    report=_reporter(progress, done, chunk, intake),
                    options={"start_number": str(first + done * instants + skip), "atomic_writing": "1"},
                )
            done += chunk.count
    progress.finished(request.target.name, done * instants)


def _pictures_there(request: Request, intake: Intake, first: int, instants: int) -> int:
    """How many, from picture ``first`` on, are there already and stay. Raises Error for those that must not be."""
    found = sequences.existing(request.target)
    if request.resume:
        return next(count for count in range(len(found) + 1) if first + count not in found)
    end = None if intake.total is None else first + intake.total * instants
    taken = sorted(number for number in found if number >= first and (end is None or number < end))
    if taken and not request.overwrite:
        raise Error(f"{found[taken[0]]} is there already; --overwrite replaces it, --resume goes on behind those there")
    return 0
