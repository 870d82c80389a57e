"""SharpSequence: seven sharp frames from one blurred frame.

Source: "Sharp sequence from one blurred image with a contiguous blurry loss", section 3.3.1, table 1, figure 2.

Shape of one run, for a frame of H x W (any size)::

    frames   (N, 1, H, W)     Y, 0..1
    L1       (N, 16, H, W)    3x3, ReLU
    L2       (N, 64, H, W)    3x3, ReLU
    L3-L28   (N, 64, H, W)    13 residual blocks: 3x3, ReLU, 3x3; the long skip adds L2 after L28
    L29-L30  (N, 256, H, W)   3x3, ReLU each
    L31      (N, 7, H, W)     3x3
    result   (N, 7, H, W)     Y + L31, seven instants of the exposure in order of time

Where the paper is silent or at odds with itself, and what stands here:

- L31 has 21 channels in table 1 (7 x RGB) and the text works on Y alone: 7 channels here; the chroma is the blurred
  frame's.
- The caption of table 1 counts 13 residual blocks and calls L27-L28 free of skips; the table and figure 2 give L28 the
  skips of L26 and L2. L27-L28 are the thirteenth block, and L2 is added after it.
- The text's convolutions "on three sets of consecutive frames" belong to a video network: the input is one frame.
- A global skip: the network adds seven changes to Y. Its last layer starts near zero, so training starts at the
  identity.
- The paper initialises with a standard deviation of 0.01; here it is He's, scaled by depth.

Parameters: 1,723,495.
"""

from __future__ import annotations

from torch import Tensor, nn

from training.networks.base import Network, ResidualBlock, initialise_

__all__ = ["SharpSequence"]

SUBFRAMES = 7


class SharpSequence(Network):
    """The ResNet-based model of table 1; see the module's text for shapes."""

    name = "SharpSequence"
    window = (0, 0)
    outputs = f"subframes:{SUBFRAMES}"
    color = "luma"
    multiple = 1
    receptive_field = 63  # 31 convolutions of 3x3

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 64, 3, padding=1)
        self.blocks = nn.Sequential(*(ResidualBlock(64) for _ in range(13)))
        self.conv29 = nn.Conv2d(64, 256, 3, padding=1)
        self.conv30 = nn.Conv2d(256, 256, 3, padding=1)
        self.conv31 = nn.Conv2d(256, SUBFRAMES, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        initialise_(self, self.conv31)

    def forward(self, frames: Tensor) -> tuple[Tensor]:
        """(N, 1, H, W) -> (N, 7, H, W), in a tuple of one."""
        x = self.relu(self.conv2(self.relu(self.conv1(frames))))
        x = x + self.blocks(x)
        x = self.relu(self.conv30(self.relu(self.conv29(x))))
        return (frames + self.conv31(x),)
