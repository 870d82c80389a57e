"""What the shipped networks do to numbers that no camera gives, and to pictures that have nothing to sharpen.

VSDEBLUR_NUMBERS=full in the environment tries all levels and long clips; CI's choice of them is the default.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import vapoursynth as vs

from tests.plugin import clips
from tests.tolerances import ECHO, FLAT, FLAT_COLOUR, FLAT_INSIDE, LAG, RINGING, RINGING_INSIDE, STATIC
from vsdeblur import models
from vsdeblur.contract import Contract

FULL = os.environ.get("VSDEBLUR_NUMBERS") == "full"
LEVELS = list(range(256)) if FULL else [0, 2, 8, 32, 96, 160, 224, 255]
STATIC_FRAMES = 500 if FULL else 60
SUBNORMAL_SIZE = (96, 128) if FULL else (16, 24)
NETWORKS = ["DTB", "RUNet", "DBLRNet", "DBLRGAN", "RVD", "SharpSequence"]
GRAPHS = ["DTB", "RUNet", "DBLRNet", "RVD", "SharpSequence"]
"""One of each: DBLRGAN's is DBLRNet's."""
RUNTIMES = ["OpenVINO", "ONNXRuntime"]
MARGIN = 8
"""Pixels from the border on which zero padding shows most."""

Pixels = npt.NDArray[np.float32]
"""(frames, planes, height, width)."""


def made(values: Pixels, cuts: Sequence[int] | None) -> vs.VideoNode:
    """GRAYS or RGBS, with no cuts but these; None: what the engine finds."""
    frames, planes, height, width = values.shape
    format = vs.RGBS if planes == 3 else vs.GRAYS
    blank = vs.core.std.BlankClip(width=width, height=height, format=format, length=frames, keep=False)
    clip = clips.painted(blank, lambda n, plane, _shape, _dtype: values[n, plane])
    return clip if cuts is None else clips.cut_at(clip, cuts)


def filtered(name: str, values: Pixels, cuts: Sequence[int] | None = (), **arguments: object) -> vs.VideoNode:
    return getattr(vs.core.vsdeblur, name)(made(values, cuts), **({"precision": "fp32"} | arguments))


def deblurred(name: str, values: Pixels, cuts: Sequence[int] | None = (), **arguments: object) -> Pixels:
    """As many outputs a frame as the network gives, (frames, outputs, planes, height, width)."""
    out = filtered(name, values, cuts, **arguments)
    found = np.stack([clips.planes(frame) for frame in out.frames(close=True)])
    return found.reshape(len(values), -1, *values.shape[1:])


def contract_of(name: str) -> Contract:
    return models.read_contract(models.find(name)[0])


def grey(name: str, frames: Sequence[npt.NDArray[np.float64]]) -> Pixels:
    """Pictures (height, width) in as many planes as the network sees."""
    planes = 3 if contract_of(name).color == "rgb" else 1
    return np.repeat(np.stack(frames).astype(np.float32)[:, None], planes, axis=1)


def waves(height: int, width: int) -> npt.NDArray[np.float64]:
    """A smooth picture, 0.2 to 0.8."""
    y, x = np.mgrid[:height, :width]
    return 0.5 + 0.3 * np.sin(x * 0.35) * np.cos(y * 0.45)


# ---- not a number, and beyond all numbers --------------------------------------------------------------------------


@pytest.mark.parametrize("provider", RUNTIMES)
@pytest.mark.parametrize("name", GRAPHS)
def test_what_is_no_number_stays_in_the_receptive_field(name: str, provider: str) -> None:
    """And in the window, or for a network with state in its scene; NaN stays where it was, and comes nowhere else.

    One clip of three parts, which begin alike: all numbers, a NaN, an infinity.
    """
    contract = contract_of(name)
    before, after = contract.window
    reach, bad = contract.receptive_field // 2, max(before, after) + 1
    cut = bad + 2  # a scene begins in each part, after the frame that is spoilt
    length, column = cut + 1, 3
    part = grey(name, [waves(8, reach + 16) + 0.01 * n for n in range(length)])
    given = np.concatenate([part] * 3)
    for number, value in ((1, np.nan), (2, np.inf)):
        given[number * length + bad, :, 4, column] = value
    found = deblurred(name, given, [number * length + n for number in range(3) for n in (0, cut)], provider=provider)
    clean, nan, infinite = np.split(found, 3)
    away = np.abs(np.arange(reach + 16) - column)
    for spoilt in (nan, infinite):
        changed = (spoilt != clean).any(axis=(1, 2, 3))
        assert changed[bad].any()
        for n in range(length):
            first = bad - after  # the first frame that reads the spoilt one
            last = cut - 1 if contract.states else min(cut - 1, bad + before)
            runs = n - first + 1 if contract.states else 1
            assert not changed[n, (away > reach * runs) | (not first <= n <= last)].any(), f"frame {n}"
    assert np.array_equal(np.isnan(nan), np.broadcast_to(np.isnan(given[length : 2 * length, None]), nan.shape))


@pytest.mark.parametrize("provider", RUNTIMES)
@pytest.mark.parametrize("name", GRAPHS)
def test_numbers_too_small_for_full_precision_are_0(name: str, provider: str) -> None:
    """Of their time, which flushing them saves, only a note is printed."""
    dark = grey(name, [np.zeros(SUBNORMAL_SIZE)] * 3)
    tiny = grey(name, [waves(*SUBNORMAL_SIZE) * 1e-39] * 3)
    assert (tiny > 0).all() and (tiny < np.finfo(np.float32).tiny).all()

    def timed(values: Pixels) -> tuple[Pixels, float]:
        out = filtered(name, values, range(len(values)), provider=provider)
        last = out.num_frames - 1
        out.get_frame(0).close()
        start = time.perf_counter()
        return np.stack(clips.frame_planes(out, last)), time.perf_counter() - start

    (expected, usual), (found, taken) = timed(dark), timed(tiny)
    print(f"{name} in {provider}: a subnormal frame takes {taken / usual:.2f} times as long as a black one")
    assert np.abs(found - expected).max() <= np.finfo(np.float32).tiny


# ---- nothing to sharpen --------------------------------------------------------------------------------------------


def inner(pictures: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return pictures[..., MARGIN:-MARGIN, MARGIN:-MARGIN]


def unevenness(name: str, colours: npt.NDArray[np.float32]) -> tuple[float, float]:
    """How far flat pictures of these colours (number, planes) come out from flat, / 255: anywhere, and inside.

    Of each a scene of three frames, which fill a state.
    """
    each = 3 if contract_of(name).states else 1
    flat = np.repeat(colours, each, axis=0)[:, :, None, None] * np.ones((32, 32), np.float32)
    off = np.abs(deblurred(name, flat, range(0, len(flat), each)) - flat[:, None]) * 255
    return float(off.max()), float(inner(off).max())


@pytest.mark.parametrize("name", NETWORKS)
def test_flat_pictures_stay_flat(name: str) -> None:
    """At every level."""
    planes = 3 if contract_of(name).color == "rgb" else 1
    anywhere, inside = unevenness(name, np.float32([[level / 255] * planes for level in LEVELS]))
    print(f"{name}: {anywhere:.2f} / 255 at the border, {inside:.2f} / 255 inside")
    assert anywhere <= FLAT[name]
    assert inside <= FLAT_INSIDE


def test_flat_colours_stay_flat() -> None:
    """The corners of the cube of colours, where training has the least."""
    anywhere, inside = unevenness("DTB", np.float32(list(itertools.product([0, 1], repeat=3))))
    print(f"DTB: {anywhere:.2f} / 255 at the border, {inside:.2f} / 255 inside")
    assert anywhere <= FLAT_COLOUR
    assert inside <= FLAT_INSIDE


@pytest.mark.parametrize("name", ["DTB", "RUNet"])
def test_a_static_clip_does_not_drift(name: str) -> None:
    """One segment, in which the state is never 0 again. Of RUNet's first answer up to 0.8 ** n is left in that of frame
    n, so it takes 20 frames to settle."""
    still = grey(name, [waves(32, 48)] * STATIC_FRAMES)
    found = deblurred(name, still, segment=STATIC_FRAMES)
    settled = STATIC_FRAMES // 3
    moved = np.abs(found[settled:] - found[settled]).max() * 255
    print(f"{STATIC_FRAMES} frames: those after frame {settled} are within {moved:.5f} / 255 of it")
    assert moved <= STATIC


@pytest.mark.parametrize("name", ["DTB", "RUNet"])
@pytest.mark.parametrize("steps", [0.25, 1, 4])
def test_slow_fades_do_not_lag(name: str, steps: float) -> None:
    """Of a flat picture in noise, whose light a network that waits might take for noise too."""
    levels = 0.3 + np.arange(24) * steps / 255
    noise = np.random.default_rng(0).normal(0, 2 / 255, (len(levels), 48, 48))
    given = grey(name, levels[:, None, None] + noise)
    lag = np.abs(inner(deblurred(name, given)).mean(axis=(1, 3, 4)) - inner(given).mean(axis=(2, 3)))
    print(f"{name}: {steps} / 255 a frame are followed within {lag.max() * 255:.2f} / 255")
    assert lag.max() * 255 <= LAG


@pytest.mark.parametrize("name", NETWORKS)
def test_fades_and_flashes_do_not_ring(name: str) -> None:
    """Of flat pictures: a fade from black and back, a flash that is a cut to the engine, and one that is not.

    How far answers leave the range of the window's frames is what a flat picture's do, or little more.
    """
    fade = [*np.linspace(0, 1, 13), *np.linspace(1, 0, 13)[1:]]
    levels = np.array([*fade, *[0.3] * 4, 0.8, *[0.3] * 4, 0.38, *[0.3] * 4])
    found = deblurred(name, grey(name, [np.full((24, 24), level) for level in levels]), cuts=None)
    before, after = contract_of(name).window
    over = np.zeros(found.shape)
    for n, answers in enumerate(found):
        near = levels[max(0, n - before) : n + after + 1]
        over[n] = np.maximum(answers - near.max(), near.min() - answers) * 255
    print(f"{name}: beyond the window's range by {over.max():.2f} / 255 at the border, {inner(over).max():.2f} inside")
    assert over.max() <= RINGING[name]
    assert inner(over).max() <= RINGING_INSIDE


def test_a_flash_leaves_no_echo_in_the_state() -> None:
    still, length, at = waves(32, 48), 12, 4
    given = grey("DTB", [still] * length + [still + 0.3 * (n == at) for n in range(length)])
    calm, flashed = np.split(deblurred("DTB", given, [length]), 2)
    echo = np.abs(flashed - calm).max(axis=(1, 2, 3, 4)) * 255
    print("DTB around a flash, / 255:", echo.round(3).tolist())
    assert echo[: at - 1].max() == 0
    assert echo[at + 4 :].max() <= ECHO
