"""The running mean of a network's weights: later ones count more, and the first no more than their share.

Source: the correction of Kingma and Ba, "Adam" (2014), section 3, for a mean that begins with one of its own members:
after N updates weights k count in proportion to decay^(N-k). Without it the weights that a run began with would count
decay^N, which is a quarter after 1,400 updates of 0.999.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


def running_mean(network: nn.Module, decay: float) -> AveragedModel:
    """A copy of the network that holds the mean of what `update_parameters` is given; `decay` is 0..1, an update's."""
    return AveragedModel(network, multi_avg_fn=_corrected(decay), use_buffers=True)


def _corrected(decay: float) -> Callable[..., Any]:
    def update(means: Any, weights: Any, count: Any) -> None:
        """`count` are the updates that the means hold, at least 1."""
        share = (1 - decay) / (1 - decay ** (int(count) + 1))
        get_ema_multi_avg_fn(1 - share)(means, weights, count)  # type: ignore[no-untyped-call]

    return update
