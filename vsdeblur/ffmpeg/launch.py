"""The user's FFmpeg, set up for the models: which of the three ways it can take, and the environment that they need.

What an FFmpeg can do is asked of itself: its list of filters, its help, and for frei0r one run that loads the plugin.

Rules for the environment, the same for every run of one FFmpeg, whatever its arguments are:

- ``FREI0R_PATH`` begins with the plugin's folder; the user's own folders follow.
- An FFmpeg with the ONNX backend gets the wrapper by ``LD_PRELOAD``. The wrapper leaves models without the contract
  alone, and the tall files of the way ``dnn`` have none.
- One that does not start for want of ``libonnxruntime.so.1`` gets that of the wheel by ``LD_LIBRARY_PATH``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vsdeblur import _engine, ffmpeg
from vsdeblur._engine import Error
from vsdeblur._programs import last_line, run_program
from vsdeblur._system import HAS_FFMPEG_LIBRARIES
from vsdeblur.ffmpeg import wrapper
from vsdeblur.ffmpeg.cache import cache_folder
from vsdeblur.ffmpeg.ways import WAYS

__all__ = ["FFmpeg", "find_ffmpeg", "probe"]

# In the installed package, also where a checkout's modules come first.
PLUGIN_FOLDER = next(filter(Path.is_dir, (Path(folder, "frei0r-1") for folder in ffmpeg.__path__)), Path("frei0r-1"))

_ONNXRUNTIME = "libonnxruntime.so.1"
_PROBE_SECONDS = 60  # far more than FFmpeg takes to print a list


@dataclass(frozen=True)
class FFmpeg:
    """An ffmpeg that starts."""

    path: str
    version: str
    lacking: Mapping[str, str]
    """For each way that it cannot take, why: a part of a sentence."""
    environment: Mapping[str, str]
    """To run it in: all variables."""

    def can(self, way: str) -> bool:
        return way not in self.lacking

    def report(self) -> str:
        """The ways, one a line, under a line that says which ffmpeg this is."""
        lines = [f"{self.path}, version {self.version}"]
        for way in WAYS:
            lines.append(f"  {way:7}  {'yes' if self.can(way) else 'no: ' + self.lacking[way]}")
        return "\n".join(lines)


def find_ffmpeg() -> str:
    """The ffmpeg that the environment variable FFMPEG names, by path or by name, else the one on the PATH.

    Raises Error if there is none.
    """
    named = os.environ.get("FFMPEG", "")
    found = shutil.which(named or "ffmpeg")
    if found:
        return found
    if named:
        raise Error(f"the environment variable FFMPEG names {named}, which is no program")
    raise Error("there is no ffmpeg on the PATH; install it, or name one by the environment variable FFMPEG")


def probe(path: str) -> FFmpeg:
    """What an ffmpeg can do. Raises Error if it does not start or is none."""
    environment = dict(os.environ) | {"FREI0R_PATH": _joined(str(PLUGIN_FOLDER), os.environ.get("FREI0R_PATH"))}
    first = _ask(path, environment, "-version")
    if first.returncode != 0 and _ONNXRUNTIME in first.stderr:
        environment["LD_LIBRARY_PATH"] = _joined(_onnxruntime_folder(), os.environ.get("LD_LIBRARY_PATH"))
        first = _ask(path, environment, "-version")
    version = re.match(r"ffmpeg version (\S+)", first.stdout)
    if first.returncode != 0 or not version:
        raise Error(f"{path} does not work as ffmpeg: {_complaint(first)}")
    filters = set(re.findall(r"^ \S+ +(\w+) ", _ask(path, environment, "-filters").stdout, re.MULTILINE))
    lacking = {
        "dnn": _no_onnx(path, environment, filters),
        "frei0r": _no_frei0r(path, environment, filters),
    }
    lacking["wrapper"] = lacking["dnn"]
    if not lacking["wrapper"]:
        try:
            environment = wrapper.environment(environment)
        except Error as error:
            lacking["wrapper"] = str(error)
    return FFmpeg(path, version[1], {way: why for way, why in lacking.items() if why}, environment)


def _no_onnx(path: str, environment: Mapping[str, str], filters: set[str]) -> str:
    if "dnn_processing" not in filters:
        return "it has no filter dnn_processing"
    help_text = _ask(path, environment, "-h", "filter=dnn_processing").stdout
    if not re.search(r"^\s+onnx\s", help_text, re.MULTILINE):
        return "its dnn_processing has no ONNX backend, which FFmpeg has from version 9 on (--enable-libonnxruntime)"
    return ""


def _no_frei0r(path: str, environment: Mapping[str, str], filters: set[str]) -> str:
    if not HAS_FFMPEG_LIBRARIES:
        return "vsdeblur has a frei0r plugin on Linux only"
    if "frei0r" not in filters:
        return "it has no filter frei0r (--enable-frei0r)"
    if "tpad" not in filters:
        return "it has no filter tpad, which FFmpeg has from version 4.2 on"
    # No frame reaches the plugin, so no network is loaded.
    source = ["-f", "lavfi", "-i", "color=size=16x16", "-vf", "frei0r=vsdeblur", "-frames:v", "0", "-f", "null", "-"]
    done = _ask(path, environment, "-v", "error", *source)
    return f"it does not load {PLUGIN_FOLDER / 'vsdeblur.so'}: {_complaint(done)}" if done.returncode else ""


def _ask(path: str, environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return run_program(
            path, "-nostdin", "-hide_banner", *arguments, seconds=_PROBE_SECONDS, environment=environment
        )
    except OSError as error:
        raise Error(f"{path} does not start: {error.strerror}") from error
    except subprocess.TimeoutExpired:
        raise Error(f"{path} {' '.join(arguments)} has not ended after {_PROBE_SECONDS} seconds") from None


def _complaint(done: subprocess.CompletedProcess[str]) -> str:
    return last_line(done.stderr) or last_line(done.stdout) or f"it ended with status {done.returncode}"


def _joined(folder: str, others: str | None) -> str:
    return f"{folder}{os.pathsep}{others}" if others else folder


def _onnxruntime_folder() -> str:
    """A folder of the user's cache where the wheel's ONNX Runtime has the name that programs are linked to."""
    found = next(runtime for runtime in _engine.runtimes() if runtime["name"] == "ONNX Runtime")
    if found["error"]:
        raise Error(found["error"])
    library = Path(found["library"])
    folder = cache_folder() / library.name
    link = folder / _ONNXRUNTIME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not link.exists() or not link.samefile(library):
            link.unlink(missing_ok=True)
            link.symlink_to(library)
    except OSError as error:
        raise Error(f"ONNX Runtime cannot be linked for ffmpeg: {error.filename}: {error.strerror}") from error
    return str(folder)
