"""Pipes: what is deblurred in one go, without a journal."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from vsdeblur._engine import Error
from vsdeblur.video import encoders, others, y4m
from vsdeblur.video.clock import Clock
from vsdeblur.video.deblurring import OWN_KIND, Request
from vsdeblur.video.encoders import Picture, Wishes
from vsdeblur.video.encoding import check, encode, in_format, out_of_room
from vsdeblur.video.host import translated, vapoursynth
from vsdeblur.video.intakes import Chunk, Filed, Intake, Make, Piped
from vsdeblur.video.joining import join
from vsdeblur.video.network import deblurred
from vsdeblur.video.progress import Progress

__all__ = ["PIPE", "deblur_directly", "is_direct"]

PIPE = Path("-")


def is_direct(request: Request) -> bool:
    """Whether a request is for deblur_directly(), and not for files that become files."""
    return PIPE in (request.source, request.target)


def deblur_directly(request: Request, progress: Progress) -> None:
    """Deblurs what comes in. Raises Error, and BrokenPipeError when nobody reads the output any more."""
    _refuse_what_needs_files(request)
    if request.target != PIPE:
        _check_target(request)
    try:
        with _intake(request, progress) as intake:
            picture = encoders.picture_of(intake.clip, intake.alpha, intake.width, intake.height, intake.aspect)
            write = _to_pipe if request.target == PIPE else _to_file
            write(request, intake, picture, progress)
    except BrokenPipeError:
        raise
    except OSError as error:
        if out_of_room(error):
            raise Error(f"the disk of {request.target.absolute().parent} is full") from error
        raise Error(str(error)) from error
    finally:
        progress.close()


def _refuse_what_needs_files(request: Request) -> None:
    if request.resume:
        raise Error("--resume needs files as IN and OUT: what went through a pipe is gone")
    if request.source == PIPE:
        if request.start is not None or request.end is not None or request.frames is not None:
            raise Error("--from, --to and --frames need a file as IN, not -")
        if request.deinterlace:
            raise Error("--deinterlace needs a file as IN, not -; ffmpeg -vf bwdif does it before the pipe")
    if request.target == PIPE:
        if request.wishes != Wishes(leave_out=request.wishes.leave_out):
            raise Error("--codec and the other arguments of encoders need a file as OUT: Y4M on - is not coded")
        if request.overwrite:
            raise Error("--overwrite needs a file as OUT, not -")


def _check_target(request: Request) -> None:
    encoders.container_of(request.target)
    if not request.target.absolute().parent.is_dir():
        raise Error(f"there is no folder {request.target.parent}")
    if request.target.exists() and not request.overwrite:
        raise Error(f"{request.target} is there already; --overwrite replaces it")


@contextmanager
def _intake(request: Request, progress: Progress) -> Iterator[Intake]:
    if request.source == PIPE:
        yield Piped(request)
        return
    if not request.source.is_file():
        raise Error(f"there is no file {request.source}")
    with tempfile.TemporaryDirectory() as folder:
        yield Filed(request, Path(folder), progress)


def _maker(request: Request, format_name: str) -> Make:
    """Deblurs a clip, and brings it into FFmpeg's format ``format_name``."""

    def make(clip: Any, alpha: Any) -> tuple[Any, Any]:
        vs = vapoursynth()
        sharp = deblurred(vs.core.vsdeblur, clip, request.model, request.arguments)
        instants = sharp.num_frames // clip.num_frames
        if alpha is not None and instants > 1:
            alpha = vs.core.std.Interleave([alpha] * instants)
        return in_format(sharp, alpha, format_name)

    return make


def _to_pipe(request: Request, intake: Intake, picture: Picture, progress: Progress) -> None:
    format_name = y4m.chosen_format(picture.pixels)
    out = y4m.opened_output()
    progress.stage("Deblurring")
    done = 0
    try:
        with translated():
            for chunk in intake.chunks(_maker(request, format_name)):
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


def _to_file(request: Request, intake: Intake, picture: Picture, progress: Progress) -> None:
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
            for chunk in intake.chunks(_maker(request, encoding.format)):
                instants = chunk.instants
                parts.append(Path(folder, f"segment-{len(parts):06}"))
                encode(
                    chunk.clip,
                    chunk.alpha,
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
