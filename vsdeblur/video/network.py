"""The plugin's functions by the names and arguments that a command line has."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import file_digest
from pathlib import Path
from typing import Any

from vsdeblur import models
from vsdeblur._engine import Error

__all__ = ["deblurred", "option", "weights_file"]


def deblurred(plugin: Any, clip: Any, model: str, given: Sequence[str]) -> Any:
    """The clip through the plugin's function for ``model``, a network's name or an .onnx file.

    ``given`` are NAME=VALUE texts, arguments of the function. Raises Error for one that it has not, and
    vapoursynth.Error for what the function refuses.
    """
    networks = {
        function.name: function
        for function in plugin.functions()
        if function.name != "Model" and "clip:" in function.signature
    }
    if Path(model).suffix == ".onnx":
        return plugin.Model(clip, model, **_arguments(plugin.Model, given))
    if model not in networks:
        raise Error(f"--model must be one of {', '.join(sorted(networks))}, or an .onnx file, not {model}")
    return networks[model](clip, **_arguments(networks[model], given))


def option(given: Sequence[str], name: str) -> str | None:
    """The value that NAME=VALUE texts give to ``name``, the last one; None: they do not."""
    values = [value for key, separator, value in (text.partition("=") for text in given) if separator and key == name]
    return values[-1] if values else None


def weights_file(model: str, given: Sequence[str]) -> str:
    """Name, SHA-256 and precision of the .onnx file that deblurred() takes for these arguments, in words."""
    is_file = Path(model).suffix == ".onnx"
    file, precision = models.find(
        "" if is_file else model,
        model=model if is_file else option(given, "model"),
        precision=option(given, "precision") or "auto",
        provider=option(given, "provider") or "",
        device_id=int(option(given, "device_id") or 0),
    )
    with file.open("rb") as content:
        return f"{file.name} in {precision}, SHA-256 {file_digest(content, 'sha256').hexdigest()}"


def _arguments(function: Any, given: Sequence[str]) -> dict[str, Any]:
    """NAME=VALUE texts as what ``function`` declares, such as ``segment:int:opt`` and ``tilesize:int[]:opt``."""
    declared = dict(part.split(":")[:2] for part in function.signature.split(";") if part.endswith(":opt"))
    result = {}
    for text in given:
        name, separator, value = text.partition("=")
        if not separator or name not in declared:
            raise Error(f"--arg must be NAME=VALUE with a name of {', '.join(sorted(declared))}, not {text}")
        try:
            result[name] = _value(declared[name], value)
        except ValueError:
            raise Error(f"--arg {name} must be of type {declared[name]}, not {value}") from None
    return result


def _value(kind: str, text: str) -> Any:
    if kind.endswith("[]"):
        return [_value(kind.removesuffix("[]"), item) for item in text.split(",")]
    return {"int": int, "float": float}.get(kind, str)(text)
