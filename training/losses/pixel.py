"""Losses between pixels at the same place: pure functions of tensors.

Sources: ``mse`` is the data term of all four papers (DTB equation 4, DBLRGAN equation 3, the content loss of the sharp
sequence paper's equation 4, L_MSE of RVD's equation 6). None of theirs are ``charbonnier``, which forgives outliers,
``centred_charbonnier``, and ``decibels``, which is what a gain is measured by.

Where the papers sum over the pixels of a frame and divide by their number, the mean here also runs over the frames of
a batch and the channels, so that no weight depends on the length of a clip.

For the trainer: ``mse(output, target)`` in place of ``charbonnier``, with float32 tensors of one shape. DTB's
equation 4 has a second term, lambda |W|^2 over the network's parameters with lambda = 1e-5. It does not depend on the
frames and is the optimiser's: ``torch.optim.Adam(parameters, weight_decay=DTB_WEIGHT_DECAY)``, which adds
weight_decay * W to the gradient (Adam's decay, not AdamW's, which bypasses the moments). Read to the letter, equation 4
sums over the F frames and 3 colours where ``mse`` takes the mean, and the gradient of lambda |W|^2 is 2 lambda W: with
``mse`` that is a weight_decay of 2e-5 / (3 F), 5.1e-7 for the paper's 13 frames.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = [
    "CENTRE",
    "CHARBONNIER_EPSILON",
    "DTB_WEIGHT_DECAY",
    "at_least_float32",
    "centred_charbonnier",
    "charbonnier",
    "decibels",
    "mse",
    "require_same_shape",
]

DTB_WEIGHT_DECAY = 1e-5
CHARBONNIER_EPSILON = 1e-6
# Of RVD's five frames. With one scale for all, the outer ones gained a third of what the middle one did; after some 700
# updates more with either, the middle one's gain on held-back samples was 0.60 dB with one scale and 0.69 with these.
CENTRE = 3.8
# Squared error, that of 50 dB, about which a frame counts most: one of 30 dB has a fifth of the gradient then. Without
# it the sharpest frames would have nearly all; with that of 40 dB nearly plain frames of 58 lost 4 dB.
SHARPEST = 1e-5
# The gradient of ``decibels`` is about as long as that of ``charbonnier`` at 35 dB, so that one rate does for both.
DECIBELS_SCALE = 0.01


def charbonnier(output: Tensor, target: Tensor) -> Tensor:
    """Mean of sqrt(difference^2 + 1e-6), a smooth absolute error; any shape."""
    return ((output - target).square() + CHARBONNIER_EPSILON).sqrt().mean()


def centred_charbonnier(output: Tensor, target: Tensor) -> Tensor:
    """``charbonnier`` of errors that are scaled frame by frame: ``CENTRE`` for the middle one, little for the others.

    For networks of several output frames whose middle one is what a user sees. The scales' mean is 1.

    Args:
        output, target: (..., K, H, W), one channel a frame, K odd and at least 3. Raises ValueError for another K.
    """
    frames = output.shape[-3]
    if frames < 3 or frames % 2 == 0:
        raise ValueError(f"centred_charbonnier: frames must be odd and at least 3, not {frames}")
    scales = output.new_full((frames, 1, 1), (frames - CENTRE) / (frames - 1))
    scales[frames // 2] = CENTRE
    return charbonnier(output * scales, target * scales)


def decibels(output: Tensor, target: Tensor) -> Tensor:
    """Mean over frames of 0.01 ln(squared error + 1e-5): each frame's PSNR, nearly, with the sign of a loss.

    A weakly blurred frame counts as much as a strongly blurred one that way, where ``charbonnier`` mostly counts the
    latter.

    Args:
        output, target: (..., K, H, W), a frame's K channels together; one shape. Raises ValueError when it differs.
    """
    require_same_shape("decibels", output, target)
    errors = (output - target).square().mean((-3, -2, -1))
    return DECIBELS_SCALE * (errors + SHARPEST).log().mean()


def mse(output: Tensor, target: Tensor) -> Tensor:
    """Mean of difference^2 over all elements; any shape, the same for both. Raises ValueError when they differ."""
    require_same_shape("mse", output, target)
    return (output - target).square().mean()


def require_same_shape(name: str, output: Tensor, target: Tensor) -> None:
    """Raises ValueError unless the shapes agree: broadcasting would give a number that means nothing."""
    if output.shape != target.shape:
        raise ValueError(
            f"{name}: output and target must have one shape, not {(*output.shape,)} and {(*target.shape,)}"
        )


def at_least_float32(x: Tensor) -> Tensor:
    """``x`` in float32 if it is in a half precision, else as it is: sums of squares need more than 8 bits."""
    return x.to(torch.promote_types(x.dtype, torch.float32))
