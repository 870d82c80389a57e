"""Tall models: the form for stock FFmpeg, against the model that they come from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
import torch

from export.__main__ import main
from tests import tiny_models
from tests.tolerances import EXPORT_PARITY, TALL
from training.networks import NETWORKS
from vsdeblur.contract import KEY_CONTRACT, Contract, ContractError
from vsdeblur.ffmpeg.tall import BLACK, FRAME, KEY_TALL, WHITE, refusal, tall_model

Frames = npt.NDArray[np.float32]
SQUARES = [float((t + 1) ** 2) for t in range(7)]
"""Weights that tell the frames of a window apart."""


def metadata(model: bytes) -> dict[str, str]:
    return {item.key: item.value for item in onnx.load_from_string(model).metadata_props}


def squares(reach: int, **contract: int) -> bytes:
    """A luma model of 2 * reach + 1 frames."""
    weights = [SQUARES[: 2 * reach + 1]]
    return tiny_models.weighted(weights, window=(reach, reach), outputs="0", color="luma", **contract)


def session(model: bytes) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])


def stack(frames: Frames, centre: int, reach: int) -> Frames:
    """What ``tile`` hands to a tall model: the window of a clip (N, H, W), marks below the frames."""
    parts = []
    for n in range(centre - reach, centre + reach + 1):
        if 0 <= n < len(frames):
            parts += [frames[n], np.zeros((1, frames.shape[2]), np.float32)]
        else:
            parts.append(np.ones((frames.shape[1] + 1, frames.shape[2]), np.float32))
    return np.concatenate(parts)[None, None]


def mirrored(n: int, length: int) -> int:
    """Written anew: frame numbers beyond the ends go back and forth."""
    there_and_back = [*range(length), *range(length - 2, 0, -1)]
    return there_and_back[n % len(there_and_back)]


@pytest.mark.parametrize("length", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("reach", [0, 1, 2, 3])
def test_windows_are_mirrored_at_the_ends(reach: int, length: int) -> None:
    model = squares(reach)
    run = session(tall_model(model, Contract.from_metadata(metadata(model))))
    frames = np.random.default_rng(0).uniform(BLACK, WHITE, (length, 3, 5)).astype(np.float32)
    luma = (frames - BLACK) / (WHITE - BLACK)
    for n in range(length):
        [answer] = run.run([FRAME], {"tall": stack(frames, n, reach)})
        expected = sum(SQUARES[k] * luma[mirrored(n - reach + k, length)] for k in range(2 * reach + 1))
        assert answer.shape == (1, 1, 3, 5)
        np.testing.assert_allclose((answer[0, 0] - BLACK) / (WHITE - BLACK), expected, rtol=TALL, atol=TALL)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 1), (7, 9), (8, 16), (15, 3)])
def test_sizes_are_padded_by_reflection_and_cropped(height: int, width: int) -> None:
    """The reference is numpy's own reflection; the filter looks two pixels to the right of and below each pixel."""
    kernel = np.zeros((5, 5), np.float32)
    kernel[2, 4], kernel[4, 2] = 0.5, 0.5
    model = tiny_models.filtered(kernel, multiple=4)
    run = session(tall_model(model, Contract.from_metadata(metadata(model))))
    frame = np.random.default_rng(0).uniform(BLACK, WHITE, (1, height, width)).astype(np.float32)
    [answer] = run.run([FRAME], {"tall": stack(frame, 0, 0)})
    rows, columns = (-height % 4, -width % 4)
    luma = (np.pad(frame[0], ((0, rows), (0, columns)), "reflect") - BLACK) / (WHITE - BLACK)
    beyond = np.pad(luma, ((0, 2), (0, 2)))
    expected = (0.5 * beyond[:-2, 2:] + 0.5 * beyond[2:, :-2])[:height, :width]
    np.testing.assert_allclose((answer[0, 0] - BLACK) / (WHITE - BLACK), expected, atol=TALL)


def test_it_is_sound_and_says_what_it_is() -> None:
    model = squares(2, multiple=4)
    tall = tall_model(model, Contract.from_metadata(metadata(model)))
    onnx.checker.check_model(onnx.load_from_string(tall), full_check=True)
    expected = {key: value for key, value in metadata(model).items() if key != KEY_CONTRACT}
    assert metadata(tall) == expected | {KEY_TALL: "1"}
    with pytest.raises(ContractError):
        Contract.from_metadata(metadata(tall))
    assert tall == tall_model(model, Contract.from_metadata(metadata(model)))


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (tiny_models.counter(), "keeps a state between frames"),
        (tiny_models.exposure(color="luma"), "gives 7 frames for each frame"),
        (tiny_models.identity(), "works on RGB"),
        (
            tiny_models.weighted([[1, 1, 1]], window=(2, 0), outputs="0", color="luma"),
            "reads 2 frames before and 0 after the current one",
        ),
    ],
)
def test_models_without_a_tall_form(model: bytes, reason: str) -> None:
    contract = Contract.from_metadata(metadata(model))
    assert refusal(contract) == reason
    with pytest.raises(ValueError, match=f"^{contract.name} {reason}$"):
        tall_model(model, contract)


@pytest.mark.parametrize("cut", [1, 100, 5000])
def test_a_truncated_file_is_refused(cut: int) -> None:
    model = squares(1)
    with pytest.raises(ValueError, match="cut off|wire type"):
        tall_model(model[: len(model) - min(cut, len(model) - 1)], Contract.from_metadata(metadata(model)))


def test_the_command_writes_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tall = tmp_path / "tall.onnx"
    assert main(["DBLRNet", "--untrained", "--tall", "--out", str(tall)]) == 0
    frames = np.random.default_rng(0).uniform(BLACK, WHITE, (5, 8, 8)).astype(np.float32)
    [answer] = session(tall.read_bytes()).run([FRAME], {"tall": stack(frames, 2, 2)})
    torch.manual_seed(0)
    window = torch.from_numpy((frames - BLACK) / (WHITE - BLACK))[None].float()
    with torch.no_grad():
        expected = NETWORKS["DBLRNet"]().eval()(window)[0].numpy()
    np.testing.assert_allclose((answer - BLACK) / (WHITE - BLACK), expected, atol=EXPORT_PARITY)
    capsys.readouterr()
    assert main(["DTB", "--untrained", "--tall", "--out", str(tmp_path / "DTB.onnx")]) == 2
    assert capsys.readouterr().err == "export: DTB keeps a state between frames, so it has no form for stock FFmpeg\n"
