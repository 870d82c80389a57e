"""Models: the .onnx files that carry a contract. Which are shipped, and which file a name means.

Shipped models lie in ``vsdeblur/weights``, or in the folder that the environment variable ``VSDEBLUR_WEIGHTS`` names:
``NAME.onnx`` (fp32) and ``NAME.PRECISION.onnx``. The folder is read anew by every call.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from vsdeblur import _engine
from vsdeblur.contract import ALL_KEYS, Contract, ContractError

__all__ = ["DEFAULT", "Model", "find", "read_contract", "shipped"]

DEFAULT = "RUNet"
"""The network that commands take where none is named."""


@dataclass(frozen=True)
class Model:
    """A file in the weights folder. ``name`` and ``precision`` come from the file's name."""

    name: str
    precision: str
    path: Path
    sha256: str
    """64 hexadecimal digits; empty if the file cannot be read."""
    contract: Contract | None
    """None if the file is not sound."""
    error: str
    """Then the reason, as a sentence; else empty."""

    @property
    def window(self) -> tuple[int, int] | None:
        """Neighbour frames that the network reads before and after the current one."""
        return self.contract.window if self.contract else None

    @property
    def trained_on(self) -> str | None:
        """The training data; ``untrained`` for weights that are not found by name."""
        return self.contract.trained_on if self.contract else None


def shipped() -> list[Model]:
    """All models in the weights folder, sorted by name, fp32 first.

    Raises Error when there is no folder. A file that is not sound is in the list, with its ``error``.
    """
    return [_examined(entry) for entry in _engine.shipped_models()]


def find(
    name: str = "",
    *,
    model: str | os.PathLike[str] | None = None,
    precision: str = "auto",
    provider: str = "",
    device_id: int = 0,
) -> tuple[Path, str]:
    """The file to load, and the precision to compute it in.

    By ``model``, a file: that file, which may be untrained. By ``name``: the shipped weights, which must be trained.
    With both, the file must be of the network ``name``. ``precision`` is ``fp32``, ``fp16``, ``bf16``, ``int8`` or
    ``auto``: by name the fastest on this machine and provider that loses at most 0.05 dB by what the model states,
    by file the file's own. Raises Error: there is no such model, or it is not sound or untrained; for ``auto`` also
    when the provider is not there.
    """
    if model is not None and not os.fspath(model):
        raise _engine.Error("model must be the path of an .onnx file, not empty")
    if not name and model is None:
        raise _engine.Error("a network's name or model= must be given")
    file, chosen = _engine.resolve_model(name, precision, "" if model is None else model, provider, device_id)
    return Path(file), chosen


def read_contract(path: str | os.PathLike[str]) -> Contract:
    """The contract of a model. Raises Error, naming the file, if it is missing, not ONNX, or of no known contract."""
    metadata = _engine.read_metadata(path, ALL_KEYS)
    try:
        return Contract.from_metadata(metadata)
    except ContractError as error:
        raise _engine.Error(f"{os.fspath(path)}: {error}") from error


def _examined(entry: _engine.ShippedModel) -> Model:
    contract, error = None, entry["error"]
    if not error:
        try:
            contract = read_contract(entry["path"])
        except _engine.Error as reason:
            error = str(reason)
    return Model(entry["name"], entry["precision"], Path(entry["path"]), entry["sha256"], contract, error)
