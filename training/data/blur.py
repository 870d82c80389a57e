"""Blurred video from still photographs: camera shake and moving objects, averaged in linear light.

A sample is a short clip. Two layers, a background and sometimes an object with a soft mask, each move along a smooth
path of their own in six degrees of freedom. Some layers are out of focus, in the sharp frame too: softness is not
motion, video is full of it, and photographs scaled down have none. Every frame is the mean of dense sub-frames over the
exposure (equation 1 of the DTB paper, with tau sub-frames), taken in linear light; the sharp frame is the sub-frame at
the middle of the exposure. Then comes what a camera does: clipped highlights, Poisson-Gaussian noise, the sRGB curve,
sharpening, JPEG blocks or a video encoder, and 8 bits.

Limits: a layer is a plane, so there is no parallax within it; the sharp frame carries neither noise nor compression.
It has what the camera does to sharp frames too, clipping, rolling shutter and sharpening: none of that is blur.

All functions run on the device of their input and draw from the generator they are given, so a sample is a pure
function of photographs, settings and seed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from training.data.drawings import with_drawings
from training.data.encoder import encoded
from training.data.jpeg import jpeg
from training.data.sharpening import sharpened

# What is left of a camera's speed on a tripod; the largest growth of a fade's light a frame, in natural logarithms; the
# faintest layer's contrast.
STILL = 0.02
FADE = 0.12
LEAST_CONTRAST = 0.05


@dataclass(frozen=True)
class BlurSettings:
    """Ranges that samples are drawn from. Lengths are pixels, speeds pixels a frame, shares 0..1.

    `soft_share` is that of layers out of focus, and `soft_max` the largest deviation of their Gaussian.
    `shot_noise` is the largest variance a unit of linear light, `read_noise` the largest deviation in the dark.
    Strong noise would teach a network to smooth, and then it takes grain and texture out of sharp frames too.
    Shares that are 0 by default are of: layers drawn instead of photographed (training.data.drawings), samples whose
    rows are read one after another, samples with a near layer that the same camera moves faster, objects that deform,
    samples sharpened in the camera, samples that a video encoder had, samples at an end of a scene
    (training.data.ends), samples whose camera stands on a tripod, where it moves by STILL of its speed, samples that
    grow brighter or darker, and layers of faint contrast, as walls and skies have.
    `instants` is how many sharp pictures of each exposure are given: the middle one, or an odd number evenly spaced
    from the first sub-frame to the last.
    """

    size: int = 64
    frames: int = 6
    subframes: int = 13
    instants: int = 1
    margin: int = 48
    speed_min: float = 0.0
    speed_max: float = 18.0
    object_speed_max: float = 18.0
    exposure_min: float = 0.25
    exposure_max: float = 1.0
    sharp_share: float = 0.2
    soft_share: float = 0.25
    soft_max: float = 1.5
    object_share: float = 0.4
    saturated_share: float = 0.3
    noise_share: float = 0.6
    compressed_share: float = 0.2
    drawn_share: float = 0.0
    rolling_share: float = 0.0
    parallax_share: float = 0.0
    deformed_share: float = 0.0
    sharpened_share: float = 0.0
    video_share: float = 0.0
    end_share: float = 0.0
    still_share: float = 0.0
    fade_share: float = 0.0
    faint_share: float = 0.0
    shot_noise: float = 5e-4
    read_noise: float = 4e-3

    def __post_init__(self) -> None:
        if self.instants % 2 == 0 or not 1 <= self.instants <= self.subframes:
            raise ValueError(f"instants must be odd and at most the {self.subframes} sub-frames, not {self.instants}")

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
        times: (N, F, S) instants in frames, of N samples.
        count: number of paths of each sample.
    Returns:
        (N, count, F, S), scaled so that the root mean square speed is one unit a frame.
    """
    samples = len(times)
    slow = uniform((samples, count, 3), 0.04, 0.25, times, generator)
    fast = uniform((samples, count, 1), 0.5, 1.1, times, generator)
    frequency = 2 * math.pi * torch.cat([slow, fast], 2)
    phase = uniform((samples, count, 4), 0, 2 * math.pi, times, generator)
    speed = uniform((samples, count, 4), 0.1, 1.0, times, generator)
    speed[..., 3] *= 0.1
    drift = uniform((samples, count, 1), -0.7, 0.7, times, generator)
    flat = times.flatten(1)[:, None]
    angle = frequency[..., None] * flat[:, None] + phase[..., None]
    position = ((speed / frequency)[..., None] * torch.sin(angle)).sum(2) + drift * flat
    velocity = (speed[..., None] * torch.cos(angle)).sum(2) + drift
    rms = velocity.square().mean(2, keepdim=True).sqrt().clamp(min=1e-3)
    position = (position - position.mean(2, keepdim=True)) / rms
    return position.view(samples, count, *times.shape[1:])


