"""Pipes and picture sequences: what is deblurred in one go, without a journal."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vsdeblur._engine import Error
from vsdeblur.video import encoders, sequences
from vsdeblur.video.deblurring import Request
from vsdeblur.video.encoders import Picture, Wishes
from vsdeblur.video.encoding import out_of_room
from vsdeblur.video.intakes import Filed, Intake, Pictured, Piped
from vsdeblur.video.outlets import to_file, to_pictures, to_pipe
from vsdeblur.video.paths import check_source, check_target
from vsdeblur.video.progress import Progress
from vsdeblur.video.workers import Workers

__all__ = ["PIPE", "deblur_directly", "is_direct"]

PIPE = Path("-")


def is_direct(request: Request) -> bool:
    """Whether a request is for deblur_directly(), and not for files that become files."""
    return PIPE in (request.source, request.target) or _has_pictures(request)


def _has_pictures(request: Request) -> bool:
    return sequences.is_pattern(request.source) or sequences.is_for_pictures(request.target)


def deblur_directly(request: Request, progress: Progress) -> None:
    """Deblurs what comes in. Raises Error, and BrokenPipeError when nobody reads the output any more."""
    _refuse_what_needs_files(request)
    try:
        with _intake(request, progress) as intake:
            picture = encoders.picture_of(intake.clip, intake.alpha, intake.width, intake.height, intake.aspect)
            _outlet(request)(request, intake, picture, progress)
    except BrokenPipeError:
        raise
    except OSError as error:
        if out_of_room(error):
            more = "; with more room --resume goes on" if sequences.is_for_pictures(request.target) else ""
            raise Error(f"the disk of {request.target.absolute().parent} is full{more}") from error
        raise Error(str(error)) from error
    finally:
        progress.close()


def _outlet(request: Request) -> Callable[[Request, Intake, Picture, Progress], None]:
    if request.target == PIPE:
        return to_pipe
    return to_pictures if sequences.is_for_pictures(request.target) else to_file


def _refuse_what_needs_files(request: Request) -> None:
    if request.workers != Workers():
        raise Error("--workers and --scheduler need video files as IN and OUT, not pipes or picture sequences")
    if request.resume and PIPE in (request.source, request.target):
        raise Error("--resume needs files as IN and OUT: what went through a pipe is gone")
    if request.resume and not sequences.is_for_pictures(request.target):
        raise Error("--resume needs a video file as IN, or pictures as OUT")
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
    else:
        _check_target(request)


def _check_target(request: Request) -> None:
    target = request.target
    if sequences.is_for_pictures(target):
        check_target(target, may_replace=True)
        sequences.numbered(target, 0)
        return
    encoders.container_of(target)
    check_target(target, may_replace=request.overwrite)


@contextmanager
def _intake(request: Request, progress: Progress) -> Iterator[Intake]:
    if request.source == PIPE:
        yield Piped(request)
        return
    if sequences.is_pattern(request.source):
        yield Pictured(request, progress)
        return
    check_source(request.source)
    with tempfile.TemporaryDirectory() as folder:
        yield Filed(request, Path(folder), progress, has_one_rate=request.target == PIPE)
