"""Networks whose every layer matters, for tests that must be able to fail."""

from __future__ import annotations

import torch
from torch import nn

from training.networks import NETWORKS, Network
from training.networks.runet import SHARE_GAIN, RUNet

# Gain of a layer's weights, 1 for a layer that keeps the spread of its input: residual branches start at 0.14.
NEAR_ZERO = 0.1


def awake_network(name: str, seed: int = 0) -> Network:
    """The network in evaluation mode with random weights.

    Unlike at the start of training, no layer is near zero, no bias is 0 and no batch normalisation is the identity.
    Residual branches stay as small as they start, so that recurrent values stay bounded; and what RUNet multiplies by
    SHARE_GAIN has the spread of other layers after that, or its shares would be steps from 0 to 1, on which rounding
    decides.
    """
    torch.manual_seed(seed)
    network = NETWORKS[name]().eval()
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.weight, 0.2, 0.6)
                nn.init.normal_(module.bias, std=0.1)
                assert module.running_mean is not None and module.running_var is not None
                nn.init.normal_(module.running_mean, std=0.1)
                nn.init.uniform_(module.running_var, 0.5, 2)
            elif isinstance(module, nn.Conv2d | nn.Conv3d | nn.ConvTranspose2d):
                gain = module.weight.std() * module.weight[0].numel() ** 0.5
                if gain == 0:
                    nn.init.normal_(module.weight, std=module.weight[0].numel() ** -0.5)
                elif gain < NEAR_ZERO:
                    module.weight.div_(gain)
                if module.bias is not None:
                    nn.init.normal_(module.bias, std=0.05)
        if isinstance(network, RUNet):
            network.share.weight.div_(SHARE_GAIN)
    return network
