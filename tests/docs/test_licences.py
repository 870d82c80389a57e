"""docs/licences.md names every package that an installation may bring, with the licence that the package states."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXTRAS = ("video", "report", "cluster")
# How packages state these licences that do not use SPDX's names.
OTHERWISE = {
    "MIT": "MIT License",
    "BSD-3-Clause": "BSD License",
    "Matplotlib's, after the PSF's": "Python Software Foundation License",
}


def table() -> dict[str, tuple[str, str]]:
    """What each package comes with, and its licence."""
    rows = re.findall(r"^\| `([\w.-]+)` \| (\S+) \| ([^|]+) \|", (ROOT / "docs/licences.md").read_text(), re.MULTILINE)
    return {name: (origin.strip("`"), licence) for name, origin, licence in rows}


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w.-]", requirement)[0] for requirement in requirements}


def test_every_package_is_there_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = dict.fromkeys(names(project["dependencies"]), "vsdeblur")
    for extra in EXTRAS:
        wanted |= dict.fromkeys(names(project["optional-dependencies"][extra]), extra)
    assert {name: origin for name, (origin, _) in table().items()} == wanted


@pytest.mark.parametrize("name", sorted(table()))
def test_licences_are_those_that_packages_state(name: str) -> None:
    stated = metadata(name)
    classifiers = stated.get_all("Classifier") or []
    found = {stated[field] for field in ("License-Expression", "License") if field in stated}
    found |= {line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License ::")}
    licence = table()[name][1]
    assert found & {licence, OTHERWISE.get(licence)}
