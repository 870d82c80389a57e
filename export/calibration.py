"""Clips that int8 files are made with, and others that losses are measured on: training's samples of photographs.

Ranges come from photographs that training sees, losses from those that it holds back (training.data.material), neither
from evaluation's clips. All kinds of samples are among them: strong, weak and no blur, noise, light that clips.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy
from torch import Generator, Tensor

from training.data.blur import BlurSettings, synthesise
from training.data.material import Photographs
from training.losses import to_network
from training.networks import Network

__all__ = ["calibration_clips", "measured_clips"]

# Pixels a side, and runs of the network along a clip: states settle within a dozen frames, and without one frames of
# one clip are much alike.
SIZE = 128
RUNS, RUNS_WITHOUT_STATE = 12, 2
CALIBRATION_CLIPS = 16
SEED = 3_000_017


def calibration_clips(network: Network, archive: Path) -> Iterator[numpy.ndarray]:
    """(F, C, SIZE, SIZE) float32, blurred. Raises DataError when the archive cannot be used."""
    for number, (blurred, _) in enumerate(_pairs(network, archive, CALIBRATION_CLIPS, held_back=False)):
        if network.color == "luma" and number % 2:  # hosts give it R, G and B one after the other
            channel = number // 2 % 3
            yield blurred[0, :, channel : channel + 1].numpy()
        else:
            yield to_network(blurred, network)[0].numpy()


def measured_clips(network: Network, archive: Path, count: int) -> Iterator[tuple[Tensor, Tensor]]:
    """So many pairs, blurred and sharp, (1, F, 3, SIZE, SIZE) each, sRGB 0..1. Raises DataError as above."""
    return _pairs(network, archive, count, held_back=True)


def _pairs(network: Network, archive: Path, count: int, *, held_back: bool) -> Iterator[tuple[Tensor, Tensor]]:
    settings = replace(
        BlurSettings(), size=SIZE, frames=(RUNS if network.states else RUNS_WITHOUT_STATE) + sum(network.window)
    )
    photographs = Photographs(archive, settings.canvas, held_back=held_back)
    for number in range(count):
        where = Generator().manual_seed(SEED + number)
        crops = photographs.crops(2, settings.canvas, where)
        yield synthesise(crops[:1], crops[1:], settings, where)
