"""The loss of a whole clip through a network, frame by frame."""

from __future__ import annotations

import torch
from torch import Tensor

from training.losses.pixel import charbonnier
from training.networks.base import Network

__all__ = ["LUMA", "clip_loss", "to_network"]

# Y of BT.709, as the engine has it for RGB frames.
LUMA = (0.2126, 0.7152, 0.0722)


def to_network(clip: Tensor, network: Network) -> Tensor:
    """A clip (N, F, 3, H, W) in RGB as the network sees it: (N, F, C, H, W), RGB or Y."""
    if network.color == "rgb":
        return clip
    weights = torch.tensor(LUMA, device=clip.device, dtype=clip.dtype)
    return torch.einsum("c,nfchw->nfhw", weights, clip)[:, :, None]


def clip_loss(network: Network, blurred: Tensor, sharp: Tensor) -> Tensor:
    """Mean Charbonnier loss over every frame of a clip that has all its neighbours.

    Recurrent networks carry their state from frame to frame, so the loss trains them through time.

    Args:
        blurred, sharp: (N, F, 3, H, W), sRGB 0..1, F at least the network's window.
    """
    before, after = network.window
    offsets = [int(offset) for offset in network.outputs.split(",")]
    blurred, sharp = to_network(blurred, network), to_network(sharp, network)
    losses = []
    states: tuple[Tensor, ...] = ()
    for n in range(before, blurred.shape[1] - after):
        window = blurred[:, n - before : n + after + 1].flatten(1, 2)
        output, *new = network(window, *(states or network.initial_states(window)))
        states = tuple(new)
        target = sharp[:, [n + offset for offset in offsets]].flatten(1, 2)
        losses.append(charbonnier(output.float(), target))
    return torch.stack(losses).mean()
