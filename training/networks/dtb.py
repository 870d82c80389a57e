"""DTB: online video deblurring by dynamic temporal blending.

Source: Kim, Lee, Schölkopf, Hirsch, "Online Video Deblurring via Dynamic Temporal Blending Network", section 5.1,
figure 4, equations 2 and 3. The network runs once a frame, reads three neighbouring frames and hands two feature
maps to the next run.

Shape of one run, for a frame of H x W (both even):

    frames   (N, 9, H, W)       B(n-1), B(n), B(n+1), RGB, 0..1
    feature  (N, 32, H/2, W/2)  F(n-1), zero before the first frame
    blended  (N, 64, H/2, W/2)  h~(n-1), zero before the first frame
    result   (N, 3, H, W)       L(n), RGB; then F(n) and h~(n), the next run's `feature` and `blended`

Where the paper is silent, and what stands here:

- "filtered first": a 5x5 convolution to 32 channels at full size, then a 3x3 convolution of stride 2 to 32 channels,
  which joined with F(n-1) gives the 64 channels of the residual blocks.
- Residual blocks: convolution, ReLU, convolution, sum; no normalisation, which would tie the frames of a batch.
- Output: a 4x4 transposed convolution of stride 2 to 32 channels at full size, ReLU, and a 3x3 convolution to RGB.
  The last convolution lets the network smooth the checkerboard that the transposed one draws.
- Two parts that the paper does not have, at full size, where it has little else: after that ReLU 16 channels of a 5x5
  convolution of the frames, without a ReLU, join the 32, and a residual block of all 48 follows. In trained weights
  what lay behind the filter told next to nothing of the frames' noise: a linear map of the last features took 0.1 dB
  of it out of still pictures, one of the frames 6 dB. 12 minutes in which these parts and the last convolution alone
  learned took 2.0 dB out.
- F(n) = ReLU of a 3x3 convolution of the decoder's features, cut off at STATE_MAX. So states are bounded, whatever
  the weights and the frames: F by this, and h~ as a mixture of maps that are made of F and frames alone. Without it
  three channels grew threefold a frame in weights trained on 3 to 12 frames, which their output did not show until it
  was NaN after 40. In training what is cut off counts as a loss
  (``training.networks.base.bounded``), so that it stays the exception.
- A global skip: the network adds a change to B(n). Its last layer starts near zero, so training starts at the identity.

Ablations (section 6.1, table 1): the ``model`` of figure 3 and the number of ``frames``, 3, 5 or 7:

- "CNN" (figure 3a) has no state. The paper gives all models the same number of parameters but for the blending layer,
  and does not say how: here the strided convolution makes all 64 channels of the residual blocks, and there is no F.
  That leaves 1.3 % fewer parameters than STRCNN's.
- "STRCNN" (figure 3b) hands F(n) to the next run and has no blending.
- "STRCNN+DTB" (figure 3c) is the whole network.
- More frames widen the input of the two convolutions of 5x5 at full size alone.

Parameters: 909,940; 45,616 of them are those two parts'.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.networks.base import Network, ResidualBlock, bounded, check_switch, initialise_
from vsdeblur.contract import State

FEATURE_CHANNELS = 32
BLENDED_CHANNELS = 64
DETAIL_CHANNELS = 16
# The states of each model of figure 3.
MODELS = {"CNN": 0, "STRCNN": 1, "STRCNN+DTB": 2}


class TemporalBlending(nn.Module):
    """Equations 2 and 3: mixes h(n) with h~(n-1) by weights that the two feature maps give.

    w = min(1, |tanh(A h~(n-1) + B h(n))| + beta), h~(n) = w h(n) + (1 - w) h~(n-1), element by element. A and B are the
    two halves of one 5x5 convolution; beta is learned and kept in [0, 1]. All maps are (N, C, H, W).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weights = nn.Conv2d(2 * channels, channels, 5, padding=2)
        self.beta = nn.Parameter(torch.tensor(0.5))

    def forward(self, current: Tensor, previous: Tensor) -> Tensor:
        similarity = torch.tanh(self.weights(torch.cat([previous, current], 1)))
        weights = (similarity.abs() + self.beta.clamp(0.0, 1.0)).clamp(max=1.0)
        return previous + weights * (current - previous)


class DTB(Network):
    """The whole network of figure 4, for one time step; see the module's text for shapes and ablations.

    Args:
        model: "CNN", "STRCNN" or "STRCNN+DTB", as figure 3 has them.
        frames: width of the window, 3, 5 or 7; B(n) is in its middle.

    Raises ValueError for any other.
    """

    name = "DTB"
    window = (1, 1)
    outputs = "0"
    color = "rgb"
    multiple = 2
    receptive_field = 89
    states: tuple[State, ...] = (
        State("feature_in", "feature_out", FEATURE_CHANNELS, 0.5),
        State("blended_in", "blended_out", BLENDED_CHANNELS, 0.5),
    )

    def __init__(self, *, model: str = "STRCNN+DTB", frames: int = 3) -> None:
        super().__init__()
        check_switch(self.name, "model", model, MODELS, "CNN, STRCNN or STRCNN+DTB")
        check_switch(self.name, "frames", frames, (3, 5, 7), "3, 5 or 7")
        self.window = (frames // 2, frames // 2)
        self.states = DTB.states[: MODELS[model]]
        if model != "STRCNN+DTB":
            self.receptive_field -= 8  # the blending's 5x5 at half size
        width = BLENDED_CHANNELS
        self.filter = nn.Conv2d(3 * frames, 32, 5, padding=2)
        self.down = nn.Conv2d(32, width - FEATURE_CHANNELS if self.states else width, 3, stride=2, padding=1)
        self.encoder = nn.Sequential(*(ResidualBlock(width) for _ in range(4)))
        self.blend = TemporalBlending(width) if model == "STRCNN+DTB" else None
        self.decoder = nn.Sequential(*(ResidualBlock(width) for _ in range(4)))
        self.feature = nn.Conv2d(width, FEATURE_CHANNELS, 3, padding=1) if self.states else None
        self.up = nn.ConvTranspose2d(width, 32, 4, stride=2, padding=1)
        self.detail = nn.Conv2d(3 * frames, DETAIL_CHANNELS, 5, padding=2)
        self.refine = ResidualBlock(32 + DETAIL_CHANNELS)
        self.rgb = nn.Conv2d(32 + DETAIL_CHANNELS, 3, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        initialise_(self, self.rgb)
        with torch.no_grad():  # a start close to h~ = h and to a weak F keeps the first steps stable
            if self.blend is not None:
                self.blend.weights.weight.mul_(0.1)
            if self.feature is not None:
                self.feature.weight.mul_(0.3)

    def forward(
        self, frames: Tensor, feature: Tensor | None = None, blended: Tensor | None = None
    ) -> tuple[Tensor, ...]:
        """One time step with the states that the model has; raises what torch raises when the shapes do not agree."""
        x = self.relu(self.down(self.relu(self.filter(frames))))
        hidden = self.encoder(x if feature is None else torch.cat([x, feature], 1))
        if self.blend is not None:
            hidden = blended = self.blend(hidden, blended)
        decoded = self.decoder(hidden)
        fine = torch.cat([self.relu(self.up(decoded)), self.detail(frames)], 1)
        change = self.rgb(self.refine(fine))
        centre = 3 * self.window[0]
        result = frames[:, centre : centre + 3] + change
        states = [] if self.feature is None else [bounded(self.relu(self.feature(decoded)), self.training)]
        return (result, *states) if blended is None else (result, *states, blended)
