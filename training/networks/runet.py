"""RUNet: this project's own network, a recurrent U-Net on pixel-unshuffled RGB frames.

The network runs once a frame, reads three neighbouring frames and hands two feature maps and what it changed to the
next run. All convolutions are at half size and below: a frame's 2x2 blocks become channels first, and the last layers'
become 2x2 blocks.

Shape of one run, for a frame of H x W (both multiples of 4), with the default widths:

    frames  (N, 9, H, W)       B(n-1), B(n), B(n+1), RGB, 0..1
    state   (N, 32, H/4, W/4)  what the run before left, zero before the first frame
    fine    (N, 16, H/2, W/2)  the same at half size
    change  (N, 3, H, W)       what the run before added to its frame, -1..1: L(n-1) - B(n-1), zero before the first
    result  (N, 3, H, W)       L(n), RGB; then the next run's `state`, `fine` and `change`

    frames -> unshuffled by 2 (36 channels), joined with `fine` by 3x3 -> half-size blocks -> 3x3 stride 2, joined with
         the state by 3x3
      -> quarter-size blocks (the state leaves here: 3x3, ReLU) -> 1x1, shuffled by 2, plus the skip
      -> half-size blocks, joined with a 1x1 of the unshuffled frames -> a block of both (`fine` leaves here: 3x3, ReLU)
      -> 3x3 to 12, shuffled by 2, added to B(n): this run's own answer
    own answer, less L(n-1) -> unshuffled by 2, 3x3 to 16, joined with that block by 3x3 to 4, shuffled by 2
      -> a share of 0 to 0.8 for every pixel, in which L(n-1) takes the place of the own answer

Why so:

- 3x3 and 1x1 convolutions, ReLU, sums, concatenations and one sigmoid only, so that every runtime and eight-bit
  integers like it; no transposed convolutions, which draw checkerboards.
- Details of the frames reach the last layers past everything, and past every ReLU: without such a path DTB could not
  tell noise from texture (training.networks.dtb). A residual block looks at details and features at once: without it
  the network took out of noisy frames 0.7 dB less than DTB does, and after it six minutes of training brought more
  of that back than hours had before.
- Both feature maps are the ReLU of a convolution, cut off as DTB's is (training.networks.base.bounded), so no weights
  make them grow. The one at a quarter of the size knows where things move, and little of their finest detail, which
  the one of few channels at half size carries on.
- Global skip: the network adds a change to B(n), and its last layer starts near zero.
- Where nothing moves the answer before is the better one, for it holds more frames: noise falls from frame to frame.
  Sums cannot choose, and neither feature map had learned to: in scenes that stood still the tenth frame gained no more
  than the first. How far both answers are apart tells motion from noise better than how far two frames are, since
  both are nearly free of noise. (So the fusion stage of Maggioni et al., "Efficient Multi-Stage Video Denoising with
  Recurrent Spatio-Temporal Fusion", CVPR 2021, there of frames.) The share ends at 0.8, so that of what was wrong
  before 1 % is left after 20 frames, whatever the weights. Neither features of a quarter of the size nor differences
  seen from further away made it tell faint texture that moves from noise (training/README.md); a loss that counts lag
  did (training.losses.lag).

Parameters: 897,680; 93,600 multiply-accumulates a pixel (DTB 267,328).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.networks.base import Network, ResidualBlock, bounded, initialise_, near_zero_
from vsdeblur.contract import State

STATE_CHANNELS = 32
FINE_CHANNELS = 16
DETAIL_CHANNELS = 16
COMPARED_CHANNELS = 16
# Differences between answers count up to 1 / COMPARED_GAIN: noise is a few steps of 1/255.
COMPARED_GAIN = 8.0
# The share of the answer before: its largest, the place on the sigmoid where training begins, and a gain with which it
# follows its weights as fast as training asks for.
SHARE_MAX = 0.8
SHARE_START = -4.0
SHARE_GAIN = 64.0


class RUNet(Network):
    """The network of this module's text, for one time step.

    Args:
        widths: channels at half and quarter size.
        blocks: residual blocks at half size on the way down, at quarter size, and at half size on the way up, where one
            of the joined details follows.
    """

    name = "RUNet"
    window = (1, 1)
    outputs = "0"
    color = "rgb"
    multiple = 4
    receptive_field = 107
    states: tuple[State, ...] = (
        State("state_in", "state_out", STATE_CHANNELS, 0.25),
        State("fine_in", "fine_out", FINE_CHANNELS, 0.5),
        State("change_in", "change_out", 3, 1.0),
    )
    last_layers = ("change", "share")

    def __init__(
        self,
        *,
        widths: tuple[int, int] = (48, 96),
        blocks: tuple[int, int, int] = (1, 3, 1),
    ) -> None:
        super().__init__()
        half, quarter = widths
        shuffled = 4 * self.input_channels()
        self.enter = nn.Conv2d(shuffled + FINE_CHANNELS, half, 3, padding=1)
        self.half_down = _blocks(half, blocks[0])
        self.to_quarter = nn.Conv2d(half, quarter, 3, stride=2, padding=1)
        self.join = nn.Conv2d(quarter + STATE_CHANNELS, quarter, 3, padding=1)
        self.quarter = _blocks(quarter, blocks[1])
        self.remember = nn.Conv2d(quarter, STATE_CHANNELS, 3, padding=1)
        self.from_quarter = nn.Conv2d(quarter, 4 * half, 1)
        self.half_up = _blocks(half, blocks[2])
        self.detail = nn.Conv2d(shuffled, DETAIL_CHANNELS, 1)
        self.joined = ResidualBlock(half + DETAIL_CHANNELS)
        self.remember_fine = nn.Conv2d(half + DETAIL_CHANNELS, FINE_CHANNELS, 3, padding=1)
        self.change = nn.Conv2d(half + DETAIL_CHANNELS, 12, 3, padding=1)
        self.compare = nn.Conv2d(12, COMPARED_CHANNELS, 3, padding=1)
        self.share = nn.Conv2d(half + DETAIL_CHANNELS + COMPARED_CHANNELS, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        initialise_(self, self.change)
        near_zero_(self.share)
        with torch.no_grad():  # weak states and even shares keep the first steps stable
            self.share.weight.div_(SHARE_GAIN)
            self.remember.weight.mul_(0.3)
            self.remember_fine.weight.mul_(0.3)

    def forward(
        self, frames: Tensor, state: Tensor, fine: Tensor, change: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """One time step; raises what torch raises when the shapes do not agree."""
        shuffled = _unshuffled(frames)
        half = self.half_down(self.relu(self.enter(torch.cat([shuffled, fine], 1))))
        quarter = self.relu(self.to_quarter(half))
        quarter = self.quarter(self.relu(self.join(torch.cat([quarter, state], 1))))
        half = self.half_up(half + F.pixel_shuffle(self.from_quarter(quarter), 2))
        joined = self.joined(torch.cat([half, self.detail(shuffled)], 1))
        own = frames[:, 3:6] + F.pixel_shuffle(self.change(joined), 2)
        result = self._blended(own, frames[:, :3] + change, joined)
        state = bounded(self.relu(self.remember(quarter)), self.training)
        fine = bounded(self.relu(self.remember_fine(joined)), self.training)
        return result, state, fine, (result - frames[:, 3:6]).clamp(-1, 1)

    def _blended(self, own: Tensor, before: Tensor, joined: Tensor) -> Tensor:
        """This run's own answer (N, 3, H, W), in which the answer before has its share of every pixel."""
        apart = before - own
        compared = self.relu(self.compare(_unshuffled((COMPARED_GAIN * apart).clamp(-1, 1))))
        evidence = F.pixel_shuffle(self.share(torch.cat([joined, compared], 1)), 2)
        return own + SHARE_MAX * torch.sigmoid(SHARE_GAIN * evidence + SHARE_START) * apart


def _unshuffled(frames: Tensor) -> Tensor:
    """Blocks of 2x2 as channels (N, 4C, H/2, W/2), place by place: slices alone, which need no shapes when exported."""
    rows = (frames[:, :, place::2] for place in (0, 1))
    return torch.cat([row[..., place::2] for row in rows for place in (0, 1)], 1)


def _blocks(channels: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(channels) for _ in range(count)))
