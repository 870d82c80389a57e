"""SharpSequence's whole loss.

Source: "Sharp sequence from one blurred image with a contiguous blurry loss", section 3.2, equation 11 with the weights
of section 4.2::

    L = L_content + alpha L_adversarial + beta L_contiguous,   alpha = 0.001, beta = 0.1

Without the adversarial and the contiguous loss (the first stage of training, and the paper's ablation) what is left is
the content loss. Deviations from the paper, each the default of an argument:

- L_content is ``order_free_loss``: each mirrored pair may be exchanged (``order="pairs"``). ``order="sequence"`` is
  equation 4 in the direction of time that the output has, ``order="given"`` equation 4 as printed.
- L_contiguous takes CX' for closeness, as the paper's text describes it (``place="distance"`` gives equation 9 as
  printed; see ``training.losses.contiguous``), against the sharp frames in the direction that the output has.

For the trainer: with (output,) = network(blurred) and the sharp sub-frames in Y, both (N, 7, H, W)::

    loss = sharp_sequence_loss(output, sharp, logits=None, beta=0)                        # first stage
    logits = discriminator(single_frames(output))                                         # second stage
    loss = sharp_sequence_loss(output, sharp, logits, form="non-saturating", step=2)

The discriminator's update is that of ``training.losses.adversarial``. On a CPU, the contiguous loss of seven frames of
128 x 128 takes minutes at ``step=1``; ``step=4`` is 256 times cheaper.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from training.losses.adversarial import Form, generator_loss
from training.losses.contiguous import Place, contiguous_blurry_loss
from training.losses.order_free import in_order_of, order_free_loss
from training.losses.pixel import at_least_float32, mse

__all__ = ["ADVERSARIAL_WEIGHT", "CONTIGUOUS_WEIGHT", "Order", "sharp_sequence_loss"]

Order = Literal["pairs", "sequence", "given"]

# alpha and beta of equation 11.
ADVERSARIAL_WEIGHT = 0.001
CONTIGUOUS_WEIGHT = 0.1


def sharp_sequence_loss(
    output: Tensor,
    sharp: Tensor,
    logits: Tensor | None,
    *,
    alpha: float = ADVERSARIAL_WEIGHT,
    beta: float = CONTIGUOUS_WEIGHT,
    order: Order = "pairs",
    form: Form = "minimax",
    place: Place = "closeness",
    step: int = 1,
) -> Tensor:
    """Equation 11.

    Args:
        output, sharp: (N, K, H, W), K odd, Y in order of time, nominally 0..1.
        logits: (N * K, 2), the discriminator's answer to the output's frames; None leaves the adversarial loss out.
        order: see the module's text.
        form, place, step: as ``generator_loss`` and ``contiguous_blurry_loss`` have them; with beta 0 the latter does
            not run.

    Raises:
        ValueError: when the shapes differ or do not fit, or for an unknown name.
    """
    if order not in ("pairs", "sequence", "given"):
        raise ValueError(f"sharp_sequence_loss: order must be pairs, sequence or given, not {order}")
    directed = sharp if order == "given" else in_order_of(output, sharp)
    if order == "pairs":
        loss = order_free_loss(output, sharp)
    else:
        loss = mse(at_least_float32(output), at_least_float32(directed))
    if logits is not None:
        loss = loss + alpha * generator_loss(logits, form)
    if beta:
        loss = loss + beta * contiguous_blurry_loss(output, directed, place=place, step=step)
    return loss
