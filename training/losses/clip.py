"""A clip through a network, frame by frame: what it returns, and what it should have returned."""

from __future__ import annotations

import torch
from torch import Tensor

from training.data.yuv import LUMA
from training.networks.base import Network

__all__ = ["LUMA", "clip_outputs", "clip_through", "to_network"]


def to_network(clip: Tensor, network: Network) -> Tensor:
    """A clip (N, F, 3, H, W) in RGB as the network sees it: (N, F, C, H, W), RGB or Y."""
    if network.color == "rgb":
        return clip
    weights = torch.tensor(LUMA, device=clip.device, dtype=clip.dtype)
    # Not a matrix product, which autocast would take to a half precision, targets and all.
    return (clip * weights[:, None, None]).sum(2, keepdim=True)


def clip_through(network: Network, blurred: Tensor) -> Tensor:
    """Every frame of a clip that has all its neighbours through the network, the state carried from frame to frame.

    Args:
        blurred: (N, F, 3, H, W), sRGB 0..1, F at least the network's window.
    Returns:
        (N, T, K*C, H, W) in float32, T the frames that have their neighbours.
    """
    before, after = network.window
    blurred = to_network(blurred, network)
    outputs = []
    states: tuple[Tensor, ...] = ()
    for n in range(before, blurred.shape[1] - after):
        window = blurred[:, n - before : n + after + 1].flatten(1, 2)
        output, *new = network(window, *(states or network.initial_states(window)))
        states = tuple(new)
        outputs.append(output.float())
    return torch.stack(outputs, 1)


def clip_outputs(network: Network, blurred: Tensor, sharp: Tensor) -> tuple[Tensor, Tensor]:
    """What `clip_through` returns, and what it should have returned.

    Recurrent networks carry their state from frame to frame, so a loss trains them through time.

    Args:
        blurred: (N, F, 3, H, W), sRGB 0..1, F at least the network's window.
        sharp: the same; for a network of sub-frames (N, F, instants, 3, H, W).
    Returns:
        Output and target, (N, T, K*C, H, W) each in float32, T the frames that have their neighbours.
    """
    before, after = network.window
    times = range(before, blurred.shape[1] - after)
    targets = [to_network(_wanted(network, sharp, n), network).flatten(1, 2) for n in times]
    return clip_through(network, blurred), torch.stack(targets, 1)


def _wanted(network: Network, sharp: Tensor, n: int) -> Tensor:
    """(N, K, 3, H, W): the sharp pictures that the network returns for frame n."""
    if network.outputs.startswith("subframes:"):
        return sharp[:, n]
    return sharp[:, [n + int(offset) for offset in network.outputs.split(",")]]
