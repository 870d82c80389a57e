"""Several files, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from vsdeblur._engine import Error
from vsdeblur.video.deblurring import Request, deblur
from vsdeblur.video.encoders import container_of
from vsdeblur.video.journal import Journal
from vsdeblur.video.paths import check_source, check_target
from vsdeblur.video.progress import Progress

__all__ = ["deblur_all", "planned"]

_VIDEOS = frozenset(
    [".3g2", ".3gp", ".asf", ".avi", ".divx", ".dv", ".f4v", ".flv", ".m2ts", ".m2v", ".m4v", ".mkv", ".mov", ".mp4"]
    + [".mpeg", ".mpg", ".mts", ".mxf", ".nut", ".ogm", ".ogv", ".rm", ".rmvb", ".ts", ".vob", ".webm", ".wmv", ".y4m"]
)
"""Endings of the files that are taken of a folder."""
_WORK = ".vsdeblur"


def planned(inputs: Sequence[Path], folder: Path, ending: str | None, progress: Progress) -> list[tuple[Path, Path]]:
    """Each file and what it becomes: the same name in ``folder``, with another ``ending`` if one is given.

    Of a folder among the inputs all video files are taken, not those of folders within it; the user is told what is
    left. Raises Error when two would become one, or one itself.
    """
    sources = [file for path in inputs for file in (_videos(path, progress) if path.is_dir() else [path])]
    if ending is not None and not ending.startswith("."):
        ending = f".{ending}"
    plan: dict[Path, Path] = {}
    for source in sources:
        target = folder / (source.name if ending is None else source.stem + ending)
        if target in plan:
            raise Error(f"{plan[target]} and {source} would both become {target}")
        plan[target] = source
    there = {path.resolve() for path in sources}
    for target, source in plan.items():
        if target.resolve() in there:
            raise Error(f"{source} would become {target}, which is among the inputs: give another --out-dir")
    return [(source, target) for target, source in plan.items()]


def _videos(folder: Path, progress: Progress) -> list[Path]:
    entries = sorted(path for path in folder.iterdir() if not path.name.endswith(_WORK))
    found = [path for path in entries if path.is_file() and path.suffix.lower() in _VIDEOS]
    folders = [path.name for path in entries if path.is_dir()]
    others = [path.name for path in entries if path not in found and not path.is_dir()]
    if folders:
        progress.say(f"{folder}: skipped {', '.join(folders)}: folders within a folder are not looked into")
    if others:
        progress.say(f"{folder}: skipped {', '.join(others)}: no video by the ending; name a file to have it taken")
    if not found:
        raise Error(f"{folder} holds no video file")
    return found


def deblur_all(requests: Sequence[Request], progress: Progress) -> bool:
    """Deblurs files; what fails is said, and does not stop the others. Whether all came out."""
    there = [request for request in requests if _is_finished(request)]
    todo = [request for request in requests if request not in there]
    failed = [request for request in todo if not _may_begin(request, progress)]
    todo = [request for request in todo if request not in failed]
    for number, request in enumerate(todo):
        progress.file(request.source.name, number + 1, len(todo))
        try:
            deblur(request, progress)
        except (Error, OSError) as error:
            _say_failure(request, error, progress)
            failed.append(request)
    progress.say(_summary(len(requests), len(there), failed))
    return not failed


def _is_finished(request: Request) -> bool:
    """Whether an earlier run of the same batch came to its end with this file."""
    return request.resume and request.target.exists() and not Journal(request.target).is_there


def _may_begin(request: Request, progress: Progress) -> bool:
    """Looks at what can be known before hours of work, and tells of it."""
    try:
        _check_ending(request.target)
        check_source(request.source)
        check_target(request.target, may_replace=request.overwrite or request.resume, hint=", --resume leaves it")
    except Error as error:
        _say_failure(request, error, progress)
        return False
    return True


def _check_ending(target: Path) -> None:
    try:
        container_of(target)
    except Error as error:
        raise Error(f"{error}; --ext gives another") from error


def _say_failure(request: Request, error: Exception, progress: Progress) -> None:
    progress.say(f"{request.source.name}: {error}")


def _summary(count: int, there: int, failed: Iterable[Request]) -> str:
    names = [request.source.name for request in failed]
    text = f"{count - there - len(names)} of {count} files came out"
    if there:
        text += f", {there} {'was' if there == 1 else 'were'} there already"
    if names:
        text += f", {len(names)} failed: {', '.join(names)}"
    return text
