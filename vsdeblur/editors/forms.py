"""The forms, with the models that are here."""

from __future__ import annotations

import json
from importlib.resources import files
from string import Template

from vsdeblur import models
from vsdeblur._engine import Error
from vsdeblur.contract import UNTRAINED

__all__ = ["kdenlive", "shotcut"]

# What the plugin takes where none is named (ffmpeg_filter/frei0r), so that projects without a name keep their picture.
_PLUGINS = "DTB"


def _names() -> list[str]:
    """Of the networks that give a frame for a frame, which is all that frei0r can take. Raises Error for none."""
    names = {
        model.name
        for model in models.shipped()
        if model.contract is not None and not model.contract.subframes and model.trained_on != UNTRAINED
    }
    if not names:
        raise Error("no network of this installation can run in an editor: it needs one frame for a frame")
    return sorted(names)


def _filled(form: str, **values: str) -> str:
    return Template(files("vsdeblur.editors").joinpath(form).read_text("utf-8")).substitute(values)


def _default(names: list[str]) -> str:
    return _PLUGINS if _PLUGINS in names else names[0]


def kdenlive() -> str:
    """The effect's XML. Raises Error."""
    names = _names()
    return _filled("kdenlive.xml", default=_default(names), models=";".join(names), names=",".join(names))


def shotcut() -> dict[str, str]:
    """The filter's QML files by name. Raises Error."""
    names = _names()
    return {
        "meta.qml": _filled("meta.qml"),
        "ui.qml": _filled("ui.qml", default=_default(names), models=json.dumps(names)),
    }
