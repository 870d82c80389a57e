"""The contiguous blurry loss (CBL): likeness of two frames as sets of features that need not be aligned.

Source: "Sharp sequence from one blurred image with a contiguous blurry loss", section 3.2, equations 5 to 10, after its
reference [31], the contextual loss of Mechrez, Talmi, Zelnik-Manor. For the points x_i of a generated frame and y_j of
its sharp frame, N of each, with d the cosine distance, p_i the place of point i in pixels, h > 0 and epsilon = 1e-5::

    (5)   d~_ij = d_ij / (min over k of d_ik + epsilon)
    (6)   w_ij = exp((1 - d~_ij) / h)
    (7)   CX_ij = w_ij / sum over k of w_ik
    (8)   CX = 1/N sum over j of max over i of CX_ij
    (9)   CX_f = 1/N sum over j of max over i of CX'_ij (CX_ij + 1),   CX'_ij = |p_i - p_j|
    (10)  L = -log CX_f

(8) is a step on the way to (9). Where the paper is silent or at odds with itself, and what stands here:

- d_ik of (5), k free: the smallest of row i, as in [31].
- h has no value: 0.5, that of [31].
- Points: a pixel alone has no direction on the Y that the network works on. A point is the ``patch`` x ``patch`` square
  around a pixel (mirrored at the border), less the mean point of the sharp frame, which is [31]'s cosine distance. A
  point shorter than epsilon counts as one without direction, at distance 1 from all others.
- (9) with a distance for CX' rewards likeness that is far away: with distinct points the loss is at its *largest* where
  the two frames are equal, and falls with every false match across the frame. The text wants the opposite: "complement
  the loss caused by spatial positions". ``place="distance"`` is the equation as printed; ``place="closeness"`` is what
  the text describes, CX'_ij = 1 - |p_i - p_j| / diagonal of the frame. Its smallest value, -log 2, is that of two equal
  frames with distinct points. The unit of p moves the one by a constant and the other not at all.
- A sequence is the mean of its frames' losses, each against the sharp frame of its instant.

Cost: N^2 pairs of points a frame; N = 16,384 for 128 x 128. Every row of (5) to (7) needs itself alone and the maximum
over i joins the rows, so the matrices are made ``chunk`` rows at a time and, for the gradient, once more instead of
being kept: seven frames of 128 x 128 with the backward pass stay far below 4 GiB (a test measures it). ``step`` takes
every step-th pixel in both directions, at 1/step^4 of the time. The loss turns autocast off for itself: distances of
1e-5 do not survive a half precision (nor TF32, which PyTorch leaves off unless told otherwise).

For the trainer: ``training.losses.sharp_sequence`` puts it together with the paper's other losses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional

from training.losses.pixel import at_least_float32, require_same_shape

__all__ = ["BANDWIDTH", "EPSILON", "Likeness", "Place", "contiguous_blurry_loss", "contiguous_similarity", "points"]

Place = Literal["distance", "closeness"]

# epsilon of equation 5, and h of equation 6 from [31].
EPSILON = 1e-5
BANDWIDTH = 0.5

# Rows at a time: few enough for the CPU's caches, enough for a GPU to be busy.
CHUNK_CPU, CHUNK_GPU = 64, 2048


@dataclass(frozen=True)
class Likeness:
    """The parameters of equation 9 besides the points.

    ``places`` (P, 2): where the points of both frames are, in pixels. The others are those of
    ``contiguous_blurry_loss``.
    """

    places: Tensor
    place: Place = "distance"
    bandwidth: float = BANDWIDTH
    epsilon: float = EPSILON
    chunk: int = CHUNK_CPU

    def rows(self, x: Tensor, y: Tensor, first: int) -> Tensor:
        """CX'_ij (CX_ij + 1), (R, P), for the R rows of ``x`` (R, F) from i = ``first`` and all of ``y`` (P, F).

        The points have length 1.
        """
        distance = (1 - x @ y.T).clamp_min(0)
        # Equations 6 and 7 are the softmax of -d~ / h over k, in which the 1 cancels; it does not overflow.
        scale = -1 / (self.bandwidth * (distance.amin(1, keepdim=True) + self.epsilon))
        likeness = functional.softmax(distance * scale, 1)
        weight = torch.cdist(self.places[first : first + len(x)], self.places)
        if self.place == "closeness":
            weight = 1 - weight / (self.places.amax(0) - self.places.amin(0)).norm().clamp_min(1)
        return torch.addcmul(weight, weight, likeness)


def contiguous_blurry_loss(
    output: Tensor,
    target: Tensor,
    *,
    place: Place = "distance",
    bandwidth: float = BANDWIDTH,
    epsilon: float = EPSILON,
    patch: int = 3,
    step: int = 1,
    chunk: int | None = None,
) -> Tensor:
    """Equation 10 of each frame against its own, the mean over frames and batch.

    Args:
        output, target: (N, K, H, W), K frames of Y, nominally 0..1, H and W above patch // 2.
        place: see the module's text.
        bandwidth, epsilon: h and epsilon of the equations, above 0.
        patch: width of a point in pixels, odd.
        step: distance of neighbouring points in pixels, at least 1.
        chunk: rows of the matrices that are in memory at once, at least 1; no result depends on it. None: 64 on the
            CPU, 2048 elsewhere.

    Raises:
        ValueError: for anything else, and with ``place="distance"`` for frames of a single point.
    """
    require_same_shape("contiguous_blurry_loss", output, target)
    if chunk is None:
        chunk = CHUNK_CPU if output.device.type == "cpu" else CHUNK_GPU
    _require(output, place, bandwidth, epsilon, patch, step, chunk)
    with torch.autocast(output.device.type, enabled=False):
        generated = points(at_least_float32(output).flatten(0, 1).unsqueeze(1), patch, step)
        sharp = points(at_least_float32(target).flatten(0, 1).unsqueeze(1), patch, step)
        likeness = Likeness(
            _places(output.shape[2], output.shape[3], step, generated), place, bandwidth, epsilon, chunk
        )
        similarities = [contiguous_similarity(x, y, likeness) for x, y in zip(generated, sharp, strict=True)]
        return -torch.stack(similarities).log().mean()


def points(frames: Tensor, patch: int, step: int) -> Tensor:
    """(B, C, H, W) -> (B, P, C * patch^2): squares around every step-th pixel, row by row, mirrored at the border."""
    margin = patch // 2
    padded = functional.pad(frames, (margin,) * 4, mode="reflect")
    return functional.unfold(padded, patch, stride=step).transpose(1, 2)


def contiguous_similarity(x: Tensor, y: Tensor, likeness: Likeness) -> Tensor:
    """CX_f of equation 9 for the points (P, F) of a generated and of a sharp frame."""
    centre = y.mean(0)
    x, y = (functional.normalize(p - centre, dim=1, eps=likeness.epsilon) for p in (x, y))
    largest: Tensor = _Largest.apply(x, y, likeness)  # type: ignore[no-untyped-call]
    return largest.mean()


class _Largest(torch.autograd.Function):
    """max over i of equation 9 for every j: x, y (P, F) of length 1 -> (P,). Keeps no matrix for the backward pass."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, y: Tensor, likeness: Likeness) -> Tensor:
        largest = x.new_full((len(y),), -torch.inf)
        where = torch.zeros(len(y), dtype=torch.long, device=x.device)
        for first in range(0, len(x), likeness.chunk):
            value, row = likeness.rows(x[first : first + likeness.chunk], y, first).max(0)
            larger = value > largest
            torch.where(larger, value, largest, out=largest)
            torch.where(larger, row + first, where, out=where)
        ctx.save_for_backward(x, y, where)
        ctx.likeness = likeness
        return largest

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        x, y, where = ctx.saved_tensors
        likeness: Likeness = ctx.likeness
        y = y.detach().requires_grad_(ctx.needs_input_grad[1])
        of_x, of_y = torch.empty_like(x), torch.zeros_like(y)
        for first in range(0, len(x), likeness.chunk):
            part = x[first : first + likeness.chunk].detach().requires_grad_()
            i = torch.arange(first, first + len(part), device=x.device)
            at_largest = torch.where(where == i[:, None], gradient, 0)
            with torch.enable_grad(), torch.autocast(x.device.type, enabled=False):
                rows = likeness.rows(part, y, first)
                by_x, *by_y = torch.autograd.grad(rows, [part, y] if y.requires_grad else [part], at_largest)
            of_x[first : first + len(part)] = by_x
            if by_y:
                of_y += by_y[0]
        return of_x, of_y, None


