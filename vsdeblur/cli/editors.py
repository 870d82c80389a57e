"""``vsdeblur editors``: the effect in Kdenlive's and Shotcut's lists."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from vsdeblur.editors.places import install, places, remove

if TYPE_CHECKING:
    from argparse import _SubParsersAction

__all__ = ["add_parser", "run"]


def add_parser(commands: _SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        "editors",
        help="list the effect in Kdenlive and Shotcut",
        description="Says what Kdenlive and Shotcut need to have the effect in their lists, and whether it is there:"
        " the frei0r plugin where they look for such plugins, and a form for each. Editors read them when they start.",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--install", action="store_true", help="put it there")
    what.add_argument("--remove", action="store_true", help="take it away")
    parser.add_argument(
        "--shotcut",
        type=Path,
        metavar="FOLDER",
        help="Shotcut's folder share/shotcut/qml/filters; default: that of the shotcut on the PATH",
    )
    return parser


def run(arguments: argparse.Namespace) -> int:
    found = places(arguments.shotcut)
    for place in found:
        if arguments.install:
            install(place)
        if arguments.remove:
            remove(place)
    for place in found:
        state = "is there" if place.is_there else "another file is there" if place.path.exists() else "is not there"
        print(f"{place.what:16} {place.path}: {state}")
    if not any(place.what.startswith("Shotcut") for place in found):
        print("Shotcut          is not on the PATH; --shotcut FOLDER says where its filters are")
    return 0
