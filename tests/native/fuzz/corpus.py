"""What the fuzzers begin with and what they found: ``python -m tests.native.fuzz.corpus unpack|pack FOLDER``.

FOLDER has a folder of inputs for each target. ``unpack`` fills it with seeds made of small models and with the inputs
of corpus/TARGET.pack, which the native tests replay; ``pack`` writes those files from FOLDER. A pack is its inputs one
after the other, the length of each in four bytes, little-endian, before it.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import onnx

from tests import tiny_models

PACKS = Path(__file__).parent / "corpus"
TARGETS = ("contract", "metadata", "json", "wrapped")
WRAPPED = ("window", "color", "multiple", "states", "outputs")
"""Entries in the order in which the target reads them."""

LONGEST = 1500
"""Bytes of an input that is packed: a small model has fewer."""


def seeds() -> Iterator[tuple[str, bytes]]:
    """Targets with an input each."""
    makers = (tiny_models.next_frame, tiny_models.centred, tiny_models.exposure, tiny_models.blur, tiny_models.counter)
    for make in makers:
        model = make()
        yield "contract", model
        yield "metadata", model
        entries = {entry.key: entry.value for entry in onnx.load_from_string(model).metadata_props}
        for value in entries.values():
            yield "json", value.encode()
        yield "wrapped", "\f".join(entries[f"vsdeblur.{key}"] for key in WRAPPED).encode()
    for text in ('{"fp16":-0.5,"bf16":1e-3}', "[[[[[[[[1]]]]]]]]", "[true, false, null, 0.0]"):
        yield "json", text.encode()


def inputs(pack: bytes) -> Iterator[bytes]:
    while pack:
        length = int.from_bytes(pack[:4], "little")
        yield pack[4 : 4 + length]
        pack = pack[4 + length :]


def unpack(folder: Path) -> None:
    found = list(seeds())
    for target in TARGETS:
        (folder / target).mkdir(parents=True, exist_ok=True)
        pack = PACKS / f"{target}.pack"
        found += [(target, data) for data in inputs(pack.read_bytes() if pack.exists() else b"")]
    for target, data in found:
        (folder / target / hashlib.sha1(data, usedforsecurity=False).hexdigest()).write_bytes(data)


def pack(folder: Path) -> None:
    for target in TARGETS:
        found = {file.read_bytes() for file in (folder / target).iterdir()}
        every = sorted((data for data in found if len(data) <= LONGEST), key=lambda data: (len(data), data))
        (PACKS / f"{target}.pack").write_bytes(b"".join(len(data).to_bytes(4, "little") + data for data in every))


if __name__ == "__main__":
    {"unpack": unpack, "pack": pack}[sys.argv[1]](Path(sys.argv[2]))
