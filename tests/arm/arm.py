"""Programs of the wheel for ARM, under qemu."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Arm"]

_SECONDS = 900  # far more than any program of these tests takes
# Runs a module as `python -m` does, in a process that starts others by the first argument: qemu starts none by itself.
_MODULE = """
import runpy, sys
sys.executable = sys.argv.pop(1)
name = sys.argv.pop(1)
runpy.run_module(name, run_name="__main__", alter_sys=True)
"""


@dataclass(frozen=True)
class Arm:
    """The folder that scripts/arm.sh fills."""

    folder: Path

    @property
    def wheel(self) -> Path:
        (found,) = self.folder.glob("wheel/vsdeblur-*.whl")
        return found

    def python(self, *arguments: str | Path, cwd: Path) -> str:
        """What that Python writes to its standard output. Fails the test if it fails."""
        done = subprocess.run([*self._command, *arguments], cwd=cwd, capture_output=True, text=True, timeout=_SECONDS)
        assert done.returncode == 0, f"{arguments}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def module(self, name: str, *arguments: str, cwd: Path) -> str:
        """The same of a module, which may start processes."""
        executable = cwd / "python"
        executable.write_text(f'#!/bin/sh\nexec {shlex.join(self._command)} "$@"\n')
        executable.chmod(0o755)
        return self.python("-c", _MODULE, executable, name, *arguments, cwd=cwd)

    @property
    def _command(self) -> list[str]:
        root = self.folder / "debian"
        variables = [f"PYTHONHOME={root / 'usr'}", f"PYTHONPATH={self.folder / 'site'}"]
        return ["env", *variables, "qemu-aarch64-static", "-L", str(root), str(root / "usr/bin/python3.13")]