def motion_grid(
    times: Tensor, speed: Tensor, settings: BlurSettings, generator: Generator, readout: Tensor | None = None
) -> Tensor:
    """Sampling grids of a moving camera over a canvas of `settings.canvas` pixels.

    The camera looks at a plane. It shifts along three axes (across, up, and nearer, which is zoom) and turns about
    three: roll, pitch and yaw. The shift that pitch and yaw bring with them is left to the first two, so that what
    remains of them is perspective: the square that is seen becomes a trapezium.

    Args:
        times: (N, F, S) instants in frames.
        speed: (N,) root mean square speed of each sample, pixels a frame.
        readout: (N,) time from the first row to the last, frames; without it all rows are read at once.
    Returns:
        (N, F*S*size, size, 2) for `grid_sample` with align_corners=False.
    """
    count, size, canvas = len(speed), settings.size, settings.canvas
    if readout is not None:  # the poses of the first row and of the last; rows between lie between
        half = readout[:, None, None] / 2
        times = torch.cat([times - half, times + half], 2)
    paths = smooth_paths(times, 6, generator)
    heading = uniform((count,), 0, 2 * math.pi, times, generator)
    anisotropy = uniform((count,), 0.15, 1.0, times, generator)
    norm = (1 + anisotropy**2).sqrt()
    along = paths[:, 0] * (speed / norm)[:, None, None]
    across = paths[:, 1] * (speed * anisotropy / norm)[:, None, None]
    cos, sin = heading.cos()[:, None, None], heading.sin()[:, None, None]
    limit = settings.margin * 0.9
    dx = limit * torch.tanh((along * cos - across * sin) / limit)
    dy = limit * torch.tanh((along * sin + across * cos) / limit)
    # Share of the speed at the patch's corner: up to a quarter from roll, up to a tenth from zoom, pitch and yaw each.
    turn = speed * uniform((count,), 0, 0.25, times, generator) / (size / 2)
    zoom = speed * uniform((count,), 0, 0.1, times, generator) / (size / 2)
    angle = (paths[:, 2] * turn[:, None, None]).clamp(-0.5, 0.5)
    scale = (paths[:, 3] * zoom[:, None, None]).clamp(-0.3, 0.3).exp()
    tilt = speed * uniform((count,), 0, 0.1, times, generator) / (size / 2)
    tilts = 0.1 * torch.tanh(paths[:, 4:] * tilt[:, None, None, None] / 0.1) / (size / 2)
    axis = torch.arange(size, device=times.device, dtype=times.dtype) - (size - 1) / 2
    across, down = axis[None, :], axis[:, None]
    ca, sa = angle.cos() * scale, angle.sin() * scale
    ca, sa, dx, dy = (_by_rows(value * (2 / canvas), readout, size) for value in (ca, sa, dx, dy))
    depth = 1 + across * _by_rows(tilts[:, 0], readout, size) + down * _by_rows(tilts[:, 1], readout, size)
    grid = torch.empty((*depth.shape, 2), device=times.device, dtype=times.dtype)
    torch.addcdiv(dx, across * ca - down * sa, depth, out=grid[..., 0])
    torch.addcdiv(dy, across * sa + down * ca, depth, out=grid[..., 1])
    return grid.view(count, -1, size, 2)


