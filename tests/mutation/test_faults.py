"""The faults still apply: each one's text stands once in its file, so that a change of the engine is noticed here."""

from __future__ import annotations

from pathlib import Path

from tests.mutation.faults import ENGINE, FAULTS

FOLDER = Path(__file__).resolve().parents[2] / ENGINE


def test_every_fault_applies_once() -> None:
    assert len(FAULTS) >= 50
    assert len({(fault.file, fault.before, fault.after) for fault in FAULTS}) == len(FAULTS)
    for fault in FAULTS:
        assert fault.before != fault.after
        assert (FOLDER / fault.file).read_text().count(fault.before) == 1, fault
