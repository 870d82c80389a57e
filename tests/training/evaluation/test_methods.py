from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy.ndimage import gaussian_filter

from tests import tiny_models
from tests.tolerances import ROUNDED
from tests.training.conftest import picture
from training.evaluation.methods import (
    LUCY_ITERATIONS,
    LUCY_SIDE,
    UNSHARP_AMOUNT,
    UNSHARP_RADIUS,
    baselines,
    gaussian,
    lucy,
    models,
    unsharp,
)
from vsdeblur import Error
from vsdeblur.measures.metrics import psnr

Frame = npt.NDArray[np.uint8]
LENGTH = 100  # longer than the engine's default segment of 80


def saved(folder: Path, name: str, content: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.onnx"
    path.write_bytes(content)
    return path


def test_the_middle_instant_stands_for_an_exposure(tmp_path: Path) -> None:
    given = [picture(seed, 48, 48) for seed in range(2)]
    (method,) = models([saved(tmp_path, "exposure", tiny_models.exposure())])
    outputs = list(method.run(given))
    assert len(outputs) == 2
    assert np.abs(outputs[1].astype(float) - given[1] / 2).max() <= ROUNDED
    assert method.continuous is None


def test_one_state_lasts_from_the_first_frame_to_the_last(tmp_path: Path) -> None:
    # A scene cut in the middle: hosts begin the state anew there and at segments.
    clip = [np.full((16, 16, 3), 0 if n < LENGTH // 2 else 100, np.uint8) for n in range(LENGTH)]
    (method,) = models([saved(tmp_path, "counter", tiny_models.counter())])
    assert method.continuous is not None
    added = [float((o.astype(float) - i).mean()) for o, i in zip(method.continuous(clip), clip, strict=True)]
    steps = tiny_models.STEP * 255 * np.arange(1, LENGTH + 1)
    assert np.abs(added - steps).max() <= ROUNDED
    assert float(list(method.run(clip))[-1].mean()) - 100 < steps[-1] / 2


def test_models_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    content = tiny_models.identity()
    first, second = (saved(tmp_path / folder, "same", content) for folder in ("a", "b"))
    assert [method.name for method in models([first, second])] == ["a/same", "b/same"]
    assert [method.name for method in models([first])] == ["same"]
    with pytest.raises(Error, match="^--model names a/same more than once; "):
        models([first, first])


@pytest.mark.parametrize("method", [unsharp, lucy])
@pytest.mark.parametrize("value", [0, 17, 255])
def test_flat_frames_stay(method: Callable[[Frame], Frame], value: int) -> None:
    flat = np.full((20, 31, 3), value, np.uint8)
    assert np.array_equal(method(flat), flat)


def test_the_unsharp_mask_is_its_formula() -> None:
    frame = picture(1, 48, 64)
    smooth = gaussian_filter(frame.astype(float), (UNSHARP_RADIUS, UNSHARP_RADIUS, 0), mode="reflect")
    expected = np.clip(frame + UNSHARP_AMOUNT * (frame - smooth), 0, 255)
    assert np.abs(unsharp(frame) - expected).max() <= ROUNDED


def convolved(picture: npt.NDArray[np.float64], kernel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    margin = kernel.shape[0] // 2
    padded = np.pad(picture, ((margin, margin), (margin, margin), (0, 0)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape, axis=(0, 1))
    return np.asarray(np.einsum("ijcyx,yx->ijc", windows, kernel))


def test_richardson_lucy_is_its_iteration() -> None:
    kernel = gaussian()
    assert kernel.shape == (LUCY_SIDE, LUCY_SIDE)
    assert kernel.sum() == pytest.approx(1)
    frame = picture(1, 48, 64)
    estimate = np.full(frame.shape, 127.5)
    for _ in range(LUCY_ITERATIONS):
        estimate *= convolved(frame / convolved(estimate, kernel), kernel)
    assert np.abs(lucy(frame) - estimate.clip(0, 255)).max() <= ROUNDED


def test_richardson_lucy_sharpens_what_its_kernel_blurred() -> None:
    sharp = np.kron(np.random.default_rng(1).integers(60, 200, (12, 16, 3)), np.ones((4, 4, 1))).astype(np.uint8)
    blurred = np.rint(convolved(sharp.astype(float), gaussian())).astype(np.uint8)
    assert psnr(lucy(blurred), sharp) > psnr(blurred, sharp)


def test_baselines_take_any_iterable_of_frames() -> None:
    given = [picture(seed, 24, 32) for seed in range(2)]
    for method in baselines():
        outputs = list(method.run(iter(given)))
        assert [(output.shape, output.dtype) for output in outputs] == [((24, 32, 3), np.uint8)] * 2
        assert method.continuous is None


def test_a_precision_that_a_file_cannot_give_is_refused(tmp_path: Path) -> None:
    file = saved(tmp_path, "counter", tiny_models.counter())
    assert [method.name for method in models([file], "fp32")] == ["counter"]
    with pytest.raises(Error, match="int8"):
        models([file], "int8")
