"""Subtitles of a part of a video: what is on the screen as the part begins stays there from its beginning on.

FFmpeg's own cut drops what begins before it.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av

__all__ = ["CUT_CODECS", "cut_subtitles"]

CUT_CODECS = ("subrip", "srt", "ass", "ssa", "webvtt", "text", "mov_text", "dvd_subtitle")
"""Of subtitles whose packets say how long they are shown."""


def cut_subtitles(source: Path, number: int, start: Fraction, end: Fraction, target: Path) -> None:
    """Writes stream ``number`` of a file from ``start`` to ``end``, in seconds; the start is at 0 then."""
    with av.open(source) as file:
        stream: Any = file.streams[number]
        container = "mp4" if stream.codec_context.name == "mov_text" else "matroska"
        with av.open(target, "w", format=container) as out:
            copy = out.add_stream_from_template(stream, opaque=True)
            for packet in file.demux(stream):
                if packet.size and packet.pts is not None and _moved(packet, start, end):
                    packet.stream = copy
                    out.mux(packet)


def _moved(packet: Any, start: Fraction, end: Fraction) -> bool:
    """Gives a packet its times in the part; whether it is in it."""
    base = Fraction(packet.time_base)
    first, last = packet.pts * base, (packet.pts + (packet.duration or 0)) * base
    shown = max(first, start)
    if first >= end or (first < start and last <= start):
        return False
    packet.pts = packet.dts = round((shown - start) / base)
    packet.duration = round((min(last, end) - shown) / base) if last > first else 0
    return True
