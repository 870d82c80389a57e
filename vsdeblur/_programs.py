"""Other programs, started to be asked something."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

__all__ = ["last_line", "run_program"]


def run_program(
    *command: str, seconds: float, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """What a program said, whatever its status. Raises OSError where it does not start, and TimeoutExpired."""
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, errors="replace", timeout=seconds, check=False
    )


def last_line(text: str) -> str:
    """The last line that says something; empty if there is none."""
    return next(reversed(text.strip().splitlines()), "")
