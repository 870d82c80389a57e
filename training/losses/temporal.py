"""RVD's temporal loss: feature maps of the network's own non-local block for generated and for sharp frames.

Source: Zhang, Jiang, Wang, Wang, "Recursive Neural Network for Video Deblurring", section III-C, equations 5 and 6.

What stands in equation 5, L_T = 1/(CWH) sum over c, w, h of (f_sharp - f_output)^2:

- f is what the non-local block of section III-A returns, C of equation 3 (figure 4, output of Conv4): 64 channels at
  the size of the frames, before the ReLU that the network puts behind the block.
- f_output is the block's answer to the five frames that one run of the network returns, f_sharp its answer to the five
  sharp frames of the same instants; each set is ordered as the network's input is, with its third frame as the centre.
- C, W, H are the channels, width and height of f; the mean also runs over the batch.
- The block is the very one that the network trains, with its current weights ("does not introduce additional
  parameters", "can enforce RVD to fast converge"). Equation 6 is differentiated as it is written: the gradient reaches
  the generated frames and the block's weights by both sets. A weight alpha far above the paper's would reward a block
  whose features fade.

The network does not hand anything out for this: the block is its submodule and is called once more on each set, so call
form and exported graph are those of a network that knows nothing of the loss.

For the trainer: with (output,) = network(window) and the five sharp frames in Y, both (N, 5, H, W)::

    loss = rvd_loss(network.non_local, output, sharp)  # equation 6, alpha = 1e-6

Under DistributedDataParallel the block is ``network.module.non_local``; its gradients of both uses are summed before
they are exchanged. Under autocast the block runs in half precision and the difference is taken in float32.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from training.losses.pixel import at_least_float32, mse, require_same_shape

__all__ = ["TEMPORAL_WEIGHT", "rvd_loss", "temporal_loss"]

# alpha of equation 6, the best of the paper's figure 9.
TEMPORAL_WEIGHT = 1e-6


def temporal_loss(non_local: Callable[[Tensor], Tensor], output: Tensor, sharp: Tensor) -> Tensor:
    """Equation 5: mean squared difference of the feature maps of two windows.

    Args:
        non_local: the block, (N, 5, H, W) -> (N, 64, H, W).
        output, sharp: (N, 5, H, W), Y, nominally 0..1. Raises ValueError when the shapes differ.
    """
    require_same_shape("temporal_loss", output, sharp)
    return mse(at_least_float32(non_local(output)), at_least_float32(non_local(sharp)))


def rvd_loss(
    non_local: Callable[[Tensor], Tensor], output: Tensor, sharp: Tensor, alpha: float = TEMPORAL_WEIGHT
) -> Tensor:
    """Equation 6: L_MSE + alpha L_T. Arguments as ``temporal_loss`` has them; with alpha 0 the block is not run."""
    pixels = mse(at_least_float32(output), at_least_float32(sharp))
    return pixels + alpha * temporal_loss(non_local, output, sharp) if alpha else pixels
