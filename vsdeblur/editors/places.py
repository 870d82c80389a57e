"""Where the plugin and the forms go, and putting them there.

MLT, which both editors are made of, finds frei0r plugins in ~/.frei0r-1/lib. Kdenlive reads forms of the user's data
folder; Shotcut reads those beside its own, wherever it is installed.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from vsdeblur._engine import Error
from vsdeblur.editors import forms
from vsdeblur.ffmpeg.cache import write_whole
from vsdeblur.ffmpeg.launch import PLUGIN_FOLDER

__all__ = ["Place", "install", "places", "remove"]

PLUGIN = "vsdeblur.so"


@dataclass(frozen=True)
class Place:
    """Something that an editor reads: a link to ``link``, or a file with ``text``."""

    what: str
    path: Path
    link: Path | None = None
    text: str = ""

    @property
    def is_there(self) -> bool:
        """Whether it is as this installation would put it there."""
        try:
            if self.link is not None:
                return self.path.is_symlink() and self.path.readlink() == self.link
            return self.path.read_text("utf-8") == self.text
        except OSError:
            return False


def places(shotcut: Path | None = None) -> list[Place]:
    """All of them; Shotcut's only where it is found. ``shotcut`` is its folder of filters. Raises Error."""
    plugin = (PLUGIN_FOLDER / PLUGIN).absolute()
    if not plugin.is_file():
        raise Error("this installation has no frei0r plugin; Linux's wheel has it")
    home = Path.home()
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    found = [
        Place("the plugin", home / ".frei0r-1" / "lib" / PLUGIN, link=plugin),
        Place("Kdenlive's form", data / "kdenlive" / "effects" / "frei0r_vsdeblur.xml", text=forms.kdenlive()),
    ]
    folder = shotcut or _shotcut_filters()
    if folder is not None:
        if not folder.is_dir():
            raise Error(f"there is no folder {folder}; Shotcut's filters are in share/shotcut/qml/filters")
        found += [
            Place("Shotcut's form", folder / "vsdeblur" / name, text=text) for name, text in forms.shotcut().items()
        ]
    return found


def _shotcut_filters() -> Path | None:
    """The filters of the Shotcut on the PATH."""
    program = shutil.which("shotcut")
    if program is None:
        return None
    folder = Path(program).resolve().parent.parent / "share" / "shotcut" / "qml" / "filters"
    return folder if folder.is_dir() else None


def install(place: Place) -> None:
    """Puts it there; what an earlier version of vsdeblur put there is replaced. Raises Error."""
    if place.link is not None and place.path.exists() and not place.path.is_symlink():
        raise Error(f"{place.path} is there already and is no link of vsdeblur's; take it away first")
    try:
        place.path.parent.mkdir(parents=True, exist_ok=True)
        if place.link is None:
            write_whole(place.path, place.text.encode())
            return
        part = place.path.with_name(f".{place.path.name}.{os.getpid()}")
        part.symlink_to(place.link)
        part.replace(place.path)
    except OSError as error:
        raise _refused(place, error) from error


def remove(place: Place) -> None:
    """Takes it away, and the folder if it was made for it. Raises Error."""
    try:
        place.path.unlink(missing_ok=True)
        if place.path.parent.name == "vsdeblur" and not any(place.path.parent.iterdir()):
            place.path.parent.rmdir()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise _refused(place, error) from error


def _refused(place: Place, error: OSError) -> Error:
    hint = ""
    if isinstance(error, PermissionError):
        hint = '; as root it can: sudo HOME="$HOME" "$(command -v vsdeblur)" editors'
    return Error(f"{place.path} cannot be written: {error.strerror}{hint}")
