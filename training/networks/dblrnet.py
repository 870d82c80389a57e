"""DBLRNet: video deblurring by spatio-temporal (3-D) convolutions. DBLRGAN has the same generator.

Source: Zhang, Luo, Zhong, Ma, Liu, Li, "Adversarial Spatio-Temporal Learning for Video Deblurring", section III-A,
table I, figure 2. DBLRGAN (section III-B) fine-tunes this network against a discriminator.

Shape of one run, for a frame of H x W (any size)::

    frames   (N, 5, H, W)       Y(n-2) .. Y(n+2), 0..1
    L1       (N, 16, 3, H, W)   3x3x3, time 5 -> 3, ReLU
    L2       (N, 64, 1, H, W)   3x3x3, time 3 -> 1, ReLU
    L3-L30   (N, 64, H, W)      14 residual blocks: 3x3, BN, ReLU, 3x3, BN
    L31-L32  (N, 64, H, W)      3x3, BN, ReLU, 3x3, BN; the long skip adds L2
    L33-L34  (N, 256, H, W)     3x3, ReLU each
    L35      (N, 1, H, W)       3x3
    result   (N, 1, H, W)       Y(n) + L35

Where the paper is silent or at odds with itself, and what stands here:

- Table I says "padding 1 in every layer", the text that the time axis shrinks 5 -> 3 -> 1: padding is 1 in space and
  0 in time.
- Table I lists a skip from L30 into L32, its caption says that L31 and L32 are without one: they have the long skip
  from L2 alone.
- The rows of L27 and L28 are missing from table I; the caption and the 14 blocks give them.
- A convolution before a batch normalisation has no bias, which the normalisation would cancel.
- A global skip: the network adds a change to Y(n). Its last layer starts near zero, so training starts at the identity.
- The paper initialises with a standard deviation of 0.01; here it is He's, scaled by depth.

Ablations: ``volumetric`` convolutions or not (section IV-C, tables III and IV) and the number of ``frames`` (section
IV-F, figure 7):

- DBLRNet (single) is ``volumetric=False, frames=1`` and DBLRNet (multi) ``volumetric=False``: L1 and L2 are 2-D
  convolutions of 3x3, over the frames as channels. Nothing else differs.
- With 3 to 11 frames the two volumetric layers cannot both keep a kernel of 3 in time and leave one instant. The paper
  is silent: here L1 keeps it, and L2 reaches over all T - 2 instants that L1 leaves.

Parameters: 1,878,017.
"""

from __future__ import annotations

from torch import Tensor, nn

from training.networks.base import Network, ResidualBlock, check_switch, initialise_

__all__ = ["DBLRNet"]


class DBLRNet(Network):
    """The generator of table I; see the module's text for shapes and ablations.

    Args:
        frames: width of the window, an odd number from 3 to 11, or 1 where the convolutions are not volumetric.
        volumetric: whether L1 and L2 are 3-D convolutions.

    Raises ValueError for any other.
    """

    name = "DBLRNet"
    window = (2, 2)
    outputs = "0"
    color = "luma"
    multiple = 1
    receptive_field = 71  # 35 convolutions of 3x3

    def __init__(self, *, frames: int = 5, volumetric: bool = True) -> None:
        super().__init__()
        least = 3 if volumetric else 1
        check_switch(self.name, "frames", frames, range(least, 12, 2), f"an odd number from {least} to 11")
        self.window = (frames // 2, frames // 2)
        self.volumetric = volumetric
        self.conv1: nn.Conv2d | nn.Conv3d
        self.conv2: nn.Conv2d | nn.Conv3d
        if volumetric:
            self.conv1 = nn.Conv3d(1, 16, 3, padding=(0, 1, 1))
            self.conv2 = nn.Conv3d(16, 64, (frames - 2, 3, 3), padding=(0, 1, 1))
        else:
            self.conv1 = nn.Conv2d(frames, 16, 3, padding=1)
            self.conv2 = nn.Conv2d(16, 64, 3, padding=1)
        self.blocks = nn.Sequential(*(ResidualBlock(64, norm=True) for _ in range(14)))
        self.merge = ResidualBlock(64, norm=True)
        self.conv33 = nn.Conv2d(64, 256, 3, padding=1)
        self.conv34 = nn.Conv2d(256, 256, 3, padding=1)
        self.conv35 = nn.Conv2d(256, 1, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        initialise_(self, self.conv35)

    def forward(self, frames: Tensor) -> tuple[Tensor]:
        """(N, T, H, W) -> (N, 1, H, W), in a tuple of one."""
        x = frames.unsqueeze(1) if self.volumetric else frames
        x = self.relu(self.conv2(self.relu(self.conv1(x))))
        x = x.squeeze(2) if self.volumetric else x
        x = x + self.merge.residual(self.blocks(x))
        x = self.relu(self.conv34(self.relu(self.conv33(x))))
        centre = self.window[0]
        return (frames[:, centre : centre + 1] + self.conv35(x),)
