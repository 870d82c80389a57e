"""RUNet: this project's own network, a recurrent U-Net on pixel-unshuffled RGB frames.

The network runs once a frame, reads three neighbouring frames and hands two feature maps to the next run. All work is
done at half size and below: a frame's 2x2 blocks become channels first, and the last layer's become 2x2 blocks.

Shape of one run, for a frame of H x W (both multiples of 4), with the default widths:

    frames  (N, 9, H, W)       B(n-1), B(n), B(n+1), RGB, 0..1
    state   (N, 32, H/4, W/4)  what the run before left, zero before the first frame
    fine    (N, 16, H/2, W/2)  the same at half size
    result  (N, 3, H, W)       L(n), RGB; then the next run's `state` and `fine`

    frames -> unshuffled by 2 (36 channels), joined with `fine` by 3x3 -> half-size blocks -> 3x3 stride 2, joined with
         the state by 3x3
      -> quarter-size blocks (the state leaves here: 3x3, ReLU) -> 1x1, shuffled by 2, plus the skip
      -> half-size blocks, joined with a 1x1 of the unshuffled frames -> a block of both (`fine` leaves here: 3x3, ReLU)
      -> 3x3 to 12, shuffled by 2, added to B(n)

Why so:

- 3x3 and 1x1 convolutions, ReLU, sums and concatenations only, so that every runtime and eight-bit integers like it; no
  transposed convolutions, which draw checkerboards.
- Details of the frames reach the last layers past everything, and past every ReLU: without such a path DTB could not
  tell noise from texture (training.networks.dtb). A residual block looks at details and features at once: without it
  the network took out of noisy frames 0.7 dB less than DTB does, and after it six minutes of training brought more
  of that back than hours had before.
- States are the ReLU of a convolution, cut off as DTB's are (training.networks.base.bounded), so no weights make them
  grow. One at a quarter of the size knows where things move, and little of their finest detail, which one of few
  channels at half size carries on.
- Global skip: the network adds a change to B(n), and its last layer starts near zero.

Parameters: 893,052; 92,448 multiply-accumulates a pixel (DTB 267,328).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.networks.base import Network, ResidualBlock, bounded, initialise_
from vsdeblur.contract import State

STATE_CHANNELS = 32
FINE_CHANNELS = 16
DETAIL_CHANNELS = 16


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
    receptive_field = 99
    states: tuple[State, ...] = (
        State("state_in", "state_out", STATE_CHANNELS, 0.25),
        State("fine_in", "fine_out", FINE_CHANNELS, 0.5),
    )

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
        self.relu = nn.ReLU(inplace=True)
        initialise_(self, self.change)
        with torch.no_grad():  # weak states keep the first steps stable
            self.remember.weight.mul_(0.3)
            self.remember_fine.weight.mul_(0.3)

    def forward(self, frames: Tensor, state: Tensor, fine: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """One time step; raises what torch raises when the shapes do not agree."""
        shuffled = _unshuffled(frames)
        half = self.half_down(self.relu(self.enter(torch.cat([shuffled, fine], 1))))
        quarter = self.relu(self.to_quarter(half))
        quarter = self.quarter(self.relu(self.join(torch.cat([quarter, state], 1))))
        half = self.half_up(half + F.pixel_shuffle(self.from_quarter(quarter), 2))
        joined = self.joined(torch.cat([half, self.detail(shuffled)], 1))
        result = frames[:, 3:6] + F.pixel_shuffle(self.change(joined), 2)
        state = bounded(self.relu(self.remember(quarter)), self.training)
        return result, state, bounded(self.relu(self.remember_fine(joined)), self.training)


def _unshuffled(frames: Tensor) -> Tensor:
    """Blocks of 2x2 as channels (N, 4C, H/2, W/2), place by place: slices alone, which need no shapes when exported."""
    rows = (frames[:, :, place::2] for place in (0, 1))
    return torch.cat([row[..., place::2] for row in rows for place in (0, 1)], 1)


def _blocks(channels: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(channels) for _ in range(count)))
