"""Blurred video from still photographs: camera shake and moving objects, averaged in linear light.

A sample is a short clip. Two layers, a background and sometimes an object with a soft mask, each move along a smooth
path of their own. Every frame is the mean of dense sub-frames over the exposure (equation 1 of the DTB paper,
with tau sub-frames), taken in linear light; the sharp frame is the sub-frame at the middle of the exposure. Then
comes what a camera does: clipped highlights, Poisson-Gaussian noise, the sRGB curve, JPEG blocks, 8 bits.

Limits: motion is translation, rotation and zoom in the image plane, without perspective; no rolling shutter; objects
do not deform; the sharp frame carries neither noise nor compression.

All functions run on the device of their input and draw from the generator they are given, so a sample is a pure
function of photographs, settings and seed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor


@dataclass(frozen=True)
class BlurSettings:
    """Ranges that samples are drawn from. Lengths are pixels, speeds pixels a frame, shares 0..1.

    `shot_noise` is the largest variance a unit of linear light, `read_noise` the largest deviation in the dark.
    Strong noise would teach a network to smooth, and then it takes grain and texture out of sharp frames too.
    """

    size: int = 64
    frames: int = 6
    subframes: int = 13
    margin: int = 48
    speed_max: float = 18.0
    object_speed_max: float = 18.0
    exposure_min: float = 0.25
    exposure_max: float = 1.0
    sharp_share: float = 0.2
    object_share: float = 0.4
    saturated_share: float = 0.3
    noise_share: float = 0.6
    compressed_share: float = 0.2
    shot_noise: float = 5e-4
    read_noise: float = 4e-3

    @property
    def canvas(self) -> int:
        """Side of the photograph crop that a sample moves over, pixels."""
        return self.size + 2 * self.margin


def to_linear(encoded: Tensor) -> Tensor:
    """sRGB (IEC 61966-2-1) to linear light; 0..1 to 0..1, any shape."""
    return torch.where(encoded <= 0.04045, encoded / 12.92, ((encoded.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4)


def to_encoded(linear: Tensor) -> Tensor:
    """Linear light to sRGB; the inverse of `to_linear` on 0..1, any shape."""
    low = linear * 12.92
    return torch.where(linear <= 0.0031308, low, 1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055)


def uniform(shape: tuple[int, ...], low: float, high: float, like: Tensor, generator: Generator) -> Tensor:
    """Numbers from [low, high), of `like`'s device and type."""
    return torch.rand(shape, generator=generator, device=like.device, dtype=like.dtype) * (high - low) + low


def smooth_paths(times: Tensor, count: int, generator: Generator) -> Tensor:
    """Random smooth scalar paths.

    Each path is a drift plus four sinusoids: three slow ones (0.04 to 0.25 cycles a frame: hand shake of 1 to 8 Hz at
    common frame rates) and a weak fast one for tremor. They bend blur kernels; much more of the fast one would move the
    middle of the exposure off the blur's centre by what no frame shows, and teach nothing.

    Args:
        times: (F, S) instants in frames.
        count: number of paths.
    Returns:
        (count, F, S), scaled so that the root mean square speed is one unit a frame.
    """
    slow = uniform((count, 3), 0.04, 0.25, times, generator)
    fast = uniform((count, 1), 0.5, 1.1, times, generator)
    frequency = 2 * math.pi * torch.cat([slow, fast], 1)
    phase = uniform((count, 4), 0, 2 * math.pi, times, generator)
    speed = uniform((count, 4), 0.1, 1.0, times, generator)
    speed[:, 3] *= 0.1
    drift = uniform((count, 1), -0.7, 0.7, times, generator)
    flat = times.flatten()
    angle = frequency[:, :, None] * flat + phase[:, :, None]
    position = ((speed / frequency)[:, :, None] * torch.sin(angle)).sum(1) + drift * flat
    velocity = (speed[:, :, None] * torch.cos(angle)).sum(1) + drift
    rms = velocity.square().mean(1, keepdim=True).sqrt().clamp(min=1e-3)
    position = (position - position.mean(1, keepdim=True)) / rms
    return position.view(count, *times.shape)


