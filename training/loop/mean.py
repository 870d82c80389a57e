"""The mean of checkpoints.

For weights that were trained on with other samples, and gained on those but lost on the ones before: their mean with
the weights before lies between both, a little above the middle in all that was tried here, and costs nothing to run.

Source: Wortsman et al., "Robust fine-tuning of zero-shot models" (2022), section 3.

Limits: between weights of one run, or of runs that went on from the same weights. The mean of runs that began apart is
no network that does anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from training.loop.checkpoints import CheckpointError


@dataclass(frozen=True)
class Checkpoint:
    """A file's content."""

    path: Path
    weights: dict[str, Tensor]
    metadata: dict[str, str]

    def require_like(self, other: Checkpoint) -> None:
        """Raises CheckpointError when the other is of another network or shape."""
        ours, theirs = (one.metadata.get("name", "nothing that has a name") for one in (self, other))
        if ours != theirs:
            raise CheckpointError(
                f"{self.path} is a checkpoint of {ours} and {other.path} of {theirs}; all must be of one network"
            )
        if self._shapes() != other._shapes():
            raise CheckpointError(f"{self.path} and {other.path} have weights of different names or shapes")

    def _shapes(self) -> dict[str, torch.Size]:
        return {key: value.shape for key, value in self.weights.items()}


def mean_weights(checkpoints: Sequence[Checkpoint], shares: Sequence[float]) -> dict[str, Tensor]:
    """The weighted mean; integers, which are counts, are the last checkpoint's.

    `shares` are one for each checkpoint, above 0, and count relative to each other. Raises CheckpointError when the
    checkpoints are not alike.
    """
    for other in checkpoints[1:]:
        checkpoints[0].require_like(other)
    result = dict(checkpoints[-1].weights)
    for key, value in result.items():
        if value.is_floating_point():
            parts = [one.weights[key] * (share / sum(shares)) for one, share in zip(checkpoints, shares, strict=True)]
            result[key] = torch.stack(parts).sum(0)
    return result
