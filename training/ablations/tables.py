"""The papers' ablations as data: the variants of each table, and the PSNR that the paper prints for them.

A table compares variants of one network. A variant is what the network's class is called with (its docstring says what
the switches do and where the papers are silent), or what the second half of its training minimises.
Only numbers that the papers print stand here; what they give as a curve alone has none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from training.loop.recipes import RECIPES, Recipe
from training.networks import NETWORKS, Network


@dataclass(frozen=True)
class Variant:
    """One row: its name in the paper, the paper's PSNR in dB if it prints one, and what sets it apart.

    `loss`, a name of training.loop.objectives, takes the place of the recipe's in the second half of training.
    """

    label: str
    paper: float | None = None
    switches: Mapping[str, str | int] = field(default_factory=dict)
    loss: str | None = None


@dataclass(frozen=True)
class Table:
    """Variants of a network. `chosen` is the label of the paper's choice, to which the others are compared."""

    title: str
    source: str
    network: str
    chosen: str
    variants: tuple[Variant, ...]
    note: str = ""

    def key(self, variant: Variant) -> str:
        """A name for the variant's files; two tables that have a variant in common give it the same one."""
        parts = [f"{name}-{value}" for name, value in sorted(variant.switches.items())]
        parts += [variant.loss] if variant.loss else []
        return "_".join([self.network, *(re.sub(r"[^A-Za-z0-9-]+", "-", part) for part in parts)])

    def build(self, variant: Variant) -> Network:
        """The variant with random weights."""
        return NETWORKS[self.network](**variant.switches)

    def recipe(self, variant: Variant, size: int, batch: int) -> Recipe:
        """How the variant is trained: as its network is, but never in part, with `batch` clips of `size` pixels."""
        recipe = RECIPES[self.network]
        phases = recipe.phases
        if variant.loss:
            second_half = replace(phases[-1], start=0.5, loss=variant.loss)
            phases = (*(phase for phase in phases if phase.start < 0.5), second_half)
        return replace(recipe, phases=tuple(replace(phase, size=size, batch=batch, frozen="") for phase in phases))


def _dtb(model: str, frames: int, psnr: float) -> Variant:
    switches: dict[str, str | int] = {}
    if model != "STRCNN+DTB":
        switches["model"] = model
    if frames != 3:
        switches["frames"] = frames
    return Variant(f"{model}, {frames} frames", psnr, switches)


DTB_TABLE_1 = tuple(
    _dtb(model, frames, psnr)
    for model, row in {
        "CNN": (29.38, 29.43, 29.27),
        "STRCNN": (29.67, 29.71, 29.58),
        "STRCNN+DTB": (29.83, 29.85, 29.76),
    }.items()
    for frames, psnr in zip((3, 5, 7), row, strict=True)
)
DTB_PAPER = "Online Video Deblurring via Dynamic Temporal Blending Network"
DBLRNET_PAPER = "Adversarial Spatio-Temporal Learning for Video Deblurring"
RVD_PAPER = "Recursive Neural Network for Video Deblurring"
SHARP_SEQUENCE_PAPER = "Sharp sequence from one blurred image with a contiguous blurry loss"

TABLES = {
    "dtb-recurrence": Table(
        "DTB: recurrence and blending",
        f"{DTB_PAPER}, table 1, column of 3 frames",
        "DTB",
        "STRCNN+DTB, 3 frames",
        DTB_TABLE_1[::3],
    ),
    "dtb-frames": Table(
        "DTB: models and numbers of frames",
        f"{DTB_PAPER}, table 1",
        "DTB",
        "STRCNN+DTB, 3 frames",
        DTB_TABLE_1,
        "The paper chooses 3 frames, although 5 are better by 0.02 dB.",
    ),
    "dblrnet-convolutions": Table(
        "DBLRNet: single, multi and volumetric",
        f"{DBLRNET_PAPER}, table III, average",
        "DBLRNet",
        "DBLRNet",
        (
            Variant("DBLRNet (single)", 29.98, {"volumetric": False, "frames": 1}),
            Variant("DBLRNet (multi)", 31.56, {"volumetric": False}),
            Variant("DBLRNet", 33.04),
        ),
    ),
    "dblrnet-frames": Table(
        "DBLRNet: numbers of frames",
        f"{DBLRNET_PAPER}, figure 7",
        "DBLRNet",
        "5 frames",
        (
            Variant("3 frames", None, {"frames": 3}),
            Variant("5 frames"),
            Variant("7 frames", None, {"frames": 7}),
            Variant("9 frames", None, {"frames": 9}),
            Variant("11 frames", None, {"frames": 11}),
        ),
        "Figure 7 is a curve of DBLRGAN without numbers; 5 frames are best there, and more of them are worse.",
    ),
    "rvd-blocks": Table(
        "RVD: recursive blocks and iterations",
        f"{RVD_PAPER}, table III",
        "RVD",
        "RVD: 1 block, T = 4",
        (
            Variant("RNNs: 4 blocks, no reuse", 30.05, {"blocks": 4, "iterations": 1}),
            Variant("Recursive-1: 1 block, T = 2", 29.86, {"iterations": 2}),
            Variant("Recursive-2: 1 block, T = 6", 29.63, {"iterations": 6}),
            Variant("Recursive-3: 2 blocks, T = 2", 30.06, {"blocks": 2, "iterations": 2}),
            Variant("Recursive-4: 2 blocks, T = 4", 29.69, {"blocks": 2}),
            Variant("RVD: 1 block, T = 4", 30.66),
        ),
        "The paper's number for RNNs is that of another paper's network with 4 blocks; ours is RVD with 4 blocks, each"
        " with weights of its own and run once.",
    ),
    "rvd-nonlocal": Table(
        "RVD: variants of the non-local block",
        f"{RVD_PAPER}, table II",
        "RVD",
        "RVD",
        (
            Variant("w/o Non", 29.54, {"non_local": "w/o Non"}),
            Variant("SR Non", 27.18, {"non_local": "SR Non"}),
            Variant("Original Non", 29.65, {"non_local": "Original Non"}),
            Variant("Non-1", 29.70, {"non_local": "Non-1"}),
            Variant("Non-2", 29.71, {"non_local": "Non-2"}),
            Variant("RVD", 30.66),
        ),
    ),
    "rvd-losses": Table(
        "RVD: losses of the second half of training",
        f"{RVD_PAPER}, table IV and figure 9",
        "RVD",
        "temporal",
        (
            Variant("alpha = 0", None, loss="mse"),
            Variant("temporal", 30.66, loss="temporal"),
        ),
        "The paper's other row has a perceptual loss, which needs the weights of a VGG network.",
    ),
    "sharp-sequence-losses": Table(
        "SharpSequence: losses of the second half of training",
        f"{SHARP_SEQUENCE_PAPER}, table 4; figures 7 and 8",
        "SharpSequence",
        "all three",
        (
            Variant("content", None, loss="order-free"),
            Variant("content, adversarial", 29.12, loss="order-free-adversarial"),
            Variant("content, contiguous", None, loss="contiguous"),
            Variant("all three", 29.62, loss="sharp-sequence"),
        ),
        "Without a weight for the adversarial or the contiguous loss the paper has curves alone, without numbers.",
    ),
}