def motion_grid(times: Tensor, speed: Tensor, settings: BlurSettings, generator: Generator) -> Tensor:
    """Sampling grids of a moving camera over a canvas of `settings.canvas` pixels.

    Args:
        times: (F, S) instants in frames.
        speed: (N,) root mean square speed of each sample, pixels a frame.
    Returns:
        (N, F*S*size, size, 2) for `grid_sample` with align_corners=False.
    """
    count, size, canvas = len(speed), settings.size, settings.canvas
    paths = smooth_paths(times, 4 * count, generator).view(count, 4, *times.shape)
    heading = uniform((count,), 0, 2 * math.pi, times, generator)
    anisotropy = uniform((count,), 0.15, 1.0, times, generator)
    norm = (1 + anisotropy**2).sqrt()
    along = paths[:, 0] * (speed / norm)[:, None, None]
    across = paths[:, 1] * (speed * anisotropy / norm)[:, None, None]
    cos, sin = heading.cos()[:, None, None], heading.sin()[:, None, None]
    limit = settings.margin * 0.9
    dx = limit * torch.tanh((along * cos - across * sin) / limit)
    dy = limit * torch.tanh((along * sin + across * cos) / limit)
    # A quarter of the speed at the patch's corner may come from rotation and zoom.
    turn = speed * uniform((count,), 0, 0.25, times, generator) / (size / 2)
    zoom = speed * uniform((count,), 0, 0.1, times, generator) / (size / 2)
    angle = (paths[:, 2] * turn[:, None, None]).clamp(-0.5, 0.5)
    scale = (paths[:, 3] * zoom[:, None, None]).clamp(-0.3, 0.3).exp()
    axis = torch.arange(size, device=times.device, dtype=times.dtype) - (size - 1) / 2
    ca, sa = (angle.cos() * scale)[..., None, None], (angle.sin() * scale)[..., None, None]
    x = axis[None, :] * ca - axis[:, None] * sa + dx[..., None, None]
    y = axis[None, :] * sa + axis[:, None] * ca + dy[..., None, None]
    grid = torch.stack([x, y], -1) * (2 / canvas)
    return grid.view(count, -1, size, 2)


def soft_masks(count: int, side: int, like: Tensor, generator: Generator) -> Tensor:
    """Random blobs with soft edges, (N, 1, side, side) in 0..1: an ellipse whose outline low-frequency noise bends."""
    axis = torch.linspace(-1, 1, side, device=like.device, dtype=like.dtype)
    centre = uniform((count, 2), -0.35, 0.35, like, generator)
    radius = uniform((count, 2), 0.12, 0.5, like, generator)
    x = (axis[None, None, :] - centre[:, 0, None, None]) / radius[:, 0, None, None]
    y = (axis[None, :, None] - centre[:, 1, None, None]) / radius[:, 1, None, None]
    noise = torch.randn((count, 1, 7, 7), generator=generator, device=like.device, dtype=like.dtype)
    bend = F.interpolate(noise, size=(side, side), mode="bicubic", align_corners=False)[:, 0]
    distance = (1 - (x**2 + y**2).sqrt() + 0.25 * bend) * radius.mean(1)[:, None, None] * side / 2
    softness = uniform((count, 1, 1), 0.5, 2.0, like, generator)
    return torch.sigmoid(distance / softness)[:, None]


def shutter(settings: BlurSettings, like: Tensor, generator: Generator) -> Tensor:
    """(F, S) instants of all sub-frames, in frames: frame n is exposed around time n, for a random share of a frame.

    A share `sharp_share` of all calls gives an exposure of no length.
    """
    exposure = float(uniform((1,), settings.exposure_min, settings.exposure_max, like, generator))
    if float(uniform((1,), 0, 1, like, generator)) < settings.sharp_share:
        exposure = 0.0  # sharp frames still move: motion between frames must not pass for blur within them
    inside = torch.linspace(-0.5, 0.5, settings.subframes, device=like.device) * exposure
    return torch.arange(settings.frames, device=like.device)[:, None] + inside


def sample_layers(background: Tensor, foreground: Tensor, settings: BlurSettings, generator: Generator) -> Tensor:
    """Renders every sub-frame of every sample.

    Args:
        background, foreground: (N, 3, canvas, canvas) in linear light.
    Returns:
        (N, 3, F, S, size, size) in linear light. Sub-frame S//2 is the middle of the exposure.
    """
    count, size = len(background), settings.size
    times = shutter(settings, background, generator)
    speed = uniform((count,), 0, settings.speed_max, background, generator)
    shape = (count, 3, settings.frames, settings.subframes, size, size)
    scene = F.grid_sample(
        background, motion_grid(times, speed, settings, generator), padding_mode="reflection", align_corners=False
    ).view(shape)
    chosen = (uniform((count,), 0, 1, background, generator) < settings.object_share).nonzero().flatten()
    if len(chosen) == 0:
        return scene
    mask = soft_masks(len(chosen), settings.canvas, background, generator)
    layer = torch.cat([foreground[chosen] * mask, mask], 1)
    object_speed = uniform((len(chosen),), 0, settings.object_speed_max, background, generator)
    grid = motion_grid(times, object_speed, settings, generator)
    moved = F.grid_sample(layer, grid, align_corners=False).view(len(chosen), 4, *shape[2:])
    scene[chosen] = scene[chosen] * (1 - moved[:, 3:]) + moved[:, :3]
    return scene


