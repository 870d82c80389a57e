"""The contiguous blurry loss against equations 5 to 10, and the memory it needs."""

from __future__ import annotations

import math
from functools import partial

import pytest
import torch
from torch import Tensor

from tests.tolerances import CONTIGUOUS_MEMORY, SAME_FORMULA, SAME_GRADIENT, SAME_IN_FLOAT64
from tests.training.losses.compare import assert_agrees
from tests.training.losses.memory import peak_bytes
from training.losses import contiguous_blurry_loss
from training.losses.contiguous import BANDWIDTH, CHUNK_CPU, CHUNK_GPU, EPSILON, Likeness, Place, contiguous_similarity

PLACES: tuple[Place, ...] = ("distance", "closeness")


def square(frame: Tensor, row: int, column: int, patch: int) -> list[Tensor]:
    """The values around a pixel of (H, W), mirrored at the border."""
    height, width = frame.shape
    reach = range(-(patch // 2), patch // 2 + 1)

    def mirrored(index: int, size: int) -> int:
        return -index if index < 0 else 2 * (size - 1) - index if index >= size else index

    return [frame[mirrored(row + v, height), mirrored(column + u, width)] for v in reach for u in reach]


def cosine_distance(a: list[Tensor], b: list[Tensor]) -> Tensor:
    product = a[0] * b[0]
    squares = [a[0] ** 2, b[0] ** 2]
    for first, second in zip(a[1:], b[1:], strict=True):
        product = product + first * second
        squares = [squares[0] + first**2, squares[1] + second**2]
    return 1 - product / (squares[0] * squares[1]).sqrt()


def transcription(output: Tensor, target: Tensor, place: Place, h: float, epsilon: float, patch: int) -> Tensor:
    """Equations 5 to 10 for two frames (H, W), term by term."""
    height, width = output.shape
    pixels = [(row, column) for row in range(height) for column in range(width)]
    xs, ys = ([square(frame, *p, patch) for p in pixels] for frame in (output, target))
    centre = [torch.stack(values).mean() for values in zip(*ys, strict=True)]
    xs, ys = ([[v - c for v, c in zip(point, centre, strict=True)] for point in of] for of in (xs, ys))
    count, diagonal = len(pixels), math.hypot(height - 1, width - 1)
    best: list[list[Tensor]] = [[] for _ in range(count)]
    for i in range(count):
        d = [cosine_distance(xs[i], ys[j]) for j in range(count)]
        nearest = min(d, key=lambda distance: distance.item())
        relative = [distance / (nearest + epsilon) for distance in d]  # (5)
        w = [((1 - distance) / h).exp() for distance in relative]  # (6)
        total = torch.stack(w).sum()
        for j in range(count):
            cx = w[j] / total  # (7)
            apart = math.dist(pixels[i], pixels[j])
            weight = apart if place == "distance" else 1 - apart / diagonal
            best[j].append(weight * (cx + 1))
    return -torch.log(sum(torch.stack(of).max() for of in best) / torch.tensor(count))  # (9), (10)


def frames(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_epsilon_and_bandwidth_are_the_documented_ones() -> None:
    assert (EPSILON, BANDWIDTH) == (1e-5, 0.5)


@pytest.mark.parametrize("place", PLACES)
def test_the_loss_is_equations_5_to_10(place: Place) -> None:
    pair = frames(2, 1, 1, 3, 4)
    assert_agrees(
        partial(contiguous_blurry_loss, place=place),
        lambda output, target: transcription(output[0, 0], target[0, 0], place, 0.5, 1e-5, 3),
        *pair,
    )


def test_bandwidth_epsilon_and_patch_are_the_equations() -> None:
    assert_agrees(
        partial(contiguous_blurry_loss, place="closeness", bandwidth=0.2, epsilon=0.1, patch=5),
        lambda output, target: transcription(output[0, 0], target[0, 0], "closeness", 0.2, 0.1, 5),
        *frames(2, 1, 1, 3, 4),
    )


@pytest.mark.parametrize("place", PLACES)
def test_the_gradient_is_that_of_finite_differences(place: Place) -> None:
    x, y = frames(2, 6, 4).requires_grad_().unbind()
    likeness = Likeness(frames(6, 2, seed=1), place, chunk=4)
    assert torch.autograd.gradcheck(lambda a, b: contiguous_similarity(a, b, likeness), (x, y))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("chunk", [1, 7, 20, 100])
def test_chunks_change_nothing(place: Place, chunk: int) -> None:
    output, target = frames(2, 1, 2, 4, 5)
    whole, chunked = (output.clone().requires_grad_() for _ in range(2))
    losses = [
        contiguous_blurry_loss(given, target, place=place, chunk=rows)
        for given, rows in ((whole, 20), (chunked, chunk))
    ]
    torch.testing.assert_close(losses[1], losses[0], rtol=SAME_IN_FLOAT64, atol=0)
    expected, made = (torch.autograd.grad(loss, of)[0] for loss, of in zip(losses, (whole, chunked), strict=True))
    torch.testing.assert_close(made, expected, rtol=0, atol=SAME_GRADIENT * expected.abs().max().item())


def test_a_sequence_is_the_mean_of_its_frames() -> None:
    output, target = frames(2, 2, 3, 4, 5)
    each = [
        contiguous_blurry_loss(output[n : n + 1, k : k + 1], target[n : n + 1, k : k + 1])
        for n in range(2)
        for k in range(3)
    ]
    torch.testing.assert_close(
        contiguous_blurry_loss(output, target), torch.stack(each).mean(), rtol=SAME_IN_FLOAT64, atol=0
    )


def test_a_step_of_two_is_a_picture_of_half_the_size() -> None:
    """Points of a single pixel; the unit of distance moves the printed form by its logarithm."""
    output, target = frames(2, 1, 1, 6, 8)
    halves = output[..., ::2, ::2], target[..., ::2, ::2]
    for place, constant in zip(PLACES, (math.log(2), 0.0), strict=True):
        loss = partial(contiguous_blurry_loss, place=place, patch=1)
        expected = loss(*halves) - constant
        torch.testing.assert_close(loss(output, target, step=2), expected, rtol=SAME_IN_FLOAT64, atol=0)
        assert loss(output, target) != expected


def test_closeness_is_smallest_at_equality() -> None:
    target = frames(1, 1, 8, 9)
    smallest = contiguous_blurry_loss(target, target, place="closeness")
    assert smallest.item() == pytest.approx(-math.log(2), abs=SAME_GRADIENT)
    for seed in range(1, 4):
        assert contiguous_blurry_loss(frames(1, 1, 8, 9, seed=seed), target, place="closeness") > smallest


def test_closeness_forgives_a_small_shift() -> None:
    wide = frames(1, 1, 12, 16)
    target = wide[..., 2:14]
    losses = [
        contiguous_blurry_loss(other, target, place="closeness")
        for other in (target, wide[..., 1:13], wide[..., 4:16], frames(1, 1, 12, 12, seed=1))
    ]
    assert losses == sorted(losses)


def test_the_printed_equation_is_largest_at_equality() -> None:
    """Why ``closeness`` exists: see the module's text."""
    target = frames(1, 1, 8, 9)
    largest = contiguous_blurry_loss(target, target)
    for seed in range(1, 4):
        assert contiguous_blurry_loss(frames(1, 1, 8, 9, seed=seed), target) < largest


def test_closeness_leads_from_a_blurred_frame_to_the_sharp_one() -> None:
    target = frames(1, 1, 12, 12)
    blurred = torch.nn.functional.avg_pool2d(target, 3, stride=1, padding=1, count_include_pad=False).requires_grad_()
    (slope,) = torch.autograd.grad(contiguous_blurry_loss(blurred, target, place="closeness"), blurred)
    assert ((target - blurred) * slope).sum() < 0


def test_contrast_and_brightness_of_both_frames_do_not_matter() -> None:
    pair = frames(2, 1, 1, 6, 7)
    torch.testing.assert_close(
        contiguous_blurry_loss(*(0.5 * pair + 0.2)), contiguous_blurry_loss(*pair), rtol=SAME_GRADIENT, atol=0
    )


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ["black", "flat against texture", "texture against flat", "equal", "huge"])
def test_edge_cases_are_finite(place: Place, kind: str) -> None:
    texture, flat = torch.rand(1, 1, 6, 7), torch.full((1, 1, 6, 7), 0.25)
    output, target = {
        "black": (torch.zeros_like(flat), torch.zeros_like(flat)),
        "flat against texture": (flat, texture),
        "texture against flat": (texture, flat),
        "equal": (texture, texture),
        "huge": (1e4 * texture, texture),
    }[kind]
    output = output.clone().requires_grad_()
    loss = contiguous_blurry_loss(output, target, place=place, bandwidth=0.01)
    (gradient,) = torch.autograd.grad(loss, output)
    assert loss.isfinite()
    assert gradient.isfinite().all()


def test_a_frame_of_one_row_or_one_point() -> None:
    assert contiguous_blurry_loss(*torch.rand(2, 1, 1, 1, 9), patch=1).isfinite()
    assert contiguous_blurry_loss(*torch.rand(2, 1, 1, 1, 1), patch=1, place="closeness").isfinite()
    with pytest.raises(ValueError, match="points 1 pixels apart need larger frames"):
        contiguous_blurry_loss(*torch.rand(2, 1, 1, 1, 1), patch=1)


def test_autocast_does_not_reach_the_distances() -> None:
    output, target = torch.rand(2, 1, 1, 6, 7)
    plain, cast = (output.clone().requires_grad_() for _ in range(2))
    expected = contiguous_blurry_loss(plain, target)
    with torch.autocast("cpu", torch.bfloat16):
        loss = contiguous_blurry_loss(cast, target)
        torch.autograd.backward([loss])
    torch.autograd.backward([expected])
    assert plain.grad is not None and cast.grad is not None
    assert torch.equal(loss, expected)
    torch.testing.assert_close(cast.grad, plain.grad, rtol=0, atol=SAME_FORMULA)


def test_the_memory_count_is_right() -> None:
    """The input, its two exponentials and the gradient of the last: four tensors at once, besides a sum."""
    size = 4 * 1000 * 1000
    assert 4 * size <= peak_bytes(lambda x: x.exp().exp().sum(), (1000, 1000)) < 4.1 * size


def test_seven_frames_of_128_fit_in_4_gib() -> None:
    sequence = (1, 7, 128, 128)
    assert CHUNK_CPU < CHUNK_GPU
    in_chunks = peak_bytes(partial(contiguous_blurry_loss, place="closeness", chunk=CHUNK_GPU), sequence, sequence)
    at_once = peak_bytes(partial(contiguous_blurry_loss, place="closeness", chunk=128**2), sequence, sequence)
    assert in_chunks < CONTIGUOUS_MEMORY / 2
    assert at_once > CONTIGUOUS_MEMORY


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"place": "near"}, "place must be distance or closeness, not near"),
        ({"bandwidth": 0}, "bandwidth and epsilon must be above 0, not 0 and 1e-05"),
        ({"epsilon": -1}, "bandwidth and epsilon must be above 0, not 0.5 and -1"),
        ({"patch": 4}, "patch must be odd and at most 7 for these frames, not 4"),
        ({"patch": 9}, "patch must be odd and at most 7 for these frames, not 9"),
        ({"step": 0}, "step and chunk must be at least 1, not 0 and 64"),
        ({"chunk": 0}, "step and chunk must be at least 1, not 1 and 0"),
    ],
)
def test_other_arguments_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"contiguous_blurry_loss: {message}"):
        contiguous_blurry_loss(*torch.rand(2, 1, 1, 4, 5), **arguments)  # type: ignore[arg-type]


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"frames must be \(N, K, H, W\), not \(4, 5\)"):
        contiguous_blurry_loss(*torch.rand(2, 4, 5))
    with pytest.raises(ValueError, match="output and target must have one shape"):
        contiguous_blurry_loss(torch.rand(1, 1, 4, 5), torch.rand(1, 1, 5, 4))
