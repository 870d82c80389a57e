"""Windows' programs under wine, and paths as they have them."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Done", "Wine", "windows_path"]

_SECONDS = 120  # far more than any program of these tests takes


@dataclass(frozen=True)
class Done:
    """What a program did."""

    status: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """The standard output, with this system's ends of lines. Letters beyond ASCII need PYTHONUTF8=1."""
        return self.out.decode(errors="replace").replace("\r\n", "\n")


class Wine:
    """The folder that scripts/windows.sh filled."""

    def __init__(self, folder: Path) -> None:
        (self.python,) = folder.glob("Pyth*/python.exe")
        self.site = self.python.parent / "Lib/site-packages"
        scripts = self.python.parent / "Scripts"
        self.environment = os.environ | {
            "LC_ALL": "C.UTF-8",
            "WINEPREFIX": str(folder / "prefix"),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml=;ucrtbase=n",
            # The PATH of Windows.
            "WINEPATH": f"{windows_path(self.python.parent)};{windows_path(scripts)}",
        }

    def run(self, program: str, *arguments: str | Path, cwd: Path, given: bytes = b"", **more: str) -> Done:
        """One of the installed programs, or ``python``. Whole paths among the arguments become Windows'.

        ``more`` are variables of its environment.
        """
        file = self.python if program == "python" else self.python.parent / "Scripts" / f"{program}.exe"
        assert file.is_file()
        texts = [windows_path(text) if isinstance(text, Path) else text for text in arguments]
        command, variables = ["wine", str(file), *texts], self.environment | more
        try:
            done = _ended(command, cwd, variables, given)
        except subprocess.TimeoutExpired as late:
            if late.stdout or late.stderr:
                raise
            # Wine 8 was seen to stop dead before a program began, once in a hundred starts on a busy machine.
            done = _ended(command, cwd, variables, given)
        return Done(done.returncode, done.stdout, done.stderr.decode(errors="replace"))


def _ended(
    command: list[str], cwd: Path, environment: dict[str, str], given: bytes
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, input=given, capture_output=True, cwd=cwd, env=environment, timeout=_SECONDS)


def windows_path(path: Path) -> str:
    """A path of this system as wine shows it; one that is not whole only gets the other separators."""
    text = str(path).replace("/", "\\")
    return f"Z:{text}" if path.is_absolute() else text
