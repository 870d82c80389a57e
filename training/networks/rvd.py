"""RVD: recursive neural network for video deblurring; five frames in, five frames out.

Source: Zhang, Jiang, Wang, Wang, "Recursive Neural Network for Video Deblurring", section III, tables I and II,
figures 2, 4 and 5, equations 2 to 4.

Shape of one run, for a frame of H x W (both divide by 8)::

    frames       (N, 5, H, W)        Y(n-2) .. Y(n+2), 0..1
    non-local    (N, 64, H, W)       section III-A, equations 2 and 3
    conv1        (N, 32, H, W)       3x3, ReLU
    conv2        (N, 32, H/2, W/2)   4x4 of stride 2, ReLU
    recursion    (N, 32, H/2, W/2)   T times the recursive block, section III-B, equation 4; the same weights each time
    conv3        (N, 32, H/2, W/2)   9x9, ReLU; then bilinear upsampling to (N, 32, H, W)
    conv4        (N, 5, H, W)        3x3
    result       (N, 5, H, W)        frames + conv4

Where the paper is silent, and what stands here:

- ConvGRU (equation 2): Conv1(centre) is the input, Conv2(all) the hidden state, and one step is made:
  h' = h + z (tanh(Conv(x, r h)) - h) with gates z and r.
- ConvLSTM: R(t-1) is its input; the 64 channels of the CNNs are its hidden and its cell state, 32 each ("split
  equally"). One step is made and the new hidden state goes through the 1x1 convolution. No state lives between runs.
- The skips of table I (layer 6 into 11, layer 4 into 13) are sums with the inputs of layers 11 and 13: channels and
  sizes agree there and nowhere else. Joining channels would give 7.66 M parameters; sums give the paper's 7.3 M.
- Max pooling is 2x2 of stride 2; upsampling is bilinear with pixel centres aligned (``align_corners=False``).
- ReLU after the non-local block, conv1, conv2 and conv3. The 9x9 convolution keeps 32 channels.
- A global skip: the network adds a change to each frame. Its last layer starts near zero, so training starts at the
  identity.

Receptive field: four recursions at up to an eighth of the size make the theoretical one 685 pixels wide, more than
most frames. The declared 129 is effective: what lies outside moves the centre by less than 1 % of the residual's spread
(random weights).

Parameters: 7,293,957, for any T.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.networks.base import Network, initialise_

__all__ = ["RVD", "NonLocalBlock", "RecursiveBlock"]

FRAMES = 5
WIDTH = 32


class ConvGRU(nn.Module):
    """One step of a convolutional GRU with 3x3 kernels: input and hidden state (N, C, H, W) -> new hidden state."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gates = nn.Conv2d(2 * channels, 2 * channels, 3, padding=1)
        self.candidate = nn.Conv2d(2 * channels, channels, 3, padding=1)

    def forward(self, x: Tensor, hidden: Tensor) -> Tensor:
        update, reset = torch.split(torch.sigmoid(self.gates(torch.cat([x, hidden], 1))), x.shape[1], 1)
        candidate = torch.tanh(self.candidate(torch.cat([x, reset * hidden], 1)))
        blended: Tensor = hidden + update * (candidate - hidden)
        return blended


class NonLocalBlock(nn.Module):
    """Section III-A: G = GRU(Conv1(centre), Conv2(all)); C = Conv4(G + Conv3(all)). (N, 5, H, W) -> (N, 64, H, W).

    The temporal loss (equation 5) compares this block's output for sharp and for generated frames.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, WIDTH, 1)
        self.conv2 = nn.Conv2d(FRAMES, WIDTH, 1)
        self.conv3 = nn.Conv2d(FRAMES, WIDTH, 1)
        self.gru = ConvGRU(WIDTH)
        self.conv4 = nn.Conv2d(WIDTH, 2 * WIDTH, 3, padding=1)

    def forward(self, frames: Tensor) -> Tensor:
        centre = frames[:, FRAMES // 2 : FRAMES // 2 + 1]
        similar = self.gru(self.conv1(centre), self.conv2(frames))
        c: Tensor = self.conv4(similar + self.conv3(frames))
        return c


class ConvLSTM(nn.Module):
    """One step of a convolutional LSTM with 3x3 kernels: input, hidden, cell (N, C, H, W) -> new hidden state."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gates = nn.Conv2d(2 * channels, 4 * channels, 3, padding=1)

    def forward(self, x: Tensor, hidden: Tensor, cell: Tensor) -> Tensor:
        enter, forget, leave, candidate = torch.split(self.gates(torch.cat([x, hidden], 1)), x.shape[1], 1)
        cell = torch.sigmoid(forget) * cell + torch.sigmoid(enter) * torch.tanh(candidate)
        return torch.sigmoid(leave) * torch.tanh(cell)


