"""Segments, each encoded by itself, joined into one stream whose frames have their times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import av

from vsdeblur._engine import Error
from vsdeblur.video.clock import Clock

__all__ = ["join"]


def join(parts: Sequence[Path], times: Clock, matrix: Sequence[int], target: Path, *, container: str) -> None:
    """Writes the video of all parts, in order. Frame n of them together is shown at times.ticks[n].

    ``matrix`` is FFmpeg's display matrix, or empty.
    """
    orders = [_order(part) for part in parts]
    if sum(map(len, orders)) != len(times.ticks):
        raise Error(f"the segments have {sum(map(len, orders))} frames and not {len(times.ticks)}: begin anew")
    depth = max(position - shown for order in orders for position, shown in enumerate(order))
    ends = (*times.ticks[1:], times.end)
    with av.open(parts[0]) as first, av.open(target, "w", format=container, options={"fflags": "+bitexact"}) as out:
        template = first.streams.video[0]
        stream = out.add_stream_from_template(template, opaque=True)
        stream.codec_context.codec_tag = template.codec_context.codec_tag  # tells kinds of ProRes apart
        stream.time_base = times.base
        stream.codec_context.framerate = times.rate.limit_denominator(1_000_000)
        if matrix:
            stream.set_display_matrix(matrix)
        before = 0
        for part, order in zip(parts, orders, strict=True):
            for position, packet in enumerate(_packets(part, template.codec_context.extradata)):
                shown = before + order[position]
                packet.stream, packet.time_base = stream, times.base
                packet.pts = times.ticks[shown]
                packet.dts = _decoded_at(times, before + position - depth)
                packet.duration = ends[shown] - times.ticks[shown]
                out.mux(packet)
            before += len(order)


def _order(part: Path) -> list[int]:
    """For each packet, in the order of decoding, its place in the order of showing."""
    with av.open(part) as file:
        stamps = [packet.pts or 0 for packet in file.demux(video=0) if packet.size]
    places = {stamp: place for place, stamp in enumerate(sorted(stamps))}
    return [places[stamp] for stamp in stamps]


def _packets(part: Path, extradata: bytes | None) -> Iterator[Any]:
    with av.open(part) as file:
        if file.streams.video[0].codec_context.extradata != extradata:
            raise Error("the encoder began its segments differently: they cannot be joined")
        for packet in file.demux(video=0):
            if packet.size:
                yield packet


def _decoded_at(times: Clock, position: int) -> int:
    """When frame ``position`` is shown; before the first one time goes on backwards at the pace of the first frame."""
    if position >= 0:
        return times.ticks[position]
    step = times.ticks[1] - times.ticks[0] if len(times.ticks) > 1 else times.last
    return times.ticks[0] + position * step
