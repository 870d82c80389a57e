"""What a network has learned so far, on photographs that no training sample shows.

The same samples at every call: blurred by the last phase of the recipe, once without its sharp share and once with
nothing else; and weakly blurred ones, half of them out of focus, for a network may gain on strong blur, leave sharp
frames alone, and still take a soft edge for a blurred one; and plain greys, which it must leave as they are. So figures
of one recipe compare over a run and between runs; those of two recipes do not.

Gains end at 50 dB, where no error is seen: one nearly plain sample of 58 dB, which runs took to 62 or to 54, moved the
mean of 32 by 0.25 dB, more than training did.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor

from training.data.blur import BlurSettings, synthesise
from training.data.material import Photographs
from training.loop.arithmetic import autocast
from training.losses import clip_outputs, to_network
from training.networks import Network

BLURRED, SHARP = 32, 8
SEED = 2_000_003
NOT_SEEN = 50.0  # dB
# What weakly blurred samples have in place of the phase's settings; about two pixels of blur at most.
WEAK = {
    "speed_min": 0.5,
    "speed_max": 4.0,
    "object_speed_max": 4.0,
    "exposure_min": 0.25,
    "exposure_max": 0.6,
    "sharp_share": 0.0,
    "soft_share": 0.5,
    "parallax_share": 0.0,
    "deformed_share": 0.0,
}
# Plain greys, in 1/255: all of the scale, closer at its ends, where a network has the least to learn from.
LEVELS = (0, 1, 2, 4, 8, 16, 32, 64, 96, 128, 160, 192, 224, 240, 248, 251, 253, 254, 255)
FLAT_SIZE = 32  # pixels a side
FLAT_FRAMES = 3  # that count, where a state may drift


@dataclass(frozen=True)
class Score:
    """Means over samples in dB: gain of blurred and of weakly blurred ones over the input, up to 50 dB, and PSNR of
    sharp ones.

    `flat` is the largest error of any pixel of plain frames, in 1/255.
    """

    gain: float
    weak: float
    sharp: float
    flat: float


class Validation:
    """Samples of held-back photographs, and their measure. Not thread-safe."""

    def __init__(self, photographs: Photographs, settings: BlurSettings, device: torch.device) -> None:
        """Draws the samples; `settings` are a phase's, with the network's window in `frames`."""
        self.blurred = _draw(photographs, replace(settings, sharp_share=0), BLURRED, device)
        self.weak = _draw(photographs, replace(settings, **WEAK), BLURRED, device)  # type: ignore[arg-type]
        self.sharp = _draw(photographs, replace(settings, sharp_share=1, video_share=0), SHARP, device)
        self.instants, self.device = settings.instants, device

    def score(self, network: Network) -> Score:
        """Runs every sample through the network, which is left in evaluation mode."""
        network.eval()
        sharp = torch.cat([_quality(network, *pair)[1] for pair in self.sharp])
        flat = flat_error(network, self.instants, self.device)
        return Score(_gain(network, self.blurred), _gain(network, self.weak), float(sharp.mean()), flat)


def _draw(
    photographs: Photographs, settings: BlurSettings, count: int, device: torch.device
) -> list[tuple[Tensor, Tensor]]:
    """`count` samples in batches of 8: clips as `synthesise` returns them."""
    batches = []
    for start in range(0, count, 8):
        crops = photographs.crops(16, settings.canvas, Generator().manual_seed(SEED + start)).to(device)
        batches.append(synthesise(crops[:8], crops[8:], settings, Generator(device).manual_seed(SEED + start)))
    return batches


def _gain(network: Network, pairs: list[tuple[Tensor, Tensor]]) -> float:
    """Mean of PSNR after less PSNR before, dB, neither counted beyond NOT_SEEN."""
    qualities = [[quality.clamp(max=NOT_SEEN) for quality in _quality(network, *pair)] for pair in pairs]
    return float(torch.cat([after - before for before, after in qualities]).mean())


@torch.no_grad()
def flat_error(network: Network, instants: int, device: torch.device) -> float:
    """Largest error of plain frames of all LEVELS, in 1/255; in full precision, whose steps are smaller than that."""
    levels = torch.tensor(LEVELS, device=device) / 255
    frames = sum(network.window) + (FLAT_FRAMES if network.states else 1)
    clips = levels[:, None, None, None, None].expand(-1, frames, 3, FLAT_SIZE, FLAT_SIZE)
    sharp = clips[:, :, None].expand(-1, -1, instants, -1, -1, -1) if instants > 1 else clips
    output, target = clip_outputs(network, clips, sharp)
    return float((output.clamp(0, 1) - target).abs().max()) * 255


@torch.no_grad()
def _quality(network: Network, blurred: Tensor, sharp: Tensor) -> tuple[Tensor, Tensor]:
    """PSNR of each sample (N,) in dB, before and after, in the network's colours; the middle one of its pictures."""
    with autocast(blurred.device):
        output, target = clip_outputs(network, blurred, sharp)
    before, after = network.window
    given = to_network(blurred, network)[:, before : blurred.shape[1] - after]
    channels = given.shape[2]
    first = (output.shape[2] // channels // 2) * channels
    wanted = target[:, :, first : first + channels]
    return psnr(given, wanted), psnr(output[:, :, first : first + channels].clamp(0, 1), wanted)


def psnr(picture: Tensor, wanted: Tensor) -> Tensor:
    """dB over all but the first dimension, at most 70: 8-bit frames hold no more."""
    return -10 * ((picture - wanted).square().flatten(1).mean(1) + 1e-7).log10()
