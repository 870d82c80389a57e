"""Video files in and out, for the commands: BestSource decodes, and FFmpeg encodes what comes through a pipe as Y4M."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from vsdeblur._engine import Error
from vsdeblur.cli._streams import copied, named

__all__ = ["Files", "add_arguments", "deblurred", "opened"]

_REPORT_SECONDS = 0.5

# How FFmpeg's setparams names frame properties; the numbers are those of H.273 in both.
_TAGS = {"_Matrix": "colorspace", "_Primaries": "color_primaries", "_Transfer": "color_trc"}
_UNSPECIFIED = 2
# FFmpeg's names for VapourSynth's numbers of _ChromaLocation.
_CHROMA_LOCATIONS = ("left", "center", "topleft", "top", "bottomleft", "bottom")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """IN, OUT and what Files takes besides, and --arg."""
    parser.add_argument("input", metavar="IN", type=Path, help="any video file")
    parser.add_argument("output", metavar="OUT", type=Path, help="the file to write, such as out.mp4 or out.mkv")
    parser.add_argument("--crf", type=int, metavar="N", help="quality for the encoder; lower is better")
    parser.add_argument(
        "--arg",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an argument of the plugin's function, such as segment=40 or tilesize=256,192; may be repeated",
    )
    parser.add_argument("--leave-out", action="store_true", help="go on without what OUT's container cannot hold")
    parser.add_argument("--overwrite", action="store_true", help="replace OUT if it is there")


class Files:
    """The two files of a command, and VapourSynth's module. Not thread-safe."""

    def __init__(self, vs: Any, ffmpeg: str, arguments: argparse.Namespace) -> None:
        self.vs = vs
        self._ffmpeg = ffmpeg
        self._source, self._target, self._crf = arguments.input, arguments.output, arguments.crf
        self._leave_out = arguments.leave_out

    def read(self) -> Any:
        """IN as a clip. Raises vapoursynth.Error when it is no video."""
        return self.vs.core.bs.VideoSource(str(self._source.absolute()), cachemode=0)

    def write(self, clip: Any, *, others: bool) -> None:
        """Encodes a clip as OUT, with IN's other streams if so asked; OUT is written whole, or is as it was before."""
        if clip.format.color_family == self.vs.RGB:  # Y4M has none
            clip = self.vs.core.resize.Bicubic(clip, format=self._yuv_like(clip.format), matrix=self.vs.MATRIX_BT709)
        with clip.get_frame(0) as first:
            colour = _filters(first.props) + _siting(first.props)
        # Under another name until it is whole, with the same ending, from which FFmpeg tells the container.
        part = self._target.with_name(f".vsdeblur-{os.getpid()}{self._target.suffix}")
        quality = [] if self._crf is None else ["-crf", str(self._crf)]
        command = [self._ffmpeg, "-hide_banner", "-loglevel", "error", "-y", "-f", "yuv4mpegpipe", "-i", "-"]
        try:
            with _ended_by_sigterm(), tempfile.TemporaryDirectory() as folder:
                if others:
                    command += copied(self._ffmpeg, self._source, self._target, Path(folder), leave_out=self._leave_out)
                _encode(clip, [*command, *colour, *quality, named(part)])
            part.replace(self._target)
        finally:
            part.unlink(missing_ok=True)

    def _yuv_like(self, rgb: Any) -> Any:
        bits = min(rgb.bits_per_sample, 16)
        return self.vs.core.query_video_format(self.vs.YUV, self.vs.INTEGER, bits, 0, 0)


@contextmanager
def opened(arguments: argparse.Namespace) -> Iterator[Files]:
    """Checks IN and OUT, and finds what is needed. VapourSynth's errors leave the block as Error."""
    source, target = arguments.input, arguments.output
    if not source.is_file():
        raise Error(f"there is no file {source}")
    if target.exists() and target.samefile(source):
        raise Error("OUT must be another file than IN")
    if target.exists() and not arguments.overwrite:
        raise Error(f"{target} is there already; --overwrite replaces it")
    if not target.parent.is_dir():
        raise Error(f"there is no folder {target.parent}")
    ffmpeg, vs = _find_ffmpeg(), _vapoursynth()
    try:
        yield Files(vs, ffmpeg, arguments)
    except vs.Error as error:
        raise Error(str(error)) from error


def _find_ffmpeg() -> str:
    found = shutil.which("ffmpeg")
    if found:
        return found
    try:
        return str(import_module("imageio_ffmpeg").get_ffmpeg_exe())
    except ImportError:
        raise Error("there is no ffmpeg on the PATH; install it, or pip install imageio-ffmpeg") from None


