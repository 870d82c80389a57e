"""``vsdeblur models``: the shipped models."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vsdeblur import models
from vsdeblur.contract import Contract
from vsdeblur.models import Model

if TYPE_CHECKING:
    from argparse import _SubParsersAction

__all__ = ["add_parser", "run"]

_SHORT = 12  # digits of a checksum that tell files apart


def add_parser(commands: _SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        "models", help="list the shipped models", description="Lists the shipped models with their checksums."
    )
    parser.add_argument("--json", action="store_true", help="print a JSON list of objects, with all that is known")
    return parser


def run(arguments: argparse.Namespace) -> int:
    found = models.shipped()
    if arguments.json:
        print(json.dumps([_record(model) for model in found], indent=2, ensure_ascii=False))
    else:
        print(_table(found))
        for folder in sorted({model.path.parent for model in found}):
            print(f"What each gains and costs, and where it fails, is in {folder / 'NAME.md'}")
        print("vsdeblur bench measures how fast they are here")
    return 0


def _record(model: Model) -> dict[str, Any]:
    record: dict[str, Any] = {
        "name": model.name,
        "precision": model.precision,
        "path": str(model.path),
        "sha256": model.sha256,
        "window": model.window,
        "trained_on": model.trained_on,
    }
    contract = model.contract
    if contract is None:
        return record | {"error": model.error}
    return record | {
        "outputs": contract.outputs,
        "color": contract.color,
        "license": contract.license,
        "metrics": dict(contract.metrics),
        "losses": dict(contract.losses),
    }


def _remark(model: Model, contract: Contract) -> str:
    if not contract.is_trained:
        return "untrained, refused by name"
    return "taken where none is named" if (model.name, model.precision) == (models.DEFAULT, "fp32") else ""


def _table(found: Sequence[Model]) -> str:
    rows = [("name", "precision", "window", "gives", "color", "sha256", "")]
    for model in found:
        contract = model.contract
        if contract is None:
            rows.append(
                (model.name, model.precision, "-", "-", "-", model.sha256[:_SHORT] or "-", f"FAULT: {model.error}")
            )
            continue
        window = f"{contract.window[0]},{contract.window[1]}"
        gives = f"{contract.subframes} instants" if contract.subframes else "a frame"
        remark = _remark(model, contract)
        rows.append((model.name, model.precision, window, gives, contract.color, model.sha256[:_SHORT], remark))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
