"""Which encoder writes a clip into a container, and with what options; what it cannot hold is said here."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from vsdeblur._engine import Error
from vsdeblur.video import formats
from vsdeblur.video.formats import Pixels

__all__ = ["Encoding", "Picture", "Wishes", "choose", "container_of", "picture_of"]

os.environ.setdefault("SVT_LOG", "1")  # of SVT-AV1, which tells of itself otherwise
av.logging.set_level(av.logging.PANIC)  # errors come as exceptions

# In order of preference. FFV1 holds nearly everything, and few players show it.
_PREFERRED = ("libx264", "libx264rgb", "libx265", "libvpx-vp9", "libsvtav1", "ffv1", "prores_ks", "mpeg4", "png")
_PREFERRED_FOR_HDR = ("libx265", "libsvtav1", "ffv1")
# FFmpeg writes others into these too, and no player finds them there.
_NARROW = {
    "mpegts": ("libx264", "libx265", "mpeg2video", "mpeg4"),
    # It has no order of showing apart from that of decoding, so B-frames would come out in the wrong order.
    "avi": ("mpeg4", "mjpeg", "ffv1", "utvideo", "huffyuv", "ffvhuff"),
    "mp4": ("libx264", "libx264rgb", "libx265", "libvpx-vp9", "libsvtav1", "mpeg4", "mpeg2video"),
}
# What decoders give back as another format: FFmpeg reads H.264's gray as 4:2:0.
_UNREAD = {"libx264": ("gray", "gray10le")}
_PREFERRED_FOR_SOURCE = {"prores": "prores_ks"}

_PQ, _HLG = 16, 18
_UNSPECIFIED = 2

_CRF = {"libx264": 18, "libx264rgb": 18, "libx265": 20, "libvpx-vp9": 24, "libsvtav1": 24}
_WORST_CRF = {"libx264": 51, "libx264rgb": 51, "libx265": 51, "libvpx-vp9": 63, "libsvtav1": 63}
_HAS_PRESET = ("libx264", "libx264rgb", "libx265", "libsvtav1")
_LOSSLESS: Mapping[str, Mapping[str, str]] = {
    "libx264": {"qp": "0"},
    "libx264rgb": {"qp": "0"},
    "libx265": {"x265-params": "lossless=1"},
    "libvpx-vp9": {"lossless": "1"},
    "libsvtav1": {"svtav1-params": "lossless=1"},
    **dict.fromkeys(("ffv1", "png", "qtrle", "utvideo", "huffyuv", "ffvhuff"), {}),
}
# What makes the coded bits independent of the machine and of chance, and the encoder silent. With AVX-512 and several
# threads x264 finds something else each time when it works out how far blocks of frames are used again.
_FIXED: Mapping[str, Mapping[str, str]] = {
    **dict.fromkeys(("libx264", "libx264rgb"), {"x264-params": "cpu-independent=1"}),
    "libx265": {"x265-params": "log-level=none:frame-threads=2"},
    "libvpx-vp9": {"row-mt": "1"},
    "ffv1": {"level": "3", "slicecrc": "1"},
}
# x265 4.1 writes beyond its memory when it weighs the blocks of frames that are smaller than one of them.
_X265_BLOCK = 64
_X265_SMALL = {"x265-params": "cutree=0"}
_LISTS = ("x264-params", "x265-params", "svtav1-params")
"""Options that are lists of NAME=VALUE, which add up."""

# How encoders take HDR10: the option, and for luminances and coordinates the units of a step.
_MASTERING = {
    "libx264": ("x264-params", "mastering-display", "cll", True),
    "libx265": ("x265-params", "master-display", "max-cll", True),
    "libsvtav1": ("svtav1-params", "mastering-display", "content-light", False),
}


@dataclass(frozen=True)
class Picture:
    """What all frames of a clip share, from the first one. Numbers of colours are those of H.273."""

    width: int
    height: int
    pixels: Pixels
    matrix: int
    primaries: int
    transfer: int
    is_full_range: bool | None
    """None: the file does not say."""
    siting: int
    """Of chroma: VapourSynth's number, -1 where the file does not say."""
    aspect: Fraction
    mastering: tuple[float, ...] = ()
    """X of red, green, blue, Y of these, white's x and y, and the least and largest luminance; or nothing."""
    light: tuple[int, int] | None = None
    """The largest and the mean content light level."""

    @property
    def is_hdr(self) -> bool:
        return self.transfer in (_PQ, _HLG)

    @property
    def has_hdr10(self) -> bool:
        return bool(self.mastering) or self.light is not None


@dataclass(frozen=True)
class Wishes:
    """What the user asked of the encoder."""

    codec: str | None = None
    crf: float | None = None
    preset: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    lossless: bool = False
    leave_out: bool = False


