"""Models by name in the arguments of ffmpeg: the filter ``vsdeblur=MODEL``, which FFmpeg itself does not have.

In the argument after an option that takes a filter graph (``-vf``, ``-filter``, ``-filter:v:0``, ``-lavfi``,
``-filter_complex``), ``vsdeblur=MODEL``, with ``:via=WAY`` and ``:strength=X`` behind it or not, stands in the place of
a filter for the graph that ``vsdeblur ffmpeg-graph MODEL --via WAY --strength X`` prints. Without a way, the first of
dnn, wrapper and frei0r is taken that both this ffmpeg and the model can take. MODEL is a name or a path without any of
``,;:[]'\\`` and white space.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from vsdeblur._engine import Error
from vsdeblur.ffmpeg.graph import graph
from vsdeblur.ffmpeg.launch import FFmpeg
from vsdeblur.ffmpeg.ways import WAYS, Way, find_model, opacity

__all__ = ["expanded"]

_GRAPH_OPTION = re.compile(r"-(vf|lavfi|filter_complex|filter(:\S+)?)")
_WORD = r"[^\s,;:\[\]'\\]*"
_FILTER = re.compile(rf"(?<![^\s,;\]])vsdeblur=({_WORD})((?::(?:via|strength)={_WORD})*)(?![^\s,;\[])")


def expanded(arguments: Sequence[str], ffmpeg: FFmpeg, say: Callable[[str], None]) -> list[str]:
    """The arguments with graphs in place of ``vsdeblur=MODEL``; ``say`` is told of each which way it goes and why.

    Raises Error for what cannot be done: no such model or way, or one that this ffmpeg or the model cannot take.
    """
    result = list(arguments)
    count = 0

    def replaced(match: re.Match[str]) -> str:
        nonlocal count
        count += 1
        options = dict(option.split("=") for option in match[2].split(":")[1:])
        text, way, why = _graph(match[1], options, ffmpeg)
        say(f"{match[1]} goes by {way}" + (f", not by {'; '.join(why)}" if why else ""))
        # Two graphs in one must not share labels.
        return text.replace("[vsd_", f"[vsd{count}_")

    for index in range(1, len(result)):
        if _GRAPH_OPTION.fullmatch(result[index - 1]):
            result[index] = _FILTER.sub(replaced, result[index])
    return result


def _graph(model: str, options: dict[str, str], ffmpeg: FFmpeg) -> tuple[str, str, list[str]]:
    """The graph, its way, and why the model cannot take the ways before it that this ffmpeg can."""
    find_model(model)  # what is wrong with the model itself is said once
    strength = _strength(model, options.get("strength", "1"))
    if "via" in options:
        chosen = _way(model, options["via"])
        if not ffmpeg.can(chosen):
            raise Error(f"vsdeblur={model}: {ffmpeg.path} cannot take the way {chosen}: {ffmpeg.lacking[chosen]}")
        return graph(model, chosen, strength), chosen, []
    why: list[str] = []
    for way in WAYS:
        if not ffmpeg.can(way):
            continue
        try:
            return graph(model, way, strength), way, why
        except Error as error:
            why.append(f"{way}: {error}")
    why += [f"{way}: {reason}" for way, reason in ffmpeg.lacking.items()]
    raise Error(f"vsdeblur={model}: {ffmpeg.path} cannot run it; {'; '.join(why)}")


def _strength(model: str, text: str) -> float:
    try:
        strength = float(text)
        opacity(strength)
    except (ValueError, Error) as error:
        raise Error(f"vsdeblur={model}: strength must be a number between 0 and 1, not {text}") from error
    return strength


def _way(model: str, named: str) -> Way:
    for way in WAYS:
        if way == named:
            return way
    raise Error(f"vsdeblur={model}: via must be one of {', '.join(WAYS)}, not {named}")
