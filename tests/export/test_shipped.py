"""What holds for a shipped file and for no random weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest

from tests.tolerances import DISTURBANCE, SHIPPED_STATE
from vsdeblur import contract

WEIGHTS = Path(contract.__file__).parent / "weights"
SIZE, CENTRE = 128, 64
Frames = npt.NDArray[np.float32]


def test_rvd_reads_its_field_and_nothing_outside() -> None:
    """The file has no CNNs, so its field is another than the network's: exact."""
    session = onnxruntime.InferenceSession(WEIGHTS / "RVD.onnx", providers=["CPUExecutionProvider"])
    field = int(session.get_modelmeta().custom_metadata_map[contract.KEY_RECEPTIVE_FIELD])
    random = np.random.default_rng(0)
    away = np.abs(np.arange(SIZE) - CENTRE)
    distance = np.maximum(away[:, None], away[None])

    def centre(frames: Frames) -> Frames:
        (out,) = session.run(None, {"frames": frames})
        return np.asarray(out[0, :, CENTRE, CENTRE])

    near, far = (_moving_blocks(random.random((SIZE // 4, SIZE // 4), np.float32)) for _ in "ab")
    before = centre(near)
    assert (centre(np.where(distance > field // 2, far, near)) == before).all()
    assert (centre(np.where(distance > field // 2 - 1, far, near)) != before).any()


def _moving_blocks(blocks: Frames) -> Frames:
    """Five frames of 4x4 blocks, each blurred by its motion: plain noise the network leaves as it is."""
    picture = np.kron(blocks, np.ones((4, 4), np.float32))
    return np.stack([np.mean([np.roll(picture, 4 * n + k, -1) for k in range(9)], axis=0) for n in range(5)])[None]


@pytest.mark.parametrize("spread", [0.02, 0.1, 0.3])
def test_dtb_forgets_a_disturbance_of_its_states(spread: float) -> None:
    """On noise, which no training shows it: states that grew would end as NaN in what a user sees."""
    session = onnxruntime.InferenceSession(WEIGHTS / "DTB.onnx", providers=["CPUExecutionProvider"])
    random = np.random.default_rng(0)
    noise = 0.5 + spread * random.standard_normal((60, 1, 9, 32, 48), np.float32)
    shapes = {"feature_in": (1, 32, 16, 24), "blended_in": (1, 64, 16, 24)}
    state = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    disturbed = {name: np.ones(shape, np.float32) for name, shape in shapes.items()}
    for frames in noise:
        ours, *states = session.run(None, {"frames": frames, **state})
        theirs, *others = session.run(None, {"frames": frames, **disturbed})
        state, disturbed = (dict(zip(shapes, found, strict=True)) for found in (states, others))
    assert max(np.abs(value).max() for value in state.values()) < SHIPPED_STATE
    assert np.abs(ours - theirs).max() < DISTURBANCE


@pytest.mark.parametrize("file", sorted(WEIGHTS.glob("*.int8.onnx")), ids=lambda file: str(file.name))
def test_a_file_of_eight_bits_is_of_the_network_beside_it(file: Path) -> None:
    exact = _contract(WEIGHTS / file.name.replace(".int8", ""))
    assert exact.losses["int8"] <= 0.05, "auto would never take it"
    coarse = _contract(file)
    assert coarse.precision == "int8"
    assert coarse.probe.difference(exact.probe) < contract.PROBE_TOLERANCE["int8"]
    assert replace(coarse, precision="fp32", losses=exact.losses, probe=exact.probe) == exact


def _contract(file: Path) -> contract.Contract:
    return contract.Contract.from_metadata({item.key: item.value for item in onnx.load(file).metadata_props})
