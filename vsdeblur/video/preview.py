"""A picture of a few frames before and after, to look at before hours of work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vsdeblur._engine import Error
from vsdeblur.video import sequences, source
from vsdeblur.video.deblurring import Request, part_of
from vsdeblur.video.host import translated, vapoursynth
from vsdeblur.video.intakes import Pictured
from vsdeblur.video.network import deblurred
from vsdeblur.video.paths import check_source, check_target
from vsdeblur.video.progress import Progress
from vsdeblur.video.segments import progressive
from vsdeblur.video.source import Interlaced, Survey
from vsdeblur.video.writing import labelled, write_picture

__all__ = ["write_preview"]

_FRAMES = 3
"""Spread over what is to be deblurred."""


def write_preview(request: Request, target: Path, progress: Progress) -> None:
    """Writes ``target``, a PNG: a row a frame, before on the left, after on the right. Raises Error."""
    _check_target(request, target)
    try:
        clip, first, count = _opened(request, progress)
        rows = min(_FRAMES, count)
        wanted = [first + count * (2 * row + 1) // (2 * rows) for row in range(rows)]
        with translated():
            sheet = _sheet(request, clip, wanted, progress)
            write_picture(sheet, target)
    finally:
        progress.close()
    names = ", ".join(map(str, wanted))
    progress.say(f"{target} shows frame{'s' if rows > 1 else ''} {names} before and after")


def _check_target(request: Request, target: Path) -> None:
    if target.suffix.lower() != ".png":
        raise Error(f"--preview must be a .png, not {target.name}")
    check_target(target, may_replace=request.overwrite)


def _opened(request: Request, progress: Progress) -> tuple[Any, int, int]:
    """What comes in as a clip, the first frame of it that is wanted, and how many."""
    if sequences.is_pattern(request.source):
        pictures = Pictured(request, progress)
        return pictures.clip, pictures.first, pictures.count
    check_source(request.source)
    track = source.described(request.source)
    progress.stage("Indexing")
    found = source.opened(request.source, track, None, report=progress, upright=True)
    first, count = part_of(request, source.clock(found, Survey((), True, None)))
    vs = vapoursynth()
    if request.deinterlace:
        progress.stage("Looking at every frame")
        return progressive(found, source.surveyed(found, report=progress), deinterlace=True)[0], first, count
    if request.progressive:
        return vs.core.std.SetFieldBased(found.clip, 0), first, count
    return found.clip, first, count


def _sheet(request: Request, clip: Any, wanted: list[int], progress: Progress) -> Any:
    vs = vapoursynth()
    for number in wanted:
        with clip.get_frame(number) as frame:
            if frame.props.get("_FieldBased", 0):
                raise Interlaced(
                    f"frame {number} of {request.source.name} is interlaced; --deinterlace makes whole frames of it,"
                    " --progressive takes it as whole already (25p in 50i)"
                )
    sharp = deblurred(vs.core.vsdeblur, clip, request.model, request.arguments)
    instants = sharp.num_frames // clip.num_frames
    sharp = sharp[instants // 2 :: instants]
    progress.stage("Deblurring")
    for done, number in enumerate(wanted):  # for the sake of the bar: the engine keeps them
        sharp.get_frame(number).close()
        progress(done + 1, len(wanted))
    name = Path(request.model).stem
    return vs.core.std.StackVertical(
        [
            vs.core.std.StackHorizontal(
                [labelled(f"before, frame {number}", clip[number]), labelled(f"after, {name}", sharp[number])]
            )
            for number in wanted
        ]
    )
