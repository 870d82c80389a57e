from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tests.tolerances import SAME_FORMULA
from training.data.blur import BlurSettings
from training.data.material import Photographs
from training.loop.validation import Validation
from training.networks import DBLRNet, Network

SETTINGS = BlurSettings(size=32, frames=5, margin=16, noise_share=0, compressed_share=0)
CPU = torch.device("cpu")


class Fixed(Network):
    """Returns the frame in the middle of its window, or an earlier one, `count` times, plus `change`."""

    def __init__(self, color: str, count: int, change: float = 0.0) -> None:
        super().__init__()
        self.color, self.window, self.count, self.change = color, (2, 2), count, change
        self.outputs = ",".join(str(n - count // 2) for n in range(count))
        self.unused = nn.Parameter(torch.zeros(()))

    def forward(self, frames: Tensor) -> tuple[Tensor]:
        channels = frames.shape[1] // 5
        first = (2 - self.count // 2) * channels
        return (frames[:, first : first + self.count * channels] + self.change,)


@pytest.fixture
def held_back(photographs: Path) -> Photographs:
    return Photographs(photographs, SETTINGS.canvas, held_back=True)


@pytest.mark.parametrize(("color", "count"), [("rgb", 1), ("luma", 1), ("luma", 3)])
def test_a_network_that_changes_nothing_gains_nothing(held_back: Photographs, color: str, count: int) -> None:
    score = Validation(held_back, SETTINGS, CPU).score(Fixed(color, count))
    assert score.gain == score.weak == 0
    assert score.sharp > 50  # dB; frames are rounded to 8 bits
    assert score.flat < SAME_FORMULA * 255


def test_a_change_for_the_worse_shows(held_back: Photographs) -> None:
    score = Validation(held_back, SETTINGS, CPU).score(Fixed("luma", 1, change=0.1))
    assert score.gain < -1
    assert score.weak < score.gain  # the less blur, the more there is to lose
    assert score.sharp == pytest.approx(20, abs=0.5)
    assert score.flat == pytest.approx(0.1 * 255)


def test_what_no_one_sees_is_no_loss(held_back: Photographs) -> None:
    still = replace(SETTINGS, speed_max=0.0, object_share=0.0)
    assert Validation(held_back, still, CPU).score(Fixed("rgb", 1, change=0.001)).gain == 0
    assert Validation(held_back, still, CPU).score(Fixed("rgb", 1, change=0.01)).gain < -5


def test_scores_are_the_same_every_time(held_back: Photographs) -> None:
    network = DBLRNet(frames=5)
    first, again = (Validation(held_back, SETTINGS, CPU).score(network) for _ in range(2))
    assert first == again
    other = Validation(held_back, replace(SETTINGS, speed_max=4.0), CPU).score(network)
    assert other != first
