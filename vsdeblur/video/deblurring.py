"""A file in, a deblurred file out: the stages of ``vsdeblur deblur``, each of which can be taken up again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path

import av

from vsdeblur._engine import Error, usable_cores
from vsdeblur.video import encoders, others, source
from vsdeblur.video.clock import Clock
from vsdeblur.video.encoders import Wishes
from vsdeblur.video.encoding import check, out_of_room
from vsdeblur.video.joining import join
from vsdeblur.video.journal import Journal
from vsdeblur.video.network import weights_file
from vsdeblur.video.paths import check_source, check_target
from vsdeblur.video.progress import Progress
from vsdeblur.video.segments import Job, Maker, Segment, segments
from vsdeblur.video.source import Interlaced, Source, Survey, Track
from vsdeblur.video.workers import Tally, Workers, handed_out

__all__ = ["OWN_KIND", "Request", "check_files", "deblur", "interlaced_sentence", "part_of"]

# Containers that hold segments as they are, and joined video with its colours, turning and times.
OWN_KIND = ("matroska", "webm", "mp4", "mov")

_SHIFT_SECONDS = 0.002
"""What containers round times to, and a little more."""


@dataclass(frozen=True)
class Request:
    """What a user asks for."""

    source: Path
    target: Path
    model: str
    arguments: tuple[str, ...] = ()
    wishes: Wishes = Wishes()
    deinterlace: bool = False
    progressive: bool = False
    start: Fraction | None = None
    end: Fraction | None = None
    """Seconds from the first frame."""
    frames: tuple[int, int] | None = None
    """The first one and the one after the last."""
    overwrite: bool = False
    resume: bool = False
    rate: Fraction | None = None
    """Frames a second of a picture sequence."""
    workers: Workers = Workers()


def deblur(request: Request, progress: Progress) -> None:
    """Writes the target, whole. Raises Error; then the target is as it was, and what is done is kept for resuming."""
    is_taken_up = request.resume and bool(request.target.name) and Journal(request.target).is_there
    check_files(request.source, request.target, may_replace=request.overwrite or is_taken_up)
    container = encoders.container_of(request.target)
    journal = Journal(request.target)
    if _is_finished(request, journal):
        return
    try:
        track = source.described(request.source)
        held = _goes_along(request, track, container, progress)
        if journal.is_there and not request.resume:
            if not request.overwrite:
                raise Error(
                    f"an earlier run on {request.target.name} was broken off: --resume goes on, --overwrite begins anew"
                )
            journal.remove()
        journal.open()
        _run(request, progress, journal, track, held, container)
    except OSError as error:
        if out_of_room(error):
            raise Error(
                f"the disk of {request.target.absolute().parent} is full; with more room --resume goes on"
            ) from error
        raise Error(f"work on {request.target.name} failed: {error.strerror or error}") from error
    except av.error.FFmpegError as error:
        raise Error(f"FFmpeg cannot go on with {request.source.name}: {error.strerror}") from error
    except (KeyboardInterrupt, SystemExit):
        if journal.found("segment"):
            progress.say(f"broken off; --resume goes on, from {journal.folder.name}")
        else:
            progress.say("broken off before the first segment was whole, so nothing of it is kept")
        raise
    finally:
        progress.close()
        journal.close()


def _goes_along(request: Request, track: Track, container: str, progress: Progress) -> others.Contents:
    """What else of the source goes into the target. Raises Error when something cannot, unless it may be left out."""
    name, allowed = request.target.name, request.wishes.leave_out
    held = others.contents(request.source, track)
    missing = others.left_out(request.source, track, held, request.target, allowed=allowed)
    if track.matrix and container not in OWN_KIND and not allowed:
        raise Error(
            f"{name} cannot hold that the picture is turned; .mkv, .mp4, .mov and .webm can, and --leave-out goes on"
            " without"
        )
    tags, has_lost_chapters = others.lost_tags(request.source, request.target)
    if has_lost_chapters and not allowed:
        raise Error(f"{name} cannot hold chapters; .mkv, .mp4, .mov and .webm can, and --leave-out goes on without")
    if tags:
        progress.say(f"{name} cannot hold the tags {', '.join(tags)}; an .mkv could")
    kept = tuple(other for other in held.others if other not in missing)
    return replace(held, others=kept)


def check_files(source: Path, target: Path, *, may_replace: bool) -> None:
    """Raises Error when the source is not there, or the target must not be written."""
    check_source(source)
    if target.exists() and target.samefile(source):
        raise Error("OUT must be another file than IN")
    check_target(target, may_replace=may_replace)


def _is_finished(request: Request, journal: Journal) -> bool:
    """Whether an earlier run was broken off only after OUT was in its place."""
    if not request.resume or not request.target.exists():
        return False
    found = journal.found("whole")
    if found and found[-1]["whole"] == request.target.stat().st_ino:
        journal.remove()
        return True
    check_target(request.target, may_replace=request.overwrite)
    return False


def _run(
    request: Request, progress: Progress, journal: Journal, track: Track, held: others.Contents, container: str
) -> None:
    progress.stage("Indexing")
    clip = source.opened(request.source, track, journal.folder, report=progress)
    survey = _survey(clip, journal, progress)
    if survey.fields and not (request.deinterlace or request.progressive):
        raise Interlaced(interlaced_sentence(request.source, clip, survey))
    times = source.clock(clip, survey)
    first, count = part_of(request, times)
    job = _job(request, journal, clip, survey, times, container, (first, count))
    for sentence in (*job.encoding.notes, *(f"{what} cannot go along and is lost" for what in held.lost)):
        progress.say(sentence)
    maker = Maker(job, clip)
    job = replace(job, weights_file=weights_file(job.model, job.arguments))
    _agree(journal, job)
    _make_all(job, maker, journal, progress, request.workers)
    progress.stage("Joining")
    _finish(request, job, journal, held, times, container, maker.instants, progress)


def _survey(clip: Source, journal: Journal, progress: Progress) -> Survey:
    """The look at every frame, or what an earlier run found."""
    stat = clip.path.stat()
    key = [stat.st_size, stat.st_mtime_ns]
    for line in journal.found("survey"):
        if line["file"] == key:
            found = json.loads(line["survey"])
            last = None if found["last"] is None else Fraction(found["last"])
            return Survey(tuple(found["fields"]), found["top_first"], last)
    progress.stage("Looking at every frame")
    survey = source.surveyed(clip, report=progress)
    journal.note(survey=json.dumps(asdict(survey), default=str), file=key)
    return survey


def interlaced_sentence(path: Path, clip: Source, survey: Survey) -> str:
    """That a file has interlaced frames, and what may be done."""
    count, first = len(survey.fields), survey.fields[0]
    how_many = "is" if count == clip.clip.num_frames else f"has {count} interlaced frames, from frame {first} on: it is"
    return (
        f"{path.name} {how_many} interlaced; --deinterlace makes whole frames of it, --progressive takes them as whole"
        " already (25p in 50i)"
    )


def part_of(request: Request, times: Clock) -> tuple[int, int]:
    """The first frame that is wanted, and how many. Raises Error when there is none."""
    total = len(times.ticks)
    if request.frames is not None:
        first, end = request.frames
        if not 0 <= first < end <= total:
            raise Error(f"--frames must be FIRST:END with 0 <= FIRST < END <= {total}, not {first}:{end}")
        return first, end - first
    start = request.start if request.start is not None else Fraction(0)
    end_time = request.end
    shown = [times.seconds(tick - times.ticks[0]) for tick in times.ticks]
    wanted = [n for n, at in enumerate(shown) if at >= start and (end_time is None or at < end_time)]
    if not wanted:
        raise Error(f"--from and --to leave no frame of {float(times.seconds(times.end - times.ticks[0])):g} seconds")
    return wanted[0], len(wanted)


def _job(
    request: Request,
    journal: Journal,
    clip: Source,
    survey: Survey,
    times: Clock,
    container: str,
    part: tuple[int, int],
) -> Job:
    track = clip.track
    picture = encoders.picture_of(clip.clip, clip.alpha, track.width, track.height, track.aspect)
    encoding = encoders.choose(picture, container, request.wishes, source_codec=track.codec, name=request.target.name)
    rate = times.rate.limit_denominator(1001)
    check(encoding, picture, rate)
    stat = request.source.stat()
    return Job(
        source=request.source.absolute(),
        size=stat.st_size,
        modified=stat.st_mtime_ns,
        track=track,
        folder=journal.folder.absolute(),
        model=str(Path(request.model).absolute()) if Path(request.model).is_file() else request.model,
        arguments=tuple(_with_whole_path(text) for text in request.arguments),
        weights_file="",  # known once the Maker has checked the arguments
        threads=usable_cores(),
        deinterlace=request.deinterlace,
        survey=survey,
        picture=picture,
        encoding=encoding,
        rate=rate,
        container=container if container in OWN_KIND else "matroska",
        first=part[0],
        count=part[1],
        version=version("vsdeblur"),
    )


def _with_whole_path(text: str) -> str:
    """An argument of the function that means the same in every folder."""
    name, _, value = text.partition("=")
    return f"{name}={Path(value).absolute()}" if name == "model" and value else text


def _agree(journal: Journal, job: Job) -> None:
    """Raises Error when the earlier run made something else."""
    now = job.described()
    for line in journal.found("job"):
        for name, value in now.items():
            before = line["job"].get(name)
            if before != value:
                raise Error(
                    f"the earlier run had the {name.replace('_', ' ')} {before}, and this one has {value};"
                    " --overwrite begins anew"
                )
        return
    journal.note(job=now)


def _make_all(job: Job, maker: Maker, journal: Journal, progress: Progress, workers: Workers) -> None:
    """Makes the segments that are not there yet."""
    todo, done = _todo(job, journal)
    progress.stage("Deblurring", done)
    with closing(handed_out(job, todo, maker, workers, Tally(done, job.count, progress))) as made:
        for segment in made:
            journal.note(segment=segment.number, size=segment.file(job.folder).stat().st_size)


def _todo(job: Job, journal: Journal) -> tuple[list[Segment], int]:
    """The segments that are to be made, and how many frames the others have."""
    sizes = {line["segment"]: line["size"] for line in journal.found("segment")}
    todo, done = [], 0
    for segment in segments(job):
        file = segment.file(job.folder)
        if file.exists() and sizes.get(segment.number) == file.stat().st_size:
            done += segment.count
        else:
            todo.append(segment)
    return todo, done


def _finish(
    request: Request,
    job: Job,
    journal: Journal,
    held: others.Contents,
    times: Clock,
    container: str,
    instants: int,
    progress: Progress,
) -> None:
    """Joins, muxes, and puts OUT in its place."""
    is_part = (job.first, job.count) != (0, len(times.ticks))
    shown = times.part(job.first, job.count)
    span = None
    if is_part:
        span = (shown.seconds(shown.ticks[0]), shown.seconds(shown.end))
        shown = shown.moved(-shown.ticks[0])
    joined, whole = job.folder / "joined", job.folder / "whole"
    files = [segment.file(job.folder) for segment in segments(job)]
    join(files, shown.split(instants), job.track.matrix, joined, container=job.container)
    others.mux(
        joined,
        request.source,
        job.track,
        held,
        whole,
        container=container,
        picture=job.picture,
        codec=job.encoding.codec,
        part=span,
    )
    for sentence in _moved(request, job, held, joined, whole, is_part=is_part):
        progress.say(sentence)
    with whole.open("r+b") as written:
        os.fsync(written.fileno())
    journal.note(whole=whole.stat().st_ino)
    whole.replace(request.target)
    journal.remove()
    progress.finished(request.target.name, job.count * instants)


def _moved(
    request: Request, job: Job, held: others.Contents, joined: Path, whole: Path, *, is_part: bool
) -> Iterator[str]:
    """What ``whole`` shows or plays later than it should, in words."""
    later = others.start(whole) - others.start(joined)
    container = encoders.container_of(request.target)
    name, before = request.target.name, f"than in {request.source.name}: {container} has no times before 0"
    if abs(later) > _SHIFT_SECONDS:
        yield f"everything in {name} is {float(later):.3f} seconds later {before}, where decoding begins"
    delay = Fraction(0) if is_part else others.sound_delay(request.source, job.track, held, whole)
    if delay > _SHIFT_SECONDS:
        yield f"the sound of {name} is {float(delay):.3f} seconds later {before}, where this sound begins"
