"""Videos that are broken: small ones of many codecs and containers, damaged from a seed.

Case n is a pure function of n and of the sources, and n alone says its kind.
"""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import imageio_ffmpeg

from tests.robustness.broken_bytes import flipped, truncated

__all__ = ["damaged", "kind_of", "sources"]

FRAMES = 10
_PICTURE = ("-f", "lavfi", "-i", f"testsrc2=size=64x48:rate=25:duration={FRAMES / 25}")
_ODD = ("-f", "lavfi", "-i", f"testsrc2=size=63x47:rate=25:duration={FRAMES / 25}")
_SOUND = ("-f", "lavfi", "-i", f"sine=duration={FRAMES / 25}")
_YUV = ("-pix_fmt", "yuv420p")
_FORMS: dict[str, tuple[str, ...]] = {
    "h264.mp4": (*_PICTURE, *_SOUND, *_YUV, "-c:v", "libx264", "-c:a", "aac"),
    "h264.mkv": (*_PICTURE, *_SOUND, *_YUV, "-c:v", "libx264", "-g", "4", "-c:a", "flac", "-metadata", "title=T"),
    "h264.ts": (*_PICTURE, *_SOUND, *_YUV, "-c:v", "libx264", "-g", "4", "-c:a", "mp2"),
    "h264.flv": (*_PICTURE, *_YUV, "-c:v", "libx264"),
    "odd.mp4": (*_ODD, *_SOUND, *_YUV, "-c:v", "libx264", "-c:a", "aac"),
    "hevc.mkv": (*_PICTURE, *_YUV, "-c:v", "libx265", "-x265-params", "log-level=error"),
    "mpeg4.avi": (*_PICTURE, *_SOUND, *_YUV, "-c:v", "mpeg4", "-c:a", "mp3"),
    "mpeg2.mpg": (*_PICTURE, *_SOUND, *_YUV, "-c:v", "mpeg2video", "-c:a", "mp2"),
    "vp9.webm": (*_PICTURE, *_SOUND, *_YUV, "-c:v", "libvpx-vp9", "-cpu-used", "8", "-c:a", "libopus"),
    "alpha.webm": (*_PICTURE, "-vf", "format=yuva420p", "-c:v", "libvpx-vp9", "-cpu-used", "8", "-auto-alt-ref", "0"),
    "ffv1.mkv": (*_PICTURE, "-pix_fmt", "yuv422p10le", "-c:v", "ffv1"),
    "prores.mov": (*_PICTURE, *_SOUND, "-c:v", "prores_ks", "-c:a", "pcm_s16le"),
    "mjpeg.avi": (*_PICTURE, "-pix_fmt", "yuvj420p", "-c:v", "mjpeg"),
    "raw.y4m": (*_PICTURE, *_YUV),
    "pictures.gif": _PICTURE,
}


def sources(folder: Path) -> list[Path]:
    """Makes the sound videos."""
    for name, form in _FORMS.items():
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y", *form, str(folder / name)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=300)
    return [folder / name for name in _FORMS]


def damaged(number: int, files: Sequence[Path]) -> tuple[str, bytes]:
    """Case ``number``: the name of the video, and what is left of it."""
    chance = random.Random(number)
    file = chance.choice(files)
    return file.name, _KINDS[kind_of(number)](file.read_bytes(), chance)


def kind_of(number: int) -> str:
    """Kinds take turns."""
    return list(_KINDS)[number % len(_KINDS)]


def _flipped(data: bytes, chance: random.Random) -> bytes:
    """Some bits anywhere are others."""
    return flipped(data, chance, chance.choice([1, 4, 16, 64, 256]))


def _header(data: bytes, chance: random.Random) -> bytes:
    """Some bits are others where the container describes itself: at the beginning or the end."""
    room = min(len(data), 1024)
    begin = chance.choice([0, 0, len(data) - room])
    return flipped(data, chance, chance.choice([1, 2, 4, 16]), begin, room)


def _zeroed(data: bytes, chance: random.Random) -> bytes:
    """A range is zeros, as on a broken disk."""
    start = chance.randrange(len(data))
    end = min(len(data), start + chance.choice([16, 256, 4096, 65536]))
    return data[:start] + bytes(end - start) + data[end:]


def _swapped(data: bytes, chance: random.Random) -> bytes:
    """Two pieces, packets or parts of them, have changed places."""
    size = chance.choice([64, 512, 2048])
    one, other = sorted(chance.randrange(len(data)) for _ in range(2))
    other = max(other, one + size)
    first, second = data[one : one + size], data[other : other + size]
    return data[:one] + second + data[one + size : other] + first + data[other + size :]


def _shuffled(data: bytes, chance: random.Random) -> bytes:
    """Blocks of the header are in another order."""
    size, room = chance.choice([(4, 64), (16, 256), (64, 2048)])
    blocks = [data[start : start + size] for start in range(0, min(room, len(data)), size)]
    chance.shuffle(blocks)
    return b"".join(blocks) + data[min(room, len(data)) :]


def _left_out(data: bytes, chance: random.Random) -> bytes:
    """A piece is missing, or there twice."""
    start = chance.randrange(len(data))
    end = min(len(data), start + chance.choice([1, 100, 1000, 10000]))
    return data[:start] + data[start:end] * chance.choice([0, 2]) + data[end:]


def _other_behind(data: bytes, chance: random.Random) -> bytes:
    """Noise, or the file's own first half again, follows."""
    return data + chance.choice([chance.randbytes(5000), data[: len(data) // 2], data])


_KINDS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "truncated": truncated,
    "flipped": _flipped,
    "header": _header,
    "zeroed": _zeroed,
    "swapped": _swapped,
    "shuffled": _shuffled,
    "left out": _left_out,
    "other behind": _other_behind,
}
