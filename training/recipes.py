"""How each network is trained: one recipe a paper, with what differs from the paper and why.

All recipes share what a few CPU hours or half an hour of a GPU ask for, in place of the papers' days:

- Muon (training.muon) in place of Adam, the rate rising over `warm_up` steps and then falling linearly to zero.
- Charbonnier's loss in place of the squared error, and at the end the logarithm of each clip's squared error, which is
  its PSNR: there a nearly sharp clip counts as much as a strongly blurred one, so that it is not made worse.
- Phases. First plain motion at one exposure (`EASY`), where motion between frames tells how far a frame is blurred:
  deblurring emerges several times sooner. Then everything that training.blur draws. Recurrent networks see long clips
  at the end, so that their state does not drift.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from training.blur import BlurSettings

FULL = BlurSettings()
EASY = BlurSettings(
    exposure_min=0.7,
    exposure_max=0.7,
    speed_max=14,
    object_speed_max=14,
    object_share=0.3,
    sharp_share=0,
    saturated_share=0.1,
    noise_share=0.3,
    compressed_share=0,
)


@dataclass(frozen=True)
class Phase:
    """A part of a run: clips of `frames` frames that count, besides neighbours, and of `size` x `size` pixels.

    `start` is the share of the budget after which it begins.
    """

    start: float
    batch: int
    size: int
    frames: int
    loss: Literal["charbonnier", "psnr"] = "charbonnier"
    blur: BlurSettings = FULL


@dataclass(frozen=True)
class Recipe:
    """`rate` is the peak learning rate; `clip_norm` limits the gradient; `average` is the decay of the mean weights.

    `share` weighs the network where several divide a budget.
    """

    phases: tuple[Phase, ...]
    rate: float = 1e-3
    clip_norm: float = 1.0
    warm_up: int = 50
    weight_decay: float = 0.0
    average: float = 0.995
    share: float = 1.0

    def phase(self, progress: float) -> Phase:
        """The phase at a share of the budget, 0..1."""
        return [phase for phase in self.phases if phase.start <= progress][-1]


RECIPES = {
    # Paper: squared error, weight decay 1e-5, Adam, 13-frame clips of 128x128 GoPro frames.
    "DTB": Recipe(
        (
            Phase(0.0, batch=15, size=64, frames=3, blur=EASY),
            Phase(0.4, batch=15, size=64, frames=3),
            Phase(0.7, batch=8, size=64, frames=6, loss="psnr"),
            Phase(0.9, batch=4, size=64, frames=12, loss="psnr"),
        ),
        weight_decay=1e-5,
    ),
    # Paper: squared error, Adam at 1e-4, batches of 64 patches of 64x64.
    "DBLRNet": Recipe(
        (
            Phase(0.0, batch=10, size=64, frames=1, blur=EASY),
            Phase(0.4, batch=10, size=64, frames=1),
            Phase(0.7, batch=10, size=64, frames=1, loss="psnr"),
        ),
    ),
    # Paper: squared and perceptual error, then the temporal loss.
    "RVD": Recipe(
        (
            Phase(0.0, batch=8, size=64, frames=1, blur=EASY),
            Phase(0.4, batch=8, size=64, frames=1),
            Phase(0.7, batch=8, size=64, frames=1, loss="psnr"),
        ),
    ),
}
