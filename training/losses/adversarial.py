"""Adversarial losses of DBLRGAN and SharpSequence, for the generator and for the discriminator.

Sources: Zhang, Luo, Zhong, Ma, Liu, Li, "Adversarial Spatio-Temporal Learning for Video Deblurring", section III-B and
III-C, equations 2 to 5; "Sharp sequence from one blurred image with a contiguous blurry loss", equations 3, 4 and 13,
which are the same ones.

D(x), the probability that x is a sharp frame of the real world, is the second output of the discriminator's two-way
softmax. All losses take the logits before it and never form D itself, so they stay finite where D rounds to 0 or 1.
Expectations are means over the frames given.

Forms of the generator's loss: ``minimax`` is the papers' log(1 - D(G)), whose gradient vanishes where the discriminator
is sure that a frame is generated; ``non-saturating`` is -log D(G), advice of [53] (Goodfellow et al.), with the same
fixed point and its largest gradient just there. A config that chooses it deviates from the papers.

Both papers judge single frames of Y. SharpSequence's seven frames are seven samples, which also keeps the loss free of
their order; ``single_frames`` does that.

For the trainer, in turn on each batch, with ``discriminator`` in training mode and (output,) = network(window)::

    judge = lambda frames: discriminator(single_frames(frames))
    d_loss = discriminator_loss(judge(sharp), judge(output.detach()))        # the discriminator's update
    discriminator.requires_grad_(False)
    g_loss = dblrgan_loss(output, sharp, judge(output), form="non-saturating")  # the generator's update
    discriminator.requires_grad_(True)

Under DistributedDataParallel the generator's update asks ``discriminator.module``, which has no gradients to exchange.

DBLRGAN starts from the trained DBLRNet at a learning rate of 1e-5 and stops before PSNR drops (section IV-B).
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor
from torch.nn import functional

from training.losses.pixel import at_least_float32, mse
from training.networks.discriminator import GENERATED, SHARP

__all__ = ["DBLRGAN_WEIGHT", "Form", "dblrgan_loss", "discriminator_loss", "generator_loss", "single_frames"]

Form = Literal["minimax", "non-saturating"]

# alpha of DBLRGAN's equation 5.
DBLRGAN_WEIGHT = 0.0002


def single_frames(frames: Tensor) -> Tensor:
    """(N, K, H, W), K frames of Y -> (N*K, 1, H, W), as a discriminator takes them."""
    return frames.flatten(0, 1).unsqueeze(1)


def generator_loss(logits: Tensor, form: Form = "minimax") -> Tensor:
    """What the generator adds to its loss: mean log(1 - D(G)), equation 4, or mean -log D(G).

    Args:
        logits: (N, 2), the discriminator's answer to generated frames.
        form: see the module's text. Raises ValueError for any other.
    """
    logarithms = _log_softmax(logits)
    if form == "minimax":
        return logarithms[:, GENERATED].mean()
    if form == "non-saturating":
        return -logarithms[:, SHARP].mean()
    raise ValueError(f"generator_loss: form must be minimax or non-saturating, not {form}")


def discriminator_loss(sharp: Tensor, generated: Tensor) -> Tensor:
    """Minus V of equation 2: -(mean log D(sharp) + mean log(1 - D(generated))).

    Args:
        sharp, generated: logits (N, 2) and (M, 2) for sharp and for generated frames.
    """
    return -(_log_softmax(sharp)[:, SHARP].mean() + _log_softmax(generated)[:, GENERATED].mean())


def dblrgan_loss(
    output: Tensor, sharp: Tensor, logits: Tensor, alpha: float = DBLRGAN_WEIGHT, form: Form = "minimax"
) -> Tensor:
    """Equation 5: content loss (equation 3) + alpha * adversarial loss (equation 4).

    Args:
        output, sharp: (N, 1, H, W), Y, nominally 0..1. Raises ValueError when the shapes differ.
        logits: (N, 2), the discriminator's answer to ``output``.
    """
    return mse(at_least_float32(output), at_least_float32(sharp)) + alpha * generator_loss(logits, form)


def _log_softmax(logits: Tensor) -> Tensor:
    if logits.dim() != 2 or logits.shape[1] != 2:
        raise ValueError(f"adversarial loss: logits must be (N, 2), not {(*logits.shape,)}")
    return functional.log_softmax(at_least_float32(logits), 1)
