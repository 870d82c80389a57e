"""``vsdeblur doctor``: whether this installation works, one line a check."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import sysconfig
from array import array
from collections.abc import Callable, Iterator
from importlib.metadata import distribution, version
from typing import TYPE_CHECKING

from vsdeblur import _engine, models
from vsdeblur._engine import Error
from vsdeblur._programs import last_line, run_program
from vsdeblur.cli._arguments import missing_packages
from vsdeblur.cli._installed import damage, recorded
from vsdeblur.contract import PROBE_TOLERANCE, probe_input, probe_of
from vsdeblur.models import Model

if TYPE_CHECKING:
    from argparse import _SubParsersAction

__all__ = ["add_parser", "run"]

# The plugin's version, from a process of its own: a library that crashes while it loads must not take this one along.
_PLUGIN = "import vapoursynth; print(vapoursynth.core.vsdeblur.Info()['version'])"
_SECONDS = 120  # far more than a cold start of the plugin or of vspipe takes

_EXTRAS = {"video": "vsdeblur deblur, compare and analyze", "report": "vsdeblur analyze and compare --html"}


class _Fault(Exception):
    """A check that failed; the message is one line."""


def add_parser(commands: _SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        "doctor",
        help="check this installation",
        description="Checks the installed files, the runtimes, the VapourSynth plugin, and that every shipped model"
        " computes what it should."
        " One line a check; the exit status is 1 if any fails.",
    )
    parser.add_argument(
        "--provider", default="", help="where to run the models, such as ONNXRuntime or CUDA; the CPU if not given"
    )
    parser.add_argument("--device-id", type=int, default=0, metavar="N", help="which of the provider's devices")
    return parser


def run(arguments: argparse.Namespace) -> int:
    outcomes = [_print_outcome(subject, check) for subject, check in _checks(arguments.provider, arguments.device_id)]
    for note in _notes():
        print(f"note   {note}")
    return 0 if all(outcomes) else 1


def _checks(provider: str, device_id: int) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "version", lambda: version("vsdeblur")
    yield "files", _files
    for runtime in _engine.runtimes():
        yield runtime["name"], lambda runtime=runtime: _runtime(runtime)  # type: ignore[misc]
    yield "VapourSynth plugin", _plugin
    try:
        found = models.shipped()
    except Error as error:
        yield "models", _failing(str(error))
        return
    if not found:
        yield "models", _failing("there are none in the weights folder")
    for model in found:
        yield f"model {model.path.name}", lambda model=model: _probe(model, provider, device_id)  # type: ignore[misc]


def _notes() -> Iterator[str]:
    """What is not there and need not be: most of vsdeblur works without."""
    if trouble := _vspipe_trouble():
        yield f"vspipe runs no scripts: {trouble}"
    for extra, commands in _EXTRAS.items():
        if missing := missing_packages(extra):
            yield f'{commands} need {", ".join(missing)}: pip install "vsdeblur[{extra}]"'


def _print_outcome(subject: str, check: Callable[[], str]) -> bool:
    try:
        detail, is_sound = check(), True
    except (Error, _Fault) as error:
        detail, is_sound = str(error), False
    print(f"{'ok   ' if is_sound else 'FAULT'}  {subject}: {detail}", flush=True)
    return is_sound


def _failing(sentence: str) -> Callable[[], str]:
    def check() -> str:
        raise _Fault(sentence)

    return check


def _files() -> str:
    installed = distribution("vsdeblur")
    checksums = recorded(installed)
    if not checksums:
        raise _Fault("the installation keeps no list of its files")
    found = list(damage(installed, checksums))
    if found:
        more = f", and {len(found) - 1} more like it" if len(found) > 1 else ""
        raise _Fault(f"{found[0]}{more}; pip install --force-reinstall --no-deps vsdeblur")
    return f"all {len(checksums)} are as they were installed"


def _runtime(found: _engine.RuntimeInfo) -> str:
    if found["error"]:
        raise _Fault(found["error"])
    return f"{found['version']}, {found['library']} ({found['origin']}), providers {', '.join(found['providers'])}"


def _plugin() -> str:
    try:
        done = run_program(sys.executable, "-c", _PLUGIN, seconds=_SECONDS)
    except subprocess.TimeoutExpired:
        raise _Fault(f"it has not loaded after {_SECONDS} seconds") from None
    if done.returncode != 0:
        raise _Fault(last_line(done.stderr) or f"loading it ended with status {done.returncode}")
    found, own = done.stdout.strip(), version("vsdeblur")
    if found != own:
        raise _Fault(f"it is of version {found}, and this package of {own}")
    return "it loads"


def _vspipe_trouble() -> str:
    """What keeps this environment's vspipe from running a script; empty if nothing does, or if there is none."""
    program = shutil.which("vspipe", path=sysconfig.get_path("scripts"))
    if program is None:
        return ""
    try:
        done = run_program(program, "--version", seconds=_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    said = last_line(done.stderr) or f"It ended with status {done.returncode}."
    if sys.platform != "linux":
        return said
    library = f"libpython{sys.version_info.major}.{sys.version_info.minor}"
    return f"{said} It needs {library}, which Debian and Ubuntu have in a package of that name"


def _probe(model: Model, provider: str, device_id: int) -> str:
    contract = model.contract
    if contract is None:
        raise _Fault(model.error)
    probe, tolerance = contract.probe, PROBE_TOLERANCE[contract.precision]
    frames = array("f", probe_input(contract.input_frames, contract.channels, probe.height, probe.width))
    output, (runtime, precision) = _engine.run_once(
        model.path, frames, height=probe.height, width=probe.width, provider=provider, device_id=device_id
    )
    difference = probe.difference(probe_of(output, probe.height, probe.width, len(probe.values)))
    detail = f"in {runtime}, {precision}, the probe differs by {difference:.1e}, and {tolerance:.0e} is allowed"
    if not difference <= tolerance:
        raise _Fault(detail)
    return detail if contract.is_trained else f"{detail}; untrained, refused by name"
