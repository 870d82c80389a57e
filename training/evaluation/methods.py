"""What is evaluated: anything with a name that makes as many frames of a clip's frames.

Models are .onnx files run by the engine (vsdeblur.Deblurrer), as they ship. The baselines are classical and know
nothing of the blur: an unsharp mask, and Richardson-Lucy deconvolution with a fixed small Gaussian kernel, both of
scikit-image, frame by frame on sRGB values. Their settings have the best mean gain of 9 and of 12 that were tried on 8
clips of training.synthesize: stronger ones gain more on some clips and lose in the mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
from skimage.filters import unsharp_mask
from skimage.restoration import richardson_lucy

from vsdeblur import Deblurrer, Error
from vsdeblur.measures.metrics import Frame

Transform = Callable[[Iterable[Frame]], Iterator[Frame]]
"""Frames of one clip, (H, W, 3) uint8 RGB, in order -> one frame of the same form for each."""

UNSHARP_RADIUS = 1.0  # standard deviation of the Gaussian, pixels
UNSHARP_AMOUNT = 0.25
LUCY_SIDE = 5  # of the kernel, pixels
LUCY_SIGMA = 0.7  # pixels
LUCY_ITERATIONS = 3
# Frames are mirrored outwards by this many pixels first: beyond the border, scikit-image has zeros.
LUCY_MARGIN = LUCY_ITERATIONS * (LUCY_SIDE - 1)
# More frames than any clip has: the engine then never begins its state anew.
ENDLESS = 1_000_000


@dataclass(frozen=True)
class Method:
    """A name for tables, one clause about what it is, and what it does.

    `continuous` is the same with one state from the first frame to the last, scene cuts unheeded; None where no frame
    depends on a state.
    """

    name: str
    note: str
    run: Transform
    continuous: Transform | None = None


def models(paths: list[Path], precision: str = "auto") -> list[Method]:
    """The exported models, named by their files; ``auto`` is a file's own precision.

    Raises Error for what cannot be loaded or told apart.
    """
    names = [path.stem for path in paths]
    if len(set(names)) < len(names):
        names = [f"{path.resolve().parent.name}/{path.stem}" for path in paths]
    for name in names:
        if names.count(name) > 1:
            raise Error(f"--model names {name} more than once; files must differ in their name or their folder's")
    return [_model(name, path, precision) for name, path in zip(names, paths, strict=True)]


def _model(name: str, path: Path, precision: str) -> Method:
    deblurrer = Deblurrer(model=path, precision=precision)
    contract = deblurrer.contract
    continuous = None
    if contract.states:
        continuous = partial(
            middle_instants, Deblurrer(model=path, precision=precision, segment=ENDLESS, preroll=0, sc=0)
        )
    return Method(name, f"trained on {contract.trained_on}", partial(middle_instants, deblurrer), continuous)


def middle_instants(deblurrer: Deblurrer, frames: Iterable[Frame]) -> Iterator[Frame]:
    """One output for each frame; of several instants of an exposure, the middle one."""
    instants = max(1, deblurrer.contract.subframes)
    return islice(deblurrer(frames), instants // 2, None, instants)


def baselines() -> list[Method]:
    """The classical methods."""
    kernel = f"Gaussian kernel of {LUCY_SIDE} x {LUCY_SIDE} pixels and sigma {LUCY_SIGMA}"
    return [
        Method("unsharp mask", f"radius {UNSHARP_RADIUS} pixels, amount {UNSHARP_AMOUNT}", partial(map, unsharp)),
        Method("Richardson-Lucy", f"{kernel}, {LUCY_ITERATIONS} iterations", partial(map, lucy)),
    ]


def unsharp(frame: Frame) -> Frame:
    """(H, W, 3) uint8 -> the same, sharpened."""
    sharpened = unsharp_mask(  # type: ignore[no-untyped-call]
        frame / np.float32(255), radius=UNSHARP_RADIUS, amount=UNSHARP_AMOUNT, channel_axis=2
    )
    return _eight_bits(sharpened)


def lucy(frame: Frame) -> Frame:
    """(H, W, 3) uint8 -> the same, deconvolved, each channel alone."""
    margin = LUCY_MARGIN
    padded = np.pad(frame, ((margin, margin), (margin, margin), (0, 0)), mode="symmetric") / np.float32(255)
    estimate = richardson_lucy(padded, gaussian()[..., None], num_iter=LUCY_ITERATIONS)  # type: ignore[no-untyped-call]
    return _eight_bits(estimate[margin:-margin, margin:-margin])


def gaussian() -> npt.NDArray[np.float64]:
    """Richardson-Lucy's kernel, (LUCY_SIDE, LUCY_SIDE), of sum 1."""
    offsets = np.arange(LUCY_SIDE) - LUCY_SIDE // 2
    profile = np.exp(-(offsets**2) / (2 * LUCY_SIGMA**2))
    kernel = np.outer(profile, profile)
    return np.asarray(kernel / kernel.sum(), dtype=np.float64)


def _eight_bits(values: npt.NDArray[np.floating]) -> Frame:
    return np.asarray(np.rint(values * 255).clip(0, 255), dtype=np.uint8)
