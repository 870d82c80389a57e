"""What holds for a shipped file and for no random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from tests.tolerances import RVD_OUTSIDE_FIELD
from vsdeblur import contract

WEIGHTS = Path(contract.__file__).parent / "weights"
SIZE, CENTRE, PICTURES = 256, 128, 8
Frames = npt.NDArray[np.float32]


def test_rvd_hardly_reads_outside_its_effective_field() -> None:
    session = onnxruntime.InferenceSession(WEIGHTS / "RVD.onnx", providers=["CPUExecutionProvider"])
    field = int(session.get_modelmeta().custom_metadata_map[contract.KEY_RECEPTIVE_FIELD])
    random = np.random.default_rng(0)
    away = np.abs(np.arange(SIZE) - CENTRE)
    outside = np.maximum(away[:, None], away[None]) > field // 2

    def change(frames: Frames) -> Frames:
        (out,) = session.run(None, {"frames": frames})
        return np.asarray(out - frames)

    moved = []
    for _ in range(PICTURES):
        near, far = (random.random((1, 5, SIZE // 4, SIZE // 4), np.float32).repeat(4, 2).repeat(4, 3) for _ in "ab")
        before, after = change(near), change(np.where(outside, far, near))
        moved.append((after - before)[0, :, CENTRE, CENTRE] / before.std())
    assert 0 < np.sqrt(np.mean(np.square(moved))) < RVD_OUTSIDE_FIELD
