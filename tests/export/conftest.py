"""Every network with random weights, exported once for all tests of this folder."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest
import torch

from export.onnx_export import export_network
from tests.random_weights import awake_network
from training.networks import Network

# Tensors here are small: one thread is faster than several that wait for each other on a busy machine.
torch.set_num_threads(1)

Exported = tuple[Network, bytes]


@pytest.fixture(scope="session")
def exported() -> Callable[[str], Exported]:
    """Name -> the network and the bytes of its file."""

    @functools.cache
    def export(name: str) -> Exported:
        network = awake_network(name)
        model = export_network(
            network, name, trained_on="random numbers", license="none", metrics={"psnr_gain_db": 0.5}
        )
        return network, model

    return export