def jpeg(image: Tensor, quality: Tensor) -> Tensor:
    """What baseline JPEG with 4:2:0 chroma leaves of a picture.

    Args:
        image: (N, 3, H, W), sRGB 0..1, H and W multiples of 16.
        quality: (N,), 1..100 with the meaning of libjpeg.
    Returns:
        Same shape, 0..1. Tables: ITU-T T.81 annex K, scaled as libjpeg does.
    """
    luma, chroma = (table.to(image) for table in (_LUMA_TABLE, _CHROMA_TABLE))
    factor = torch.where(quality < 50, 50 / quality, 2 - quality / 50)[:, None, None, None]
    to_ycc = _YCC.to(image)
    ycc = torch.einsum("ij,njhw->nihw", to_ycc, image * 255)
    y = _quantise_blocks(ycc[:, :1] - 128, (luma * factor).clamp(min=1).round()) + 128
    half = F.avg_pool2d(ycc[:, 1:], 2)
    half = _quantise_blocks(half, (chroma * factor).clamp(min=1).round())
    full = F.interpolate(half, scale_factor=2, mode="bilinear", align_corners=False)
    rgb = torch.einsum("ij,njhw->nihw", torch.linalg.inv(to_ycc), torch.cat([y, full], 1))
    return (rgb / 255).clamp(0, 1)


def _quantise_blocks(plane: Tensor, table: Tensor) -> Tensor:
    """Rounds the 8x8 DCT coefficients of (N, C, H, W) to multiples of `table` (N, 1, 8, 8)."""
    n, c, height, width = plane.shape
    dct = _DCT.to(plane)
    blocks = plane.view(n, c, height // 8, 8, width // 8, 8).permute(0, 1, 2, 4, 3, 5)
    steps = table[:, :, None, None]
    coefficients = ((dct @ blocks @ dct.T) / steps).round() * steps
    blocks = dct.T @ coefficients @ dct
    return blocks.permute(0, 1, 2, 4, 3, 5).reshape(n, c, height, width)


def _dct_matrix() -> Tensor:
    k = torch.arange(8, dtype=torch.float64)
    matrix = torch.cos(math.pi / 8 * (k[None, :] + 0.5) * k[:, None]) / 2
    matrix[0] /= math.sqrt(2)
    return matrix.float()


_DCT = _dct_matrix()
_YCC = torch.tensor([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
_LUMA_TABLE = torch.tensor(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)[None, None].float()
_CHROMA_TABLE = torch.full((8, 8), 99.0)
_CHROMA_TABLE[:4, :4] = torch.tensor([[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]])
_CHROMA_TABLE = _CHROMA_TABLE[None, None]


def expose(subframes: Tensor, settings: BlurSettings, generator: Generator) -> tuple[Tensor, Tensor]:
    """Averages sub-frames and develops the result as a camera would.

    Args:
        subframes: (N, 3, F, S, H, W) in linear light, 0..1.
    Returns:
        blurred and sharp, each (N, F, 3, H, W), sRGB 0..1 in steps of 1/255 where blurred.
    """
    count, _, frames, steps = subframes.shape[:4]
    saturated = uniform((count,), 0, 1, subframes, generator) < settings.saturated_share
    boost = uniform((count,), 0, 3, subframes, generator).masked_fill(~saturated, 0)[:, None, None, None, None, None]
    subframes = subframes + boost * subframes**4
    gain = uniform((count, 1, 1, 1, 1), 0.6, 1.1, subframes, generator)
    blurred = (subframes.mean(3) * gain).clamp(0, 1)
    sharp = (subframes[:, :, :, steps // 2] * gain).clamp(0, 1)
    noisy = uniform((count,), 0, 1, subframes, generator) < settings.noise_share
    strength = uniform((count, 2), 0, 1, subframes, generator).square().masked_fill(~noisy[:, None], 0)
    shot, read = settings.shot_noise * strength[:, 0], settings.read_noise * strength[:, 1]
    sigma = (shot[:, None, None, None, None] * blurred + read.square()[:, None, None, None, None]).sqrt()
    noise = torch.randn(blurred.shape, generator=generator, device=blurred.device, dtype=blurred.dtype)
    blurred = to_encoded((blurred + sigma * noise).clamp(0, 1)).transpose(1, 2).contiguous()
    chosen = (uniform((count,), 0, 1, blurred, generator) < settings.compressed_share).nonzero().flatten()
    if len(chosen):
        quality = uniform((len(chosen),), 70, 95, blurred, generator).repeat_interleave(frames)
        blurred[chosen] = jpeg(blurred[chosen].flatten(0, 1), quality).view_as(blurred[chosen])
    blurred = (blurred * 255).round() / 255
    return blurred, to_encoded(sharp).transpose(1, 2).contiguous()


def synthesise(
    background: Tensor, foreground: Tensor, settings: BlurSettings, generator: Generator
) -> tuple[Tensor, Tensor]:
    """Makes a batch of clips from photograph crops.

    Args:
        background, foreground: (N, 3, canvas, canvas), sRGB 0..1, canvas = `settings.canvas`.
    Returns:
        blurred and sharp clips, each (N, F, 3, size, size), sRGB 0..1.
    """
    subframes = sample_layers(to_linear(background), to_linear(foreground), settings, generator)
    return expose(subframes, settings, generator)
