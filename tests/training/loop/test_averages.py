from __future__ import annotations

import pytest
import torch
from torch import nn

from training.loop.averages import running_mean


@pytest.mark.parametrize("updates", [1, 2, 3, 40])
def test_the_mean_is_of_what_came_with_later_weights_counting_more(updates: int) -> None:
    decay, network = 0.9, nn.Linear(3, 2).double()
    mean = running_mean(network, decay)
    seen = []
    for number in range(updates):
        with torch.no_grad():
            network.weight.fill_(float(number * number))
        mean.update_parameters(network)
        seen.append(float(number * number))
    shares = [decay ** (updates - 1 - k) for k in range(updates)]
    expected = sum(share * value for share, value in zip(shares, seen, strict=True)) / sum(shares)
    assert torch.allclose(mean.module.weight, torch.full((2, 3), expected, dtype=torch.float64), rtol=1e-9, atol=0)


def test_counts_are_kept_as_counts() -> None:
    network = nn.BatchNorm2d(2)
    mean = running_mean(network, 0.99)
    for _ in range(5):
        network(torch.randn(2, 2, 4, 4))
        mean.update_parameters(network)
    assert mean.module.num_batches_tracked.dtype == torch.int64
    assert 1 <= int(mean.module.num_batches_tracked) <= 5