def _by_rows(value: Tensor, readout: Tensor | None, size: int) -> Tensor:
    """(N, F, S) as (N, F, S, 1, 1), or (N, F, 2*S) of first and last row as (N, F, S, size, 1)."""
    if readout is None:
        return value[..., None, None]
    first, last = value.chunk(2, 2)
    rows = torch.linspace(0, 1, size, device=value.device, dtype=value.dtype)
    return torch.lerp(first[..., None], last[..., None], rows)[..., None]


def nearer(grid: Tensor, settings: BlurSettings, generator: Generator) -> Tensor:
    """Grids of `motion_grid` as the same camera moves over something nearer: all motion 1.2 to 2.5 times as far."""
    size = settings.size
    axis = (torch.arange(size, device=grid.device, dtype=grid.dtype) - (size - 1) / 2) * (2 / settings.canvas)
    still = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), -1)
    factor = uniform((len(grid), 1, 1, 1, 1), 1.2, 2.5, grid, generator)
    return (still + factor * (grid.view(len(grid), -1, size, size, 2) - still)).flatten(1, 2)


def deformed(grid: Tensor, times: Tensor, settings: BlurSettings, generator: Generator) -> Tensor:
    """Grids of `motion_grid` over something that bends: a wave of up to 5 pixels across and one down, each in time
    with a smooth path of its own.

    Args:
        times: (N, F, S), the instants of the grid.
    """
    count, size = len(grid), settings.size
    reach = uniform((count, 2, 1, 1), 0.5, 5, times, generator)
    shift = reach * torch.tanh(smooth_paths(times, 2, generator) / 2) * (2 / settings.canvas)
    turns = uniform((count, 2, 2, 1, 1), -2.5, 2.5, times, generator) * (2 * math.pi)
    phase = uniform((count, 2, 1, 1), 0, 2 * math.pi, times, generator)
    axis = torch.linspace(-0.5, 0.5, size, device=times.device, dtype=times.dtype)
    wave = torch.sin(turns[:, :, 0] * axis + turns[:, :, 1] * axis[:, None] + phase)
    bend = shift.flatten(2)[..., None, None] * wave[:, :, None]
    return grid + bend.permute(0, 2, 3, 4, 1).flatten(1, 2)


def faint(layers: Tensor, share: float, generator: Generator) -> Tensor:
    """Layers (N, 3, H, W), sRGB, of which a share has 1 to LEAST_CONTRAST of its contrast, about its mean colour."""
    if not share:
        return layers
    contrast = LEAST_CONTRAST ** uniform((len(layers),), 0, 1, layers, generator)
    contrast[_outside(share, contrast, generator)] = 1
    return torch.lerp(layers.mean((2, 3), keepdim=True), layers, contrast[:, None, None, None])


def defocus(layers: Tensor, settings: BlurSettings, generator: Generator) -> Tensor:
    """Layers (N, 3, H, W), of which a share `soft_share` comes out blurred alike in all directions."""
    if not settings.soft_share:
        return layers
    chosen = (uniform((len(layers),), 0, 1, layers, generator) < settings.soft_share).nonzero().flatten()
    if len(chosen) == 0:
        return layers
    deviation = uniform((len(chosen), 1), 0.3, settings.soft_max, layers, generator)
    radius = math.ceil(3 * settings.soft_max)
    distance = torch.arange(-radius, radius + 1, device=layers.device, dtype=layers.dtype)
    kernel = torch.softmax(-0.5 * (distance / deviation) ** 2, 1).repeat_interleave(3, 0)[:, None, None]
    soft = layers[chosen].flatten(0, 1)[None]
    for kernels, sides in ((kernel, (radius, radius, 0, 0)), (kernel.mT, (0, 0, radius, radius))):
        soft = F.conv2d(F.pad(soft, sides, mode="replicate"), kernels, groups=len(kernels))
    result = layers.clone()
    result[chosen] = soft.view(len(chosen), *layers.shape[1:])
    return result


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


