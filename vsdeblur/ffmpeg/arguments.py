"""Models by name in the arguments of ffmpeg: the filter ``vsdeblur=MODEL``, which FFmpeg itself does not have.

In the argument after an option that takes a filter graph (``-vf``, ``-filter``, ``-filter:v:0``, ``-lavfi``,
``-filter_complex``), ``vsdeblur=MODEL`` and ``vsdeblur=MODEL:via=WAY`` in the place of a filter stand for the graph
that ``vsdeblur ffmpeg-graph MODEL --via WAY`` prints. Without a way, the first of dnn, wrapper and frei0r is taken that
both this ffmpeg and the model can take. MODEL is a name or a path without any of ``,;:[]'\\`` and white space.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from vsdeblur._engine import Error
from vsdeblur.ffmpeg.frei0r_graph import find_model, frei0r_graph
from vsdeblur.ffmpeg.launch import WAYS, FFmpeg

__all__ = ["expanded"]

_GRAPH_OPTION = re.compile(r"-(vf|lavfi|filter_complex|filter(:\S+)?)")
_FILTER = re.compile(r"(?<![^\s,;\]])vsdeblur=([^\s,;:\[\]'\\]*)(?::via=(\w*))?(?![^\s,;\[])")


def expanded(arguments: Sequence[str], ffmpeg: FFmpeg, say: Callable[[str], None]) -> list[str]:
    """The arguments with graphs in place of ``vsdeblur=MODEL``; ``say`` is told of each which way it goes and why.

    Raises Error for what cannot be done: no such model or way, or one that this ffmpeg or the model cannot take.
    """
    result = list(arguments)
    count = 0

    def graph(match: re.Match[str]) -> str:
        nonlocal count
        count += 1
        text, way, why = _graph(match[1], match[2], ffmpeg)
        say(f"{match[1]} goes by {way}" + (f", not by {'; '.join(why)}" if why else ""))
        # Two graphs in one must not share labels.
        return text.replace("[vsd_", f"[vsd{count}_")

    for index in range(1, len(result)):
        if _GRAPH_OPTION.fullmatch(result[index - 1]):
            result[index] = _FILTER.sub(graph, result[index])
    return result


def _graph(model: str, named: str | None, ffmpeg: FFmpeg) -> tuple[str, str, list[str]]:
    """The graph, its way, and why the model cannot take the ways before it that this ffmpeg can."""
    find_model(model)  # what is wrong with the model itself is said once
    if named is not None:
        if named not in WAYS:
            raise Error(f"vsdeblur={model}: via must be one of {', '.join(WAYS)}, not {named}")
        if not ffmpeg.can(named):
            raise Error(f"vsdeblur={model}: {ffmpeg.path} cannot take the way {named}: {ffmpeg.lacking[named]}")
        return _built(model, named), named, []
    why: list[str] = []
    for way in WAYS:
        if not ffmpeg.can(way):
            continue
        try:
            return _built(model, way), way, why
        except Error as error:
            why.append(f"{way}: {error}")
    why += [f"{way}: {reason}" for way, reason in ffmpeg.lacking.items()]
    raise Error(f"vsdeblur={model}: {ffmpeg.path} cannot run it; {'; '.join(why)}")


def _built(model: str, way: str) -> str:
    if way == "frei0r":
        return frei0r_graph(model)
    from vsdeblur.ffmpeg.graph import dnn_graph, wrapper_graph

    return dnn_graph(model) if way == "dnn" else wrapper_graph(model)
