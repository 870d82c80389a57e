"""VapourSynth as the commands use it: found, with the plugins that are needed, and quiet."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from vsdeblur._engine import Error

__all__ = ["index_progress", "translated", "vapoursynth"]

_INDEX = re.compile(r"index progress (\d+)%")
# BestSource gives more than its signature declares, and VapourSynth remarks on it at every call.
_REMARK = "no return value(s) named"
_RAISED = f"{Error.__module__}.{Error.__qualname__}: "


@cache
def vapoursynth() -> Any:
    """The module, with BestSource and vsdeblur. Raises Error when one of them is not there."""
    try:
        import vapoursynth
    except ImportError as error:
        raise Error(f"VapourSynth does not load: {error}") from error
    for plugin, package in (("bs", "vapoursynth-bestsource"), ("vsdeblur", "vsdeblur")):
        if not hasattr(vapoursynth.core, plugin):
            raise Error(f"VapourSynth has no plugin {plugin}; pip install {package}")
    logging.getLogger("vapoursynth").addFilter(_is_news)
    return vapoursynth


def _is_news(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    return _REMARK not in message and not _INDEX.search(message)


@contextmanager
def translated() -> Iterator[None]:
    """VapourSynth's errors leave the block as Error."""
    vs = vapoursynth()
    try:
        yield
    except vs.Error as error:
        # An Error of a callback comes as the text of a traceback, which ends with it.
        raise Error(str(error).rpartition(_RAISED)[2].strip()) from error


@contextmanager
def index_progress(report: Callable[[int], None]) -> Iterator[None]:
    """Within the block ``report`` hears how many percent of a file are indexed."""
    core = vapoursynth().core

    def hear(_kind: int, message: str) -> None:
        found = _INDEX.search(message)
        if found:
            report(int(found[1]))

    handle = core.add_log_handler(hear)
    try:
        yield
    finally:
        core.remove_log_handler(handle)