class CNNs(nn.Module):
    """Table I: 14 convolutions of 3x3 over three sizes. (N, 32, H, W) -> (N, 64, H, W) in -1..1; H, W divide by 4."""

    def __init__(self) -> None:
        super().__init__()
        channels = (WIDTH, 64, 64, 128, 128, 256, 256, 256, 512, 512, 256, 128, 128, 64, 64)
        self.layers = nn.ModuleList(
            nn.Conv2d(before, after, 3, padding=1) for before, after in zip(channels, channels[1:], strict=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self._run(x, 1, 3)
        skip4 = x = self._run(functional.max_pool2d(x, 2), 4, 4)
        x = self._run(x, 5, 5)
        skip6 = x = self._run(functional.max_pool2d(x, 2), 6, 6)
        x = self._run(x, 7, 10)
        x = _double(self._run(x + skip6, 11, 11))
        x = self._run(x, 12, 12)
        x = _double(self._run(x + skip4, 13, 13))
        return torch.tanh(self.layers[13](x))

    def _run(self, x: Tensor, first: int, last: int) -> Tensor:
        """Layers first to last of table I, counted from 1, each with its ReLU."""
        for layer in self.layers[first - 1 : last]:
            x = functional.relu(layer(x), inplace=True)
        return x


class RecursiveBlock(nn.Module):
    """One pass of equation 4: R(t) = Conv(ConvLSTM(R(t-1), CNNs(R(t-1)))). (N, 32, H, W) -> the same."""

    def __init__(self) -> None:
        super().__init__()
        self.cnns = CNNs()
        self.lstm = ConvLSTM(WIDTH)
        self.conv = nn.Conv2d(WIDTH, WIDTH, 1)

    def forward(self, x: Tensor) -> Tensor:
        hidden, cell = torch.split(self.cnns(x), WIDTH, 1)
        result: Tensor = self.conv(self.lstm(x, hidden, cell))
        return result


class RVD(Network):
    """The whole network of figure 2; see the module's text for shapes. ``iterations``: T of equation 4, at least 1."""

    name = "RVD"
    window = (2, 2)
    outputs = "-2,-1,0,1,2"
    color = "luma"
    multiple = 8
    receptive_field = 129

    def __init__(self, iterations: int = 4) -> None:
        super().__init__()
        if iterations < 1:
            raise ValueError(f"RVD: iterations must be at least 1, not {iterations}")
        self.iterations = iterations
        self.non_local = NonLocalBlock()
        self.conv1 = nn.Conv2d(2 * WIDTH, WIDTH, 3, padding=1)
        self.conv2 = nn.Conv2d(WIDTH, WIDTH, 4, stride=2, padding=1)
        self.recursive = RecursiveBlock()
        self.conv3 = nn.Conv2d(WIDTH, WIDTH, 9, padding=4)
        self.conv4 = nn.Conv2d(WIDTH, FRAMES, 3, padding=1)
        initialise_(self, self.conv4)

    def forward(self, frames: Tensor) -> tuple[Tensor]:
        """(N, 5, H, W) -> (N, 5, H, W), in a tuple of one."""
        x = functional.relu(self.non_local(frames))
        x = functional.relu(self.conv1(x), inplace=True)
        x = functional.relu(self.conv2(x), inplace=True)
        for _ in range(self.iterations):
            x = self.recursive(x)
        x = _double(functional.relu(self.conv3(x), inplace=True))
        return (frames + self.conv4(x),)


def _double(x: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, C, 2H, 2W), bilinear."""
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
