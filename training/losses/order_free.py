"""Losses of a sequence that do not depend on the direction of time, for SharpSequence.

The average of sharp frames, a blurred frame, is the same for a motion and for its reverse, so no network can tell which
of the two it should return: asked for one of them, it returns their mean, which is blurred. The sharp sequence paper
says so (figure 1: several sequences make one blurred image) and leaves the handling open; its content loss (equation 4)
takes the frames in order. What stands here is the order-invariant loss of the work that it builds on, its reference
[13]: Jin, Meishvili, Favaro, "Learning to Extract a Video Sequence from a Single Motion-Blurred Image". It compares the
middle frame, and of each pair of frames that mirror each other in time the sum and the absolute difference, neither of
which an exchange of the two can alter.

Of K frames x(1) .. x(K), K odd, with m = (K + 1) / 2 and the generated frames y::

    L = 1/(K W H) sum over pixels of (y(m) - x(m))^2
        + 1/2 sum over i < m of ((a + b) - (c + d))^2 + (|a - b| - |c - d|)^2
    with a, b = y(i), y(K+1-i) and c, d = x(i), x(K+1-i)

The half makes L the content loss (equation 4, the mean over the K frames) wherever the difference of a pair has the
right sign, and never more than that for either direction of time.

Limits: every pair is free by itself, and so is every pixel of one: nothing in this loss makes a sequence run one way
throughout. ``mse(output, in_order_of(output, target))`` is free in the direction of a whole sequence alone. |a - b| has
no gradient where a = b; a network whose last layer starts near zero, not at it, leaves that point by itself.

``order_free_charbonnier`` is no paper's: the same pairs under the roots of ``charbonnier``, so that the few frames
which no network can deblur do not outweigh the others, and with most weight on the middle frame, which is what a user
sees who asks for one frame, and which alone has an order.

For the trainer: with (output,) = network(blurred) and the sharp sub-frames in Y, both (N, 7, H, W)::

    loss = order_free_charbonnier(output, sharp)   # or order_free_loss
    sharp = in_order_of(output, sharp)   # for losses that look at single frames, and to measure PSNR of the seven
"""

from __future__ import annotations

import torch
from torch import Tensor

from training.losses.pixel import CHARBONNIER_EPSILON, at_least_float32, require_same_shape

__all__ = ["in_order_of", "order_free_charbonnier", "order_free_loss"]

# Weight of the middle frame, where the mean of all is 1. No other was tried.
CENTRE = 3.0


def order_free_loss(output: Tensor, target: Tensor) -> Tensor:
    """The module's L, the mean over the batch.

    Args:
        output, target: (N, K, H, W), K odd, frames in order of time, nominally 0..1. Raises ValueError when the shapes
            differ or K is even.
    """
    middle, pairs = _squares("order_free_loss", output, target)
    return (middle.sum() + pairs.sum()) / output.numel()


def order_free_charbonnier(output: Tensor, target: Tensor) -> Tensor:
    """The mean over pixels and batch of the middle frame's absolute error and, less weighty, of those of the pairs.

    With the module's letters, w = (K - CENTRE) / (K - 1) and e = 1e-6::

        L = 1/(K W H) sum over pixels of CENTRE sqrt((y(m) - x(m))^2 + e)
            + 2 w sum over i < m of sqrt(((a + b) - (c + d))^2 / 4 + (|a - b| - |c - d|)^2 / 4 + e)

    The root of a pair is the root mean square of its two errors wherever the difference has the right sign.

    Args:
        output, target: as ``order_free_loss`` has them, K at least 3.
    """
    middle, pairs = _squares("order_free_charbonnier", output, target)
    count = output.shape[1]
    if count < 3:
        raise ValueError(f"order_free_charbonnier: K must be at least 3, not {count}")
    of_middle, of_pairs = ((squares + CHARBONNIER_EPSILON).sqrt().sum() for squares in (middle, pairs / 2))
    return (CENTRE * of_middle + 2 * (count - CENTRE) / (count - 1) * of_pairs) / output.numel()


def in_order_of(output: Tensor, target: Tensor) -> Tensor:
    """``target``, each of its sequences turned round in time where that brings it nearer to ``output``.

    Shapes and errors are those of ``order_free_loss``. No gradient passes through the decision, which the mean squared
    error makes; a tie leaves the order as it is.
    """
    _require_sequences("in_order_of", output, target)
    turned = target.flip(1)
    with torch.no_grad():
        forward, backward = ((at_least_float32(output) - x).square().flatten(1).sum(1) for x in (target, turned))
        nearer = backward < forward
    return torch.where(nearer[:, None, None, None], turned, target)


def _squares(name: str, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Squared errors: of the middle frame, (N, H, W), and both of each pair's frames together, (N, K // 2, H, W)."""
    _require_sequences(name, output, target)
    output, target = at_least_float32(output), at_least_float32(target)
    middle = output.shape[1] // 2
    (sums, differences), (target_sums, target_differences) = _pairs(output), _pairs(target)
    pairs = ((sums - target_sums).square() + (differences - target_differences).square()) / 2
    return (output[:, middle] - target[:, middle]).square(), pairs


def _pairs(frames: Tensor) -> tuple[Tensor, Tensor]:
    """(N, K, H, W) -> sums and absolute differences of the mirrored pairs, (N, K // 2, H, W) each."""
    count = frames.shape[1] // 2
    first, last = frames[:, :count], frames.flip(1)[:, :count]
    return first + last, (first - last).abs()


def _require_sequences(name: str, output: Tensor, target: Tensor) -> None:
    require_same_shape(name, output, target)
    if output.dim() != 4 or output.shape[1] % 2 == 0:
        raise ValueError(f"{name}: sequences must be (N, K, H, W) with K odd, not {(*output.shape,)}")