def shutter(count: int, settings: BlurSettings, like: Tensor, generator: Generator) -> Tensor:
    """(N, F, S) instants of all sub-frames of N = `count` samples, in frames.

    Frame n is exposed around time n for a share of a frame, random for each sample; a share `sharp_share` of all
    samples has an exposure of no length.
    """
    exposure = uniform((count,), settings.exposure_min, settings.exposure_max, like, generator)
    # Sharp frames still move: motion between frames must not pass for blur within them.
    exposure[uniform((count,), 0, 1, like, generator) < settings.sharp_share] = 0
    inside = torch.linspace(-0.5, 0.5, settings.subframes, device=like.device) * exposure[:, None]
    return torch.arange(settings.frames, device=like.device)[:, None] + inside[:, None]


def sample_layers(background: Tensor, foreground: Tensor, settings: BlurSettings, generator: Generator) -> Tensor:
    """Renders every sub-frame of every sample.

    Args:
        background, foreground: (N, 3, canvas, canvas) in linear light.
    Returns:
        (N, 3, F, S, size, size) in linear light. Sub-frame S//2 is the middle of the exposure.
    """
    count, size = len(background), settings.size
    times = shutter(count, settings, background, generator)
    speed = uniform((count,), settings.speed_min, settings.speed_max, background, generator)
    if settings.still_share:
        speed[~_outside(settings.still_share, speed, generator)] *= STILL
    shape = (count, 3, settings.frames, settings.subframes, size, size)
    readout = None
    if settings.rolling_share:
        readout = uniform((count,), 0, 0.5, background, generator)
        readout[_outside(settings.rolling_share, readout, generator)] = 0
    grid = motion_grid(times, speed, settings, generator, readout)
    scene = F.grid_sample(background, grid, padding_mode="reflection", align_corners=False).view(shape)
    if settings.parallax_share:
        near = (~_outside(settings.parallax_share, speed, generator)).nonzero().flatten()
        if len(near):
            mask = soft_masks(len(near), settings.canvas, background, generator)
            _cover(scene, near, background.flip(-1), mask, nearer(grid[near], settings, generator))
    chosen = (uniform((count,), 0, 1, background, generator) < settings.object_share).nonzero().flatten()
    if len(chosen) == 0:
        return scene
    mask = soft_masks(len(chosen), settings.canvas, background, generator)
    object_speed = uniform((len(chosen),), 0, settings.object_speed_max, background, generator)
    own = readout[chosen] if readout is not None else None
    grid = motion_grid(times[chosen], object_speed, settings, generator, own)
    if settings.deformed_share:
        soft = (~_outside(settings.deformed_share, object_speed, generator)).nonzero().flatten()
        grid[soft] = deformed(grid[soft], times[chosen[soft]], settings, generator)
    _cover(scene, chosen, foreground, mask, grid)
    return scene


def _outside(share: float, like: Tensor, generator: Generator) -> Tensor:
    """(N,) whether each of `like` is left out of a share."""
    return uniform((len(like),), 0, 1, like, generator) >= share


def _cover(scene: Tensor, chosen: Tensor, layers: Tensor, mask: Tensor, grid: Tensor) -> None:
    """Puts what `mask` shows of the `chosen` `layers` (N, 3, canvas, canvas), moved by `grid`, before their scenes."""
    layer = torch.cat([layers[chosen] * mask, mask], 1)
    moved = F.grid_sample(layer, grid, align_corners=False).view(len(chosen), 4, *scene.shape[2:])
    scene[chosen] = scene[chosen] * (1 - moved[:, 3:]) + moved[:, :3]


