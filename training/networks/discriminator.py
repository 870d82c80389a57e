"""Discriminators of DBLRGAN and SharpSequence: does a frame look like a sharp one of the real world?

Sources: Zhang, Luo, Zhong, Ma, Liu, Li, "Adversarial Spatio-Temporal Learning for Video Deblurring", section III-B,
table II (14 convolutions); "Sharp sequence from one blurred image with a contiguous blurry loss", section 3.3.2,
table 2 (16 convolutions). Both are VGG-like with a two-way softmax on top. They train beside a generator, are
not exported and have no contract.

Shape of one run, for patches of ``size`` x ``size``, 128 in both papers::

    frames         (N, 1, size, size)      Y, 0..1, sharp or generated
    64 channels    size/2                  convolutions of 3x3, each with BN and ReLU
    128 channels   size/4                  the same
    256 channels   size/8                  the same
    512 channels   size/16                 the same
    FC 4096        twice, ReLU each
    FC 2           logits: GENERATED, SHARP; their softmax gives D = P(sharp)

    convolutions by group   DBLRGAN 2, 3, 4, 5   SharpSequence 2, 4, 5, 5

Where the papers are silent or at odds with themselves, and what stands here:

- Table II's row of layer numbers is lost in the text at hand. Its widths, the 14 layers and the other table's 2 at the
  bottom and 5 at the top leave seven layers for 128 and 256; they grow here one by one.
- FC 4096 stands for layers 17 and 18 of the sharp sequence's table; DBLRGAN has the same two.
- Table 2 has no ReLU at the fully connected layers. Without one they are a single linear map; they have it, as VGG has.
- Halving: neither table has a stride or a pooling. The last convolution of a group has stride 2, Radford et al.'s rule
  [54] for what VGG pools.
- ReLU, not Radford's leaky one: the tables say so.
- A convolution before a batch normalisation has no bias, which the normalisation would cancel.
- The last layer starts near zero: D begins undecided, at one half.

``size`` and ``hidden`` (4096) may be less where memory is short: 134 of 164 million parameters are the first fully
connected layer at 128.

Parameters at size 128: DBLRGAN 164,106,818; SharpSequence 164,844,866.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from torch import Tensor, nn

__all__ = [
    "DISCRIMINATORS",
    "GENERATED",
    "SHARP",
    "DBLRGANDiscriminator",
    "Discriminator",
    "SharpSequenceDiscriminator",
]

# Columns of the logits.
GENERATED, SHARP = 0, 1

CHANNELS = (64, 128, 256, 512)
HALVED = 2 ** len(CHANNELS)


class Discriminator(nn.Module):
    """Groups of convolutions, then fully connected layers; see the module's text for shapes.

    Args:
        size: height and width of the frames in pixels, a multiple of 16. Raises ValueError for any other.
        hidden: width of the two fully connected layers, at least 1.
    """

    groups: ClassVar[tuple[int, int, int, int]]

    def __init__(self, size: int = 128, hidden: int = 4096) -> None:
        super().__init__()
        if size < HALVED or size % HALVED:
            raise ValueError(f"{type(self).__name__}: size must be a positive multiple of {HALVED}, not {size}")
        if hidden < 1:
            raise ValueError(f"{type(self).__name__}: hidden must be at least 1, not {hidden}")
        self.size = size
        self.features = nn.Sequential(*_convolutions(self.groups))
        points = CHANNELS[-1] * (size // HALVED) ** 2
        last = nn.Linear(hidden, 2)
        self.classifier = nn.Sequential(
            nn.Linear(points, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, hidden), nn.ReLU(inplace=True), last
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        nn.init.normal_(last.weight, std=1e-3)

    def forward(self, frames: Tensor) -> Tensor:
        """(N, 1, size, size) -> logits (N, 2). Raises ValueError for frames of another shape."""
        if frames.dim() != 4 or frames.shape[1:] != (1, self.size, self.size):
            raise ValueError(
                f"{type(self).__name__}: frames must be (N, 1, {self.size}, {self.size}), not {(*frames.shape,)}"
            )
        logits: Tensor = self.classifier(self.features(frames).flatten(1))
        return logits


class DBLRGANDiscriminator(Discriminator):
    """Table II of the DBLRGAN paper: 14 convolutions."""

    groups = (2, 3, 4, 5)


class SharpSequenceDiscriminator(Discriminator):
    """Table 2 of the sharp sequence paper: 16 convolutions."""

    groups = (2, 4, 5, 5)


# By the name of the generator.
DISCRIMINATORS: dict[str, type[Discriminator]] = {
    "DBLRGAN": DBLRGANDiscriminator,
    "SharpSequence": SharpSequenceDiscriminator,
}


def _convolutions(groups: tuple[int, int, int, int]) -> Iterator[nn.Module]:
    before = 1
    for channels, count in zip(CHANNELS, groups, strict=True):
        for number in range(1, count + 1):
            stride = 2 if number == count else 1
            yield nn.Conv2d(before, channels, 3, stride=stride, padding=1, bias=False)
            yield nn.BatchNorm2d(channels)
            yield nn.ReLU(inplace=True)
            before = channels
