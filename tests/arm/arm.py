"""Programs of the wheel for ARM, under qemu."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Arm"]

_SECONDS = 300  # far more than any program of these tests takes


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
        root = self.folder / "root"
        command = ["qemu-aarch64-static", "-L", str(root), str(root / "usr/bin/python3.13"), *map(str, arguments)]
        variables = os.environ | {"PYTHONHOME": str(root / "usr"), "PYTHONPATH": str(self.folder / "site")}
        done = subprocess.run(command, cwd=cwd, env=variables, capture_output=True, text=True, timeout=_SECONDS)
        assert done.returncode == 0, f"{arguments}:\n{done.stdout}{done.stderr}"
        return done.stdout
