"""Pairs made of photographs and ordinary videos, for evaluation or as a pool of training clips.

Every photograph or video becomes one clip. A shaking camera moves over the part of a photograph that has the most
texture, with an object cut from the next photograph in front of it; a video keeps its own motion and is shaken on top,
each of its frames standing still during its exposure. Or the camera stands on a tripod, in noise, before which the
object moves. Blur is made by training.data.blur, so evaluation shares training's model of blur and must not share its
pictures.

Clips are written whole or not at all, and a clip that is there already is not made again, so a run that was stopped
goes on where it was.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Generator, Tensor
from tqdm import tqdm

from training.data.blur import BlurSettings, expose, motion_grid, sample_layers, shutter, to_linear
from training.data.eight_bits import to_frames, to_pixels
from training.data.highspeed import compress, read_subframes
from training.data.pairs import Made, PairError, is_made, read_picture, whole_clip, write_pair
from training.data.pictures import SUFFIXES

SETTINGS = BlurSettings(
    frames=24, margin=56, subframes=25, sharp_share=0, object_share=1, object_speed_max=14, compressed_share=0
)
# What clips from a tripod have in place of these settings.
TRIPOD = {"still_share": 1.0, "noise_share": 1.0, "object_speed_max": 4.0}
# A clip is drawn again until its input PSNR, dB, lies here: moderate to strong blur, or on a tripod such noise.
INPUT_PSNR = (24.0, 31.0)
TRIPOD_PSNR = (32.0, 38.0)
DRAWS = 30
SPEED_MAX = 40.0  # pixels a frame; beyond it, the camera would leave the margins


def richest(picture: Tensor, settings: BlurSettings) -> Tensor:
    """The square of `settings.canvas` pixels of (..., 3, H, W) whose inside, after the margins, has the most texture.

    Texture is the mean absolute difference of neighbours, over all leading dimensions.
    """
    flat = picture.reshape(-1, *picture.shape[-2:])
    down, across = flat.diff(dim=1).abs().mean(0), flat.diff(dim=2).abs().mean(0)
    texture = F.pad(down, (0, 0, 0, 1)) + F.pad(across, (0, 1))
    margin, canvas, size = settings.margin, settings.canvas, settings.size
    inside = texture[margin : texture.shape[0] - margin, margin : texture.shape[1] - margin]
    table = F.pad(inside.double().cumsum(0).cumsum(1), (1, 0, 1, 0))
    sums = table[size:, size:] - table[:-size, size:] - table[size:, :-size] + table[:-size, :-size]
    top, left = divmod(int(sums.argmax()), sums.shape[1])
    return picture[..., top : top + canvas, left : left + canvas]


def _largest(pictures: dict[Path, Tensor], settings: BlurSettings) -> BlurSettings:
    """Settings for the largest square of 16s that fits all pictures, at most 256 pixels after the margins."""
    smallest = 64 + 2 * settings.margin
    for path, picture in pictures.items():
        height, width = picture.shape[-2:]
        if min(height, width) < smallest:
            raise PairError(f"{path} is {width}x{height}; a source must be at least {smallest} pixels a side")
    shortest = min(min(picture.shape[-2:]) for picture in pictures.values())
    return replace(settings, size=min(256, shortest - 2 * settings.margin) // 16 * 16)


def shake_photograph(
    background: Tensor, foreground: Tensor, settings: BlurSettings, generator: Generator
) -> tuple[Tensor, Tensor]:
    """Blurred and sharp clips, (F, 3, H, W) each, of a photograph with an object cut from another.

    The photographs are (3, canvas, canvas), sRGB 0..1.
    """
    subframes = sample_layers(to_linear(background)[None], to_linear(foreground)[None], settings, generator)
    blurred, sharp = expose(subframes, settings, generator)
    return blurred[0], sharp[0]


def shake_video(frames: Tensor, settings: BlurSettings, generator: Generator) -> tuple[Tensor, Tensor]:
    """Blurred and sharp clips, (F, 3, H, W) each, of video frames (F, 3, canvas, canvas), sRGB 0..1."""
    times = shutter(1, settings, frames, generator)
    size, steps = settings.size, settings.subframes
    speed = torch.tensor([settings.speed_max])
    grid = motion_grid(times, speed, settings, generator).view(len(frames), steps * size, size, 2)
    moved = F.grid_sample(to_linear(frames), grid, padding_mode="reflection", align_corners=False)
    subframes = moved.view(len(frames), 3, steps, size, size).transpose(0, 1)[None]
    blurred, sharp = expose(subframes, settings, generator)
    return blurred[0], sharp[0]


def input_psnr(blurred: Tensor, sharp: Tensor) -> float:
    """PSNR over all frames, dB."""
    return float(-10 * (blurred - sharp).square().mean().log10())


def _read_video(path: Path, start: int) -> Tensor:
    frames = list(islice(read_subframes(path)[0], start + SETTINGS.frames))
    if len(frames) < start + SETTINGS.frames:
        raise PairError(f"{path} has {len(frames)} frames; {start + SETTINGS.frames} are needed")
    return torch.stack([to_pixels(frame) for frame in frames[start:]])


def _draw(
    path: Path, other: Path, speed: float, start: int, tripod: bool, generator: Generator
) -> tuple[Tensor, Tensor]:
    """Blurred and sharp clips whose input PSNR is in range. Raises PairError when no draw is.

    `speed` is where draws begin. As twice the motion costs some 6 dB, each that misses corrects it for the next; not on
    a tripod, where noise costs more than motion.
    """
    still = path.suffix.lower() in SUFFIXES
    sources = (path, other)
    material = {one: to_pixels(read_picture(one)) for one in sources} if still else {path: _read_video(path, start)}
    settings = _largest(material, replace(SETTINGS, **TRIPOD) if tripod else SETTINGS)  # type: ignore[arg-type]
    lowest, highest = TRIPOD_PSNR if tripod else INPUT_PSNR
    canvases = [richest(material[one], settings) for one in sources]
    found: list[float] = []
    for _ in range(DRAWS):
        moving = replace(settings, speed_max=speed)
        if still:
            clip = shake_photograph(canvases[0], canvases[1], moving, generator)
        else:
            clip = shake_video(canvases[0], moving, generator)
        found.append(input_psnr(*clip))
        if lowest <= found[-1] <= highest:
            return clip
        if not tripod:
            correction = 10 ** ((found[-1] - (lowest + highest) / 2) / 20)
            speed = min(SPEED_MAX, speed * min(1.5, max(0.7, correction)))
    fault = "little" if sum(found) / len(found) > highest else "much"
    raise PairError(
        f"{path}: {DRAWS} draws of blur gave an input PSNR of {min(found):.1f} to {max(found):.1f} dB, but none of "
        f"{lowest:.0f} to {highest:.0f} dB; even its best crop has too {fault} texture"
    )


def synthesize(
    sources: list[Path], out: Path, seed: int, start: int, crf: int | None = None, tripod: bool = False
) -> None:
    """Writes one clip for each photograph or video. Raises PairError naming a source that cannot be used.

    With `tripod` the camera stands on one, in noise; sources are photographs then, for a video moves by itself.
    """
    photographs = [path for path in sources if path.suffix.lower() in SUFFIXES]
    if tripod and photographs != sources:
        moving = next(path for path in sources if path not in photographs)
        raise PairError(f"{moving} is no photograph; clips from a tripod are made of photographs")
    for number, path in enumerate(tqdm(sources, unit="clip")):
        speed = (9.0, 12.0, 15.0)[number % 3]
        other = photographs[(photographs.index(path) + 1) % len(photographs)] if path in photographs else path
        made: Made = {
            "source": path.name,
            "object": other.name,
            "speed": speed,
            "seed": seed,
            "start": start,
            "crf": crf,
            **({"tripod": True} if tripod else {}),
        }
        if is_made(out / path.stem, made):
            continue
        clip = _draw(path, other, speed, start, tripod, Generator().manual_seed(seed + number))
        with whole_clip(out / path.stem, made) as partial:
            write_pair(partial, *map(to_frames, clip))
            if crf is not None:
                compress(partial / "blur", crf)