@dataclass(frozen=True)
class Encoding:
    """An encoder, ready to be opened."""

    codec: str
    format: str
    """Of pixels, by FFmpeg's name."""
    options: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """Sentences for the user."""


def picture_of(clip: Any, alpha: Any, width: int, height: int, aspect: Fraction) -> Picture:
    """``width`` and ``height`` are those of the file, of which the clip may have one more."""
    with clip.get_frame(0) as first:
        said = dict(first.props)
    if "_Range" in said:
        is_full: bool | None = int(said["_Range"]) == 1
    else:
        is_full = said["_ColorRange"] == 0 if "_ColorRange" in said else None
    mastering: tuple[float, ...] = ()
    if "MasteringDisplayPrimariesX" in said and "MasteringDisplayMaxLuminance" in said:
        mastering = (
            *said["MasteringDisplayPrimariesX"],
            *said["MasteringDisplayPrimariesY"],
            said["MasteringDisplayWhitePointX"],
            said["MasteringDisplayWhitePointY"],
            said["MasteringDisplayMinLuminance"],
            said["MasteringDisplayMaxLuminance"],
        )
    light = None
    if "ContentLightLevelMax" in said:
        light = (int(said["ContentLightLevelMax"]), int(said.get("ContentLightLevelAverage", 0)))
    return Picture(
        width=width,
        height=height,
        pixels=formats.of_clip(clip, alpha),
        matrix=int(said.get("_Matrix", _UNSPECIFIED)),
        primaries=int(said.get("_Primaries", _UNSPECIFIED)),
        transfer=int(said.get("_Transfer", _UNSPECIFIED)),
        is_full_range=is_full,
        siting=int(said.get("_ChromaLocation", -1)),
        aspect=aspect,
        mastering=mastering,
        light=light,
    )