def expose(subframes: Tensor, settings: BlurSettings, generator: Generator) -> tuple[Tensor, Tensor]:
    """Averages sub-frames and develops the result as a camera would.

    Args:
        subframes: (N, 3, F, S, H, W) in linear light, 0..1.
    Returns:
        blurred (N, F, 3, H, W), sRGB 0..1 in steps of 1/255, and sharp, the same shape or, with more than one instant,
        (N, F, instants, 3, H, W).
    """
    count, _, frames, steps = subframes.shape[:4]
    saturated = uniform((count,), 0, 1, subframes, generator) < settings.saturated_share
    boost = uniform((count,), 0, 3, subframes, generator)[saturated, None, None, None, None, None]
    if len(boost):
        subframes = subframes.clone()
        bright = subframes[saturated]
        subframes[saturated] = bright.addcmul(bright.square().square(), boost)
    gain = uniform((count, 1, 1, 1, 1), 0.6, 1.1, subframes, generator)
    if settings.fade_share:
        gain = gain * _fades(subframes, settings, generator)
    blurred = (subframes.mean(3) * gain).clamp(0, 1)
    sharp = _sharp_instants(subframes, gain, settings.instants)
    noisy = uniform((count,), 0, 1, subframes, generator) < settings.noise_share
    strength = uniform((count, 2), 0, 1, subframes, generator).square().masked_fill(~noisy[:, None], 0)
    shot, read = settings.shot_noise * strength[:, 0], settings.read_noise * strength[:, 1]
    sigma = (shot[:, None, None, None, None] * blurred + read.square()[:, None, None, None, None]).sqrt()
    noise = torch.randn(blurred.shape, generator=generator, device=blurred.device, dtype=blurred.dtype)
    blurred = to_encoded((blurred + sigma * noise).clamp(0, 1)).transpose(1, 2).contiguous()
    if settings.sharpened_share:
        amount = uniform((count,), 0.2, 1, blurred, generator)
        amount[_outside(settings.sharpened_share, amount, generator)] = 0
        blurred, sharp = sharpened(blurred, amount), sharpened(sharp, amount)
    chosen = (uniform((count,), 0, 1, blurred, generator) < settings.compressed_share).nonzero().flatten()
    if len(chosen):
        quality = uniform((len(chosen),), 70, 95, blurred, generator).repeat_interleave(frames)
        blurred[chosen] = jpeg(blurred[chosen].flatten(0, 1), quality).view_as(blurred[chosen])
    if settings.video_share:
        chosen = (~_outside(settings.video_share, gain, generator)).nonzero().flatten()
        if len(chosen):
            blurred[chosen] = encoded(blurred[chosen], generator)
    blurred = (blurred * 255).round() / 255
    return blurred, sharp


def _fades(subframes: Tensor, settings: BlurSettings, generator: Generator) -> Tensor:
    """(N, 1, F, 1, 1) factors of light, 1 in the middle of a clip: a share `fade_share` grows brighter or darker at a
    steady rate, up to FADE and mostly far below, as in fades and as cameras adapt."""
    count, _, frames = subframes.shape[:3]
    rate = uniform((count,), -1, 1, subframes, generator)
    rate = FADE * rate * rate.abs()
    rate[_outside(settings.fade_share, rate, generator)] = 0
    times = torch.arange(frames, device=rate.device, dtype=rate.dtype) - (frames - 1) / 2
    return (rate[:, None] * times).exp()[:, None, :, None, None]


def _sharp_instants(subframes: Tensor, gain: Tensor, instants: int) -> Tensor:
    """Developed sub-frames: the middle one (N, F, 3, H, W), or several (N, F, instants, 3, H, W)."""
    steps = subframes.shape[3]
    if instants == 1:
        return to_encoded((subframes[:, :, :, steps // 2] * gain).clamp(0, 1)).transpose(1, 2).contiguous()
    chosen = torch.linspace(0, steps - 1, instants).round().long().to(subframes.device)
    several = subframes.index_select(3, chosen) * gain[..., None]
    return to_encoded(several.clamp(0, 1)).permute(0, 2, 3, 1, 4, 5).contiguous()


def synthesise(
    background: Tensor, foreground: Tensor, settings: BlurSettings, generator: Generator
) -> tuple[Tensor, Tensor]:
    """Makes a batch of clips from photograph crops.

    Args:
        background, foreground: (N, 3, canvas, canvas), sRGB 0..1, canvas = `settings.canvas`.
    Returns:
        blurred clips (N, F, 3, size, size), and sharp ones of the same shape or, with more than one instant,
        (N, F, instants, 3, size, size); sRGB 0..1.
    """
    layers = (with_drawings(layer, settings.drawn_share, generator) for layer in (background, foreground))
    layers = (faint(layer, settings.faint_share, generator) for layer in layers)
    background, foreground = (defocus(to_linear(layer), settings, generator) for layer in layers)
    subframes = sample_layers(background, foreground, settings, generator)
    return expose(subframes, settings, generator)