def _vapoursynth() -> Any:
    """The module, with the plugins that are needed."""
    try:
        import vapoursynth
    except ImportError as error:
        raise Error(f"VapourSynth does not load: {error}") from error
    for plugin, package in (("bs", "vapoursynth-bestsource"), ("vsdeblur", "vsdeblur")):
        if not hasattr(vapoursynth.core, plugin):
            raise Error(f"VapourSynth has no plugin {plugin}; pip install {package}")
    return vapoursynth


def deblurred(plugin: Any, clip: Any, model: str, given: Sequence[str]) -> Any:
    """The clip through the plugin's function for ``model``, a network's name or an .onnx file."""
    networks = {
        function.name: function
        for function in plugin.functions()
        if function.name != "Model" and "clip:" in function.signature
    }
    if Path(model).suffix == ".onnx":
        return plugin.Model(clip, model, **_arguments(plugin.Model, given))
    if model not in networks:
        raise Error(f"--model must be one of {', '.join(sorted(networks))}, or an .onnx file, not {model}")
    return networks[model](clip, **_arguments(networks[model], given))


def _arguments(function: Any, given: Sequence[str]) -> dict[str, Any]:
    """NAME=VALUE texts as what ``function`` declares, such as ``segment:int:opt`` and ``tilesize:int[]:opt``."""
    declared = dict(part.split(":")[:2] for part in function.signature.split(";") if part.endswith(":opt"))
    result = {}
    for text in given:
        name, separator, value = text.partition("=")
        if not separator or name not in declared:
            raise Error(f"--arg must be NAME=VALUE with a name of {', '.join(sorted(declared))}, not {text}")
        try:
            result[name] = _value(declared[name], value)
        except ValueError:
            raise Error(f"--arg {name} must be of type {declared[name]}, not {value}") from None
    return result


def _value(kind: str, text: str) -> Any:
    if kind.endswith("[]"):
        return [_value(kind.removesuffix("[]"), item) for item in text.split(",")]
    return {"int": int, "float": float}.get(kind, str)(text)


def _filters(properties: Mapping[str, Any]) -> list[str]:
    """FFmpeg's arguments that tell it what Y4M does not say: colour and the shape of pixels."""
    tags = [
        f"{tag}={properties[name]}" for name, tag in _TAGS.items() if properties.get(name, _UNSPECIFIED) != _UNSPECIFIED
    ]
    if "_Range" in properties or "_ColorRange" in properties:
        is_full = properties["_Range"] == 1 if "_Range" in properties else properties["_ColorRange"] == 0
        tags.append(f"range={'full' if is_full else 'limited'}")
    filters = [f"setparams={':'.join(tags)}"] if tags else []
    if properties.get("_SARNum", 0) > 0 and properties.get("_SARDen", 0) > 0:
        filters.append(f"setsar={properties['_SARNum']}/{properties['_SARDen']}")
    return ["-filter:v:0", ",".join(filters)] if filters else []


def _siting(properties: Mapping[str, Any]) -> list[str]:
    """FFmpeg's argument for where chroma lies, of which Y4M has a notion of its own."""
    place = properties.get("_ChromaLocation")
    return [] if place is None else ["-chroma_sample_location:v:0", _CHROMA_LOCATIONS[place]]


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Lets SIGTERM end the block as Ctrl-C does, so that nothing half-written stays. In the main thread."""

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _encode(clip: Any, command: Sequence[str | Path]) -> None:
    """Feed the clip to the encoder. Raises Error when it fails, and whatever computing the frames raises."""
    with tempfile.TemporaryFile() as log:
        encoder = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=log)
        assert encoder.stdin is not None
        try:
            clip.output(encoder.stdin, y4m=True, progress_update=_Progress())
            encoder.stdin.close()
        except Exception as error:
            # An encoder that gave up says why better than a broken pipe does.
            if encoder.poll():
                raise Error(_failure(log)) from error
            raise
        finally:
            if sys.exc_info()[0] is not None:
                encoder.kill()
            encoder.wait()
        if encoder.returncode != 0:
            raise Error(_failure(log))


def _failure(log: IO[bytes]) -> str:
    log.seek(0)
    lines = log.read().decode(errors="replace").strip().splitlines()
    return f"ffmpeg failed: {lines[-1] if lines else 'it does not say why'}"


class _Progress:
    """Shows on a terminal how far the frames are."""

    def __init__(self) -> None:
        self._start = self._shown = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        is_last = done == total
        if not sys.stderr.isatty() or (now - self._shown < _REPORT_SECONDS and not is_last):
            return
        self._shown = now
        rate = done / max(now - self._start, 1e-9)
        print(
            f"\rFrame {done} of {total}, {rate:.2f} a second", end="\n" if is_last else "", file=sys.stderr, flush=True
        )