def _places(height: int, width: int, step: int, like: Tensor) -> Tensor:
    """(P, 2): row and column of every point, in pixels."""
    rows, columns = (torch.arange(0, size, step, device=like.device, dtype=like.dtype) for size in (height, width))
    return torch.cartesian_prod(rows, columns)


def _require(output: Tensor, place: str, bandwidth: float, epsilon: float, patch: int, step: int, chunk: int) -> None:
    problem = ""
    if output.dim() != 4 or not output.numel():
        problem = f"frames must be (N, K, H, W), not {(*output.shape,)}"
    elif place not in ("distance", "closeness"):
        problem = f"place must be distance or closeness, not {place}"
    elif bandwidth <= 0 or epsilon <= 0:
        problem = f"bandwidth and epsilon must be above 0, not {bandwidth} and {epsilon}"
    elif patch < 1 or patch % 2 == 0 or min(output.shape[2:]) <= patch // 2:
        problem = f"patch must be odd and at most {2 * min(output.shape[2:]) - 1} for these frames, not {patch}"
    elif step < 1 or chunk < 1:
        problem = f"step and chunk must be at least 1, not {step} and {chunk}"
    elif place == "distance" and max(output.shape[2:]) <= step:
        problem = f"points {step} pixels apart need larger frames for a distance between them, not {(*output.shape,)}"
    if problem:
        raise ValueError(f"contiguous_blurry_loss: {problem}")