def container_of(target: Path) -> str:
    """FFmpeg's name of the container that a file's ending stands for. Raises Error when it knows none."""
    ending = target.suffix.lower()
    known = {".mkv": "matroska", ".webm": "webm", ".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".avi": "avi"}
    known |= {".ts": "mpegts", ".m2ts": "mpegts", ".nut": "nut", ".mxf": "mxf", ".3gp": "3gp"}
    if ending not in known:
        raise Error(
            f"{target.name}: there is no container by the ending {ending or 'that is not there'}; there are"
            f" {', '.join(known)}"
        )
    return known[ending]


def choose(picture: Picture, container: str, wishes: Wishes, *, source_codec: str, name: str) -> Encoding:
    """The encoder for a picture. ``name`` is what messages call OUT. Raises Error for what cannot be."""
    if wishes.codec is not None:
        encoding = _asked_for(picture, container, wishes.codec, name)
    else:
        encoding = _preferred(picture, container, wishes, source_codec, name)
    if picture.has_hdr10 and encoding.codec not in _MASTERING and not wishes.leave_out:
        raise Error(
            f"{name}: {encoding.codec} cannot hold HDR10's mastering display and light level;"
            f" --codec libx265 and libsvtav1 can, and --leave-out goes on without them"
        )
    return replace(encoding, options=_options(encoding.codec, picture, wishes))


def _asked_for(picture: Picture, container: str, codec: str, name: str) -> Encoding:
    encoder = _encoder(codec)
    if encoder is None:
        raise Error(f"--codec must be the name of an encoder, such as {', '.join(_PREFERRED)}, not {codec}")
    names = _format_names(encoder)
    if not names or not _works(codec, names[0], replace(picture, width=64, height=64), container):
        raise Error(f"{name}: the container cannot hold what {codec} writes")
    exact = formats.chosen(names, picture.pixels)
    if exact is not None:
        return Encoding(codec, exact)
    near = formats.nearest(names, picture.pixels)
    if near is None:
        raise Error(f"--codec {codec} takes {', '.join(names) or 'no pixels'}, and the video is {picture.pixels.name}")
    return Encoding(codec, near, notes=(f"{codec} has no {picture.pixels.name}: it writes {near}",))


def _preferred(picture: Picture, container: str, wishes: Wishes, source_codec: str, name: str) -> Encoding:
    order = _PREFERRED_FOR_HDR if picture.is_hdr else _PREFERRED
    favourite = _PREFERRED_FOR_SOURCE.get(source_codec)
    if favourite is not None and not wishes.lossless and container in ("mov", "matroska"):
        return _asked_for(picture, container, favourite, name)
    found: list[Encoding] = []
    for codec in order:
        encoder = _encoder(codec)
        if encoder is None or (wishes.lossless and codec not in _LOSSLESS):
            continue
        pixel_format = formats.chosen(_format_names(encoder), picture.pixels)
        if pixel_format is not None and _works(codec, pixel_format, picture, container):
            found.append(Encoding(codec, pixel_format))
    found.sort(key=lambda encoding: formats.parsed(encoding.format) != picture.pixels)
    if picture.has_hdr10:
        found.sort(key=lambda encoding: encoding.codec not in _MASTERING)
    if not found:
        raise Error(
            f"{name} cannot hold {picture.pixels.name} of {picture.width}x{picture.height}"
            f"{' in HDR' if picture.is_hdr else ''}; an .mkv may, and so may another --codec"
        )
    return found[0]


def _encoder(name: str) -> Any:
    try:
        encoder = av.codec.Codec(name, "w")
    except (av.codec.codec.UnknownCodecError, ValueError):
        return None
    return encoder if encoder.type == "video" else None


def _format_names(encoder: Any) -> list[str]:
    unread = _UNREAD.get(encoder.name, ())
    return [pixel_format.name for pixel_format in encoder.video_formats or [] if pixel_format.name not in unread]


def _works(codec: str, pixel_format: str, picture: Picture, container: str) -> bool:
    """Whether the encoder takes the picture's size, and the container what it makes: a file is begun."""
    if codec == "libvpx-vp9" and picture.pixels.has_alpha and container != "webm":
        return False  # it lies beside the picture, where few look for it elsewhere, and most containers drop it
    if container in _NARROW and codec not in _NARROW[container]:
        return False
    with tempfile.TemporaryDirectory() as folder:
        try:
            with av.open(Path(folder) / "trial", "w", format=container) as trial:
                stream: Any = trial.add_stream(codec, rate=25, options=dict(_FIXED.get(codec, {})))
                stream.width, stream.height, stream.pix_fmt = picture.width, picture.height, pixel_format
                trial.start_encoding()
        except (av.error.FFmpegError, OSError, ValueError):
            return False
    return True


def _options(codec: str, picture: Picture, wishes: Wishes) -> dict[str, str]:
    """All options of the encoder; later ones win, lists add up."""
    groups: list[Mapping[str, str]] = [_FIXED.get(codec, {})]
    if codec == "libx265" and max(picture.width, picture.height) < _X265_BLOCK:
        groups.append(_X265_SMALL)
    if wishes.lossless:
        if codec not in _LOSSLESS:
            raise Error(f"--lossless is for {', '.join(_LOSSLESS)}, not for {codec}")
        groups.append(_LOSSLESS[codec])
    elif codec in _CRF:
        groups.append({"crf": f"{wishes.crf if wishes.crf is not None else _CRF[codec]:g}"})
    if wishes.crf is not None and (codec not in _CRF or wishes.lossless):
        reason = "--lossless leaves it no use" if wishes.lossless else f"not for {codec}; --encoder-option may serve"
        raise Error(f"--crf is for {', '.join(_CRF)}: {reason}")
    if wishes.preset is not None:
        if codec not in _HAS_PRESET:
            raise Error(f"--preset is for {', '.join(_HAS_PRESET)}, not for {codec}")
        groups.append({"preset": wishes.preset})
    if picture.has_hdr10 and codec in _MASTERING:
        groups.append(_hdr10(codec, picture))
    groups += [{name: value} for name, value in wishes.options]
    if wishes.crf is not None and not 0 <= wishes.crf <= _WORST_CRF[codec]:
        raise Error(f"--crf must be 0 to {_WORST_CRF[codec]} for {codec}, not {wishes.crf:g}")
    return _merged(groups)


def _merged(groups: Sequence[Mapping[str, str]]) -> dict[str, str]:
    merged: dict[str, str] = {}
    for group in groups:
        for name, value in group.items():
            merged[name] = f"{merged[name]}:{value}" if name in _LISTS and name in merged else value
    return merged


def _hdr10(codec: str, picture: Picture) -> dict[str, str]:
    option, mastering, light, is_whole = _MASTERING[codec]
    values = []
    if picture.mastering:
        red, green, blue, *rest = picture.mastering
        red_y, green_y, blue_y, white_x, white_y, least, most = rest
        pairs = (("G", green, green_y), ("B", blue, blue_y), ("R", red, red_y), ("WP", white_x, white_y))
        if is_whole:  # in steps of 0.00002 and of 0.0001 cd/m2
            text = "".join(f"{key}({round(x * 50000)},{round(y * 50000)})" for key, x, y in pairs)
            text += f"L({round(most * 10000)},{round(least * 10000)})"
        else:
            text = "".join(f"{key}({x:.5f},{y:.5f})" for key, x, y in pairs) + f"L({most:.4f},{least:.4f})"
        values.append(f"{mastering}={text}")
    if picture.light is not None:
        values.append(f"{light}={picture.light[0]},{picture.light[1]}")
    return {option: ":".join(values)}
