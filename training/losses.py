"""Losses: pure functions of tensors."""

from __future__ import annotations

import torch
from torch import Tensor

from training.networks.base import Network

# Y of BT.709, as the engine has it for RGB frames.
LUMA = (0.2126, 0.7152, 0.0722)


def charbonnier(output: Tensor, target: Tensor) -> Tensor:
    """Mean of sqrt(difference^2 + 1e-6), a smooth absolute error; any shape."""
    return ((output - target).square() + 1e-6).sqrt().mean()


def psnr_loss(output: Tensor, target: Tensor) -> Tensor:
    """Mean over samples (N, ...) of log(mean squared error + 1e-5) / 20: PSNR that levels off at 50 dB.

    Chen et al., "HINet" (2021), section 4.1, takes PSNR as the loss; the sum keeps a perfect sample's gradient finite,
    and the factor brings gradients near those of `charbonnier`.
    """
    error = (output - target).square().flatten(1).mean(1)
    return (error + 1e-5).log().mean() / 20


CLIP_LOSSES = {"charbonnier": charbonnier, "psnr": psnr_loss}


def to_network(clip: Tensor, network: Network) -> Tensor:
    """A clip (N, F, 3, H, W) in RGB as the network sees it: (N, F, C, H, W), RGB or Y."""
    if network.color == "rgb":
        return clip
    weights = torch.tensor(LUMA, device=clip.device, dtype=clip.dtype)
    return torch.einsum("c,nfchw->nfhw", weights, clip)[:, :, None]


def clip_loss(network: Network, blurred: Tensor, sharp: Tensor, kind: str = "charbonnier") -> Tensor:
    """A loss over every frame of a clip that has all its neighbours: `charbonnier`, or `psnr` of each clip.

    Recurrent networks carry their state from frame to frame, so the loss trains them through time.

    Args:
        blurred, sharp: (N, F, 3, H, W), sRGB 0..1, F at least the network's window.
    """
    before, after = network.window
    offsets = [int(offset) for offset in network.outputs.split(",")]
    blurred, sharp = to_network(blurred, network), to_network(sharp, network)
    outputs, targets = [], []
    states: tuple[Tensor, ...] = ()
    for n in range(before, blurred.shape[1] - after):
        window = blurred[:, n - before : n + after + 1].flatten(1, 2)
        output, *new = network(window, *(states or network.initial_states(window)))
        states = tuple(new)
        outputs.append(output.float())
        targets.append(sharp[:, [n + offset for offset in offsets]].flatten(1, 2))
    return CLIP_LOSSES[kind](torch.stack(outputs, 1), torch.stack(targets, 1))
