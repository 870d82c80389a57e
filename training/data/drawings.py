"""Pictures that no photograph holds: plain areas at every level, gradients, and text and shapes on them.

A network must leave a plain area as it is, from black to white, in noise and without; photographs have few of those,
and crops of them are chosen for texture. White is drawn brighter than a sensor can hold, so that exposure leaves it
white.
"""

from __future__ import annotations

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Generator, Tensor

# White as sRGB continued above 1: 2.0 in linear light, above 1 whatever the gain of training.data.blur.expose.
WHITE = 1.354
# Of all levels, so many are black and as many white.
EXTREME_SHARE = 0.15
KINDS = 3  # plain, gradient, text and shapes; equally frequent
LETTERS = "ABCDEFGHIKLMNOPRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789&%?!.,:"


def with_drawings(layers: Tensor, share: float, generator: Generator) -> Tensor:
    """Layers (N, 3, H, W), sRGB, of which a share is replaced by drawings of 0..1 and `WHITE`."""
    if not share:
        return layers
    result = layers.clone()
    for n in (_numbers(len(layers), generator) < share).nonzero().flatten().tolist():
        result[n] = drawing(layers.shape[2], layers.shape[3], generator).to(layers)
    return result


def drawing(height: int, width: int, generator: Generator) -> Tensor:
    """One drawing (3, height, width), sRGB 0..1 and `WHITE`."""
    kind = int(_numbers(1, generator) * KINDS)
    if kind == 0:
        encoded = _colour(generator)[:, None, None].expand(3, height, width).clone()
    elif kind == 1:
        encoded = _gradient(height, width, generator)
    else:
        encoded = _lettering(height, width, generator)
    return encoded.masked_fill(encoded >= 1, WHITE)


def _numbers(count: int, generator: Generator) -> Tensor:
    return torch.rand(count, generator=generator, device=generator.device).cpu()


def _colour(generator: Generator) -> Tensor:
    """(3,) sRGB in steps of 1/255: black, white, a grey or a colour."""
    kind = float(_numbers(1, generator))
    levels = (_numbers(3, generator) * 256).floor().clamp(max=255) / 255
    if kind < 2 * EXTREME_SHARE:
        return torch.full((3,), float(kind < EXTREME_SHARE))
    return levels[:1].expand(3).clone() if kind < (1 + 2 * EXTREME_SHARE) / 2 else levels


def _gradient(height: int, width: int, generator: Generator) -> Tensor:
    """From one colour to another, in any direction."""
    one, other = _colour(generator), _colour(generator)
    angle = _numbers(1, generator) * 2 * torch.pi
    y, x = torch.linspace(-0.5, 0.5, height)[:, None], torch.linspace(-0.5, 0.5, width)
    place = (0.5 + x * angle.cos() + y * angle.sin()).clamp(0, 1)
    return one[:, None, None] + (other - one)[:, None, None] * place


def _lettering(height: int, width: int, generator: Generator) -> Tensor:
    """Lines of letters of one size, and a few rectangles and ellipses, in plain colours on a plain ground."""

    def number(low: int, high: int) -> int:
        return low + int(_numbers(1, generator) * (high - low))

    def colour() -> tuple[int, ...]:
        return tuple((_colour(generator) * 255).round().int().tolist())

    picture = Image.new("RGB", (width, height), colour())
    pen = ImageDraw.Draw(picture)
    for _ in range(number(0, 5)):
        left, top = number(0, width), number(0, height)
        box = (left, top, left + number(8, width // 2 + 9), top + number(8, height // 2 + 9))
        (pen.ellipse if number(0, 2) else pen.rectangle)(box, fill=colour())
    size = number(8, 40)
    font, ink = ImageFont.load_default(size), colour()
    for top in range(number(-size, size), height, size + number(2, size)):
        line = "".join(LETTERS[number(0, len(LETTERS))] for _ in range(2 * width // size))
        pen.text((number(-size, size), top), line, fill=ink, font=font)
    data = torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8)
    return data.view(height, width, 3).permute(2, 0, 1).float() / 255
