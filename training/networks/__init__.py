"""The networks, one a file, and their classes by the name that users give."""

from __future__ import annotations

from training.networks.base import Network
from training.networks.dblrnet import DBLRNet
from training.networks.dtb import DTB
from training.networks.runet import RUNet
from training.networks.rvd import RVD
from training.networks.sharp_sequence import SharpSequence

__all__ = ["DTB", "NETWORKS", "RVD", "DBLRNet", "Network", "RUNet", "SharpSequence"]

NETWORKS: dict[str, type[Network]] = {
    "RUNet": RUNet,
    "DTB": DTB,
    "DBLRNet": DBLRNet,
    "DBLRGAN": DBLRNet,
    "RVD": RVD,
    "SharpSequence": SharpSequence,
}
