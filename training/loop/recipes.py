"""How each network is trained: one recipe a paper, with what differs from the paper and why.

All recipes share what a few CPU hours or half an hour of a GPU ask for, in place of the papers' days:

- Muon (training.loop.muon) in place of Adam, the rate rising over `warm_up` steps and then falling linearly to zero.
- Charbonnier's loss in place of the squared error, for SharpSequence in an order-free form. (Each clip's PSNR as the
  loss, for the last third of a run of DTB, left sharp clips alone at 50 to 75 dB, and cost a tenth of a decibel of the
  gain.)
- Phases. First, for all but DTB, a short blur of nearly one length (`GENTLE`), of which plain sharpening undoes a part:
  DBLRNet had left the identity after 80 updates. Then motion of all lengths at one exposure (`EASY`), where motion
  between frames tells how far a frame is blurred. Then everything that training.data.blur draws; with little that is
  nearly sharp (`STRONG`) until the last part: nine minutes without took RVD from 1.09 to 0.93 dB on held-back samples
  of that, but from a loss of 0.48 to one of 0.14 dB on weakly blurred ones, and sharp ones from 34 to 36 dB at worst.
  Not for SharpSequence, which cannot tell weak blur from strong by one frame: after half an hour with `STRONG` it
  gained 0.72 dB on held-back samples of that and lost 1.8 dB on weakly blurred ones, where after `FULL` it had gained
  0.30 and 0.15 dB. A mean of both kinds of weights was trained on, and what ships is a mean again (its card says how).
- RUNet's last phases see what real footage has besides (`REAL`): encoders, rolling shutter, depth, plain areas, and
  cameras that stand still; in clips of six frames and more, so that there is something to wait for. In the very last
  one the layers that say where it waits learn alone, from an answer that no longer changes, and lag counts besides
  (training.losses.lag): without, faint texture that moves slowly stuck to the screen.
- Networks of luma see single channels in every second sample (training.loop.trainer), as the engine shows them those
  of RGB.
- DTB sees long clips at the end, so that its state does not drift.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from training.data.blur import BlurSettings
from training.losses import DTB_WEIGHT_DECAY

FULL = BlurSettings()
EASY = BlurSettings(
    speed_min=4,
    exposure_min=0.7,
    exposure_max=0.7,
    speed_max=14,
    object_speed_max=14,
    object_share=0.3,
    sharp_share=0,
    soft_share=0,
    saturated_share=0.1,
    noise_share=0.3,
    compressed_share=0,
)
STRONG = replace(FULL, speed_min=3, exposure_min=0.4, sharp_share=0.1)
GENTLE = replace(EASY, speed_min=5, speed_max=8, object_share=0, saturated_share=0, noise_share=0)
# 103 minutes with these brought RVD's worst held-back sharp frame from 36.9 to 38.0 dB, for 0.03 dB of its gain.
RVD_STRONG = replace(STRONG, sharp_share=0.25)
RVD_FULL = replace(FULL, sharp_share=0.3)
INSTANTS = replace(FULL, instants=7)
# RUNet's: what it lacked was the taking out of noise (training/README.md).
NOISY = replace(STRONG, noise_share=0.8)
# What footage has besides: nearly every second sample went through an encoder, and every fourth was shot from a tripod,
# where waiting tells noise from all else. Every fourth grows brighter or darker, so that waiting does not lag behind,
# and every fourth layer is faint, so that its detail is not taken for noise.
REAL = replace(
    FULL,
    noise_share=0.7,
    still_share=0.25,
    fade_share=0.25,
    faint_share=0.25,
    drawn_share=0.12,
    rolling_share=0.3,
    parallax_share=0.3,
    deformed_share=0.4,
    sharpened_share=0.2,
    video_share=0.45,
    compressed_share=0.1,
    end_share=0.3,
)


@dataclass(frozen=True)
class Phase:
    """A part of a run: clips of `frames` frames that count, besides neighbours, and of `size` x `size` pixels.

    `start` is the share of the budget after which it begins; `loss` is a name of training.loop.objectives. With
    `frozen_norm` batch normalisation uses the means and variances that it has gathered and gathers no more, so the
    weights learn with what they will run with: small batches of unlike photographs stray far from them. Parameters of
    the submodule `frozen` stay as they are, and where `only` names submodules all others do. `rate` multiplies the
    recipe's, for layers that have not learned yet when it is nearly zero.
    """

    start: float
    batch: int
    size: int
    frames: int
    loss: str = "charbonnier"
    blur: BlurSettings = FULL
    frozen_norm: bool = False
    frozen: str = ""
    only: tuple[str, ...] = ()
    rate: float = 1.0

    def freezes(self, parameter: str) -> bool:
        """Whether a parameter, by its name in the network, stays as it is."""
        learns = not self.only or parameter.startswith(tuple(f"{name}." for name in self.only))
        return not learns or (bool(self.frozen) and parameter.startswith(f"{self.frozen}."))


@dataclass(frozen=True)
class Recipe:
    """`rate` is the peak learning rate; `clip_norm` limits the gradient; `average` is the decay of the mean weights.

    Of `uses` steps one makes new samples, and the others take some of the last that were made, turned another way: for
    a network whose updates take no longer than its samples.

    `share` weighs the network where several divide a budget. `begins_with` is the network whose weights a run begins
    with; `opponent_rate` and `opponent_width` are of the discriminator, if there is one.
    """

    phases: tuple[Phase, ...]
    rate: float = 1e-3
    clip_norm: float = 1.0
    warm_up: int = 50
    weight_decay: float = 0.0
    average: float = 0.995
    uses: int = 1
    share: float = 1.0
    begins_with: str | None = None
    opponent_rate: float = 1e-5
    opponent_width: int = 1024

    def phase(self, progress: float) -> Phase:
        """The phase at a share of the budget, 0..1."""
        return [phase for phase in self.phases if phase.start <= progress][-1]


# In the order in which `all` trains them.
RECIPES = {
    # Our own. Patches grow larger than the others', for it sees further. Part of what it learns from small batches is
    # their noise: the mean of three runs of six minutes, two of them from the third, gained 0.06 dB more than the mean
    # of their gains. So its mean weights reach further back than the others'.
    "RUNet": Recipe(
        (
            Phase(0.0, batch=8, size=64, frames=3, blur=EASY),
            Phase(0.25, batch=6, size=96, frames=3, blur=NOISY),
            Phase(0.5, batch=4, size=96, frames=6, blur=REAL, loss="decibels"),
            Phase(
                0.9, batch=4, size=96, frames=8, blur=REAL, loss="decibels-and-lag", only=("compare", "share"), rate=30
            ),
        ),
        weight_decay=DTB_WEIGHT_DECAY,
        average=0.999,
        uses=2,
    ),
    # Paper: squared error with a weight decay of 1e-5 in the gradient (here apart from it), Adam, clips of 13 frames of
    # 128x128.
    "DTB": Recipe(
        (
            Phase(0.0, batch=15, size=64, frames=3, blur=EASY),
            Phase(0.4, batch=10, size=64, frames=4, blur=STRONG),
            Phase(0.7, batch=4, size=64, frames=12, blur=STRONG),
            Phase(0.88, batch=4, size=64, frames=12),
        ),
        weight_decay=DTB_WEIGHT_DECAY,
    ),
    # Paper: squared error, Adam at 1e-4.
    "DBLRNet": Recipe(
        (
            Phase(0.0, batch=8, size=64, frames=1, blur=GENTLE),
            Phase(0.1, batch=8, size=64, frames=1, blur=EASY),
            Phase(0.4, batch=5, size=64, frames=1, blur=STRONG, frozen_norm=True),
            Phase(0.75, batch=5, size=64, frames=1, frozen_norm=True),
        ),
    ),
    # Paper: DBLRNet's weights, a rate of 1e-5 for both networks, 4096 features in the discriminator's last layers,
    # which are 134 of its 164 million parameters. Here 1024, and ten times the rate: 100 updates at the paper's moved
    # the weights by 7e-5 of their norm.
    "DBLRGAN": Recipe(
        (Phase(0.0, batch=6, size=64, frames=1, loss="adversarial", frozen_norm=True),),
        rate=1e-4,
        opponent_rate=1e-4,
        share=0.2,
        begins_with="DBLRNet",
    ),
    # Paper: equation 6 from the first step, with the squared error in it, and Adam at 1e-4. Here not even at the end:
    # in the last 3 % of a run it cost 0.04 dB of the gain on held-back samples and 0.8 dB on weakly blurred ones, since
    # squared errors are mostly those of the strongest blur.
    # Without the recursive block's CNNs: an update then takes a fifth of the time, and with them nothing more is gained
    # in the budgets tried. In the shipped run they were let in at 0.45: after 11 minutes and 600 updates the gain on
    # held-back samples was 1.722 dB with them and 1.724 without, and they were left out again. Who has days of a GPU
    # takes `frozen` out of the later phases.
    "RVD": Recipe(
        (
            Phase(0.0, batch=6, size=64, frames=1, loss="centred", blur=GENTLE, frozen="recursive.cnns"),
            Phase(0.12, batch=6, size=64, frames=1, loss="centred", blur=EASY, frozen="recursive.cnns"),
            Phase(0.6, batch=6, size=64, frames=1, loss="centred", blur=RVD_STRONG, frozen="recursive.cnns"),
            Phase(0.92, batch=6, size=64, frames=1, loss="centred", blur=RVD_FULL, frozen="recursive.cnns"),
        ),
    ),
    # Paper: the content loss first, then equation 11 with both other losses. These are for looks, and are left to
    # training.ablations; the adversarial one takes a discriminator of 165 million parameters.
    "SharpSequence": Recipe(
        (
            Phase(0.0, batch=8, size=64, frames=1, loss="order-free-charbonnier", blur=replace(GENTLE, instants=7)),
            Phase(0.15, batch=8, size=64, frames=1, loss="order-free-charbonnier", blur=replace(EASY, instants=7)),
            Phase(0.45, batch=5, size=64, frames=1, loss="order-free-charbonnier", blur=INSTANTS),
        ),
    ),
}
