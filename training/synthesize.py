"""Evaluation pairs from photographs and ordinary video: `python -m training.synthesize SOURCE... --out FOLDER`.

Every source becomes one clip of FOLDER in the layout of training.pairs. A shaking camera moves over a photograph, with
an object cut from the next photograph in front of it; a video keeps its own motion and is shaken on top, each of its
frames standing still during its exposure. Blur is made by training.blur, so evaluation shares training's model of blur
and must not share its pictures.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import torch
from torch import Generator, Tensor
from tqdm import tqdm

from training.blur import BlurSettings, expose, motion_grid, sample_layers, shutter, to_linear
from training.pairs import Frame, PairError, read_picture, write_pair
from training.pictures import SUFFIXES

SETTINGS = BlurSettings(
    frames=24, margin=56, subframes=25, sharp_share=0, object_share=1, object_speed_max=14, compressed_share=0
)
# A clip is drawn again until its input PSNR, dB, lies here: moderate to strong blur.
INPUT_PSNR = (24.0, 31.0)
DRAWS = 30


def _pixels(frame: Frame) -> Tensor:
    return torch.from_numpy(frame.copy()).permute(2, 0, 1).float() / 255


def _centre(picture: Tensor, side: int) -> Tensor:
    top, left = (picture.shape[-2] - side) // 2, (picture.shape[-1] - side) // 2
    return picture[..., top : top + side, left : left + side]


def _largest(*pictures: Tensor) -> BlurSettings:
    """Settings for the largest square of 16s that fits all pictures, at most 256 pixels after the margins."""
    shortest = min(min(picture.shape[-2:]) for picture in pictures)
    size = min(256, shortest - 2 * SETTINGS.margin) // 16 * 16
    if size < 64:
        raise PairError(f"a source must be at least {64 + 2 * SETTINGS.margin} pixels a side")
    return replace(SETTINGS, size=size)


def shake_photograph(picture: Tensor, other: Tensor, speed: float, generator: Generator) -> tuple[Tensor, Tensor]:
    """Blurred and sharp clips, (F, 3, H, W) each, of a photograph (3, H, W) with an object cut from another."""
    settings = replace(_largest(picture, other), speed_max=speed)
    background, foreground = (to_linear(_centre(layer, settings.canvas))[None] for layer in (picture, other))
    blurred, sharp = expose(sample_layers(background, foreground, settings, generator), settings, generator)
    return blurred[0], sharp[0]


def shake_video(frames: Tensor, speed: float, generator: Generator) -> tuple[Tensor, Tensor]:
    """Blurred and sharp clips, (F, 3, H, W) each, of video frames (F, 3, H, W)."""
    settings = replace(_largest(frames), frames=len(frames))
    times = shutter(settings, frames, generator)
    size, steps = settings.size, settings.subframes
    grid = motion_grid(times, torch.tensor([speed]), settings, generator).view(len(frames), steps * size, size, 2)
    canvas = to_linear(_centre(frames, settings.canvas))
    moved = torch.nn.functional.grid_sample(canvas, grid, padding_mode="reflection", align_corners=False)
    subframes = moved.view(len(frames), 3, steps, size, size).transpose(0, 1)[None]
    blurred, sharp = expose(subframes, settings, generator)
    return blurred[0], sharp[0]


def _frames(clip: Tensor) -> list[Frame]:
    return list((clip.permute(0, 2, 3, 1) * 255).round().to(torch.uint8).numpy())


def _in_range(blurred: Tensor, sharp: Tensor) -> bool:
    value = float(-10 * (blurred - sharp).square().mean().log10())
    return INPUT_PSNR[0] <= value <= INPUT_PSNR[1]


def _read_video(path: Path, start: int) -> Tensor:
    frames = list(islice(imageio.imiter(path), start + SETTINGS.frames))
    if len(frames) < start + SETTINGS.frames:
        raise PairError(f"{path} has {len(frames)} frames; {start + SETTINGS.frames} are needed")
    return torch.stack([_pixels(np.asarray(frame)) for frame in frames[start:]])


def synthesize(sources: list[Path], out: Path, seed: int, start: int) -> None:
    """Writes one clip for each source. Raises PairError naming a source that cannot be used."""
    generator = Generator().manual_seed(seed)
    photographs = [path for path in sources if path.suffix.lower() in SUFFIXES]
    for number, path in enumerate(tqdm(sources, unit="clip")):
        speed = (9.0, 12.0, 15.0)[number % 3]
        still = path in photographs
        material = _pixels(read_picture(path)) if still else _read_video(path, start)
        for _ in range(DRAWS):
            if still:
                other = photographs[(photographs.index(path) + 1) % len(photographs)]
                clip = shake_photograph(material, _pixels(read_picture(other)), speed, generator)
            else:
                clip = shake_video(material, speed, generator)
            if _in_range(*clip):
                break
        write_pair(out / path.stem, *map(_frames, clip))


def main() -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m training.synthesize", description=__doc__.partition("\n")[0])
    parser.add_argument("sources", type=Path, nargs="+", help="photographs and video files, one clip each")
    parser.add_argument("--out", type=Path, required=True, help="folder of pairs")
    parser.add_argument("--start", type=int, default=20, help="first frame taken from a video")
    parser.add_argument("--seed", type=int, default=77)
    arguments = parser.parse_args()
    try:
        synthesize(arguments.sources, arguments.out, arguments.seed, arguments.start)
    except (PairError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
