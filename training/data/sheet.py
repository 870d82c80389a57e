"""A picture sheet of training samples.

One row a sample, of its middle frame: blurred, sharp, and their difference around grey. A caption says what the sample
has. Each sample is drawn alone and its yes-or-no properties are drawn here, with the shares that training uses, and
then forced on the generator; that is how the captions know them.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from PIL import Image, ImageDraw
from torch import Generator, Tensor

from training.data.blur import BlurSettings, synthesise
from training.data.eight_bits import to_frames
from training.data.material import Photographs

SETTINGS = BlurSettings(size=160)
GAIN = 2  # of differences
BORDER = 6
LINE = 16  # height of a caption, pixels


def draw_settings(settings: BlurSettings, generator: Generator) -> tuple[BlurSettings, list[str]]:
    """Settings under which one sample certainly has or lacks each property, and the names of those that it has."""
    exposure, *chances = torch.rand(6, generator=generator).tolist()
    exposure = settings.exposure_min + exposure * (settings.exposure_max - settings.exposure_min)
    shares = {
        "sharp": settings.sharp_share,
        "object": settings.object_share,
        "saturated": settings.saturated_share,
        "noise": settings.noise_share,
        "JPEG": settings.compressed_share,
    }
    has = {name: chance < share for (name, share), chance in zip(shares.items(), chances, strict=True)}
    forced = replace(
        settings,
        exposure_min=exposure,
        exposure_max=exposure,
        sharp_share=float(has["sharp"]),
        object_share=float(has["object"]),
        saturated_share=float(has["saturated"]),
        noise_share=float(has["noise"]),
        compressed_share=float(has["JPEG"]),
    )
    length = [] if has["sharp"] else [f"exposed {exposure:.0%} of a frame"]
    return forced, length + [name for name, given in has.items() if given]


def _cell(picture: Tensor) -> Image.Image:
    """(3, H, W) in 0..1 as a picture."""
    return Image.fromarray(to_frames(picture.clamp(0, 1)[None])[0])


def sheet(photographs: Photographs, count: int, seed: int, settings: BlurSettings) -> Image.Image:
    """The picture sheet; a function of photographs, settings and seed."""
    generator = Generator().manual_seed(seed)
    pitch = settings.size + BORDER
    drawing = Image.new("RGB", (3 * pitch + BORDER, count * (pitch + LINE) + BORDER), "white")
    pen = ImageDraw.Draw(drawing)
    for row in range(count):
        forced, has = draw_settings(settings, generator)
        background, foreground = photographs.crops(2, settings.canvas, generator)[:, None]
        blurred, sharp = (
            clip[0, settings.frames // 2] for clip in synthesise(background, foreground, forced, generator)
        )
        psnr = float(-10 * (blurred - sharp).square().mean().log10())
        top = BORDER + row * (pitch + LINE)
        pen.text((BORDER, top), f"{row}: {psnr:.1f} dB, {', '.join(has)}", fill="black")
        for column, cell in enumerate((blurred, sharp, 0.5 + GAIN * (blurred - sharp))):
            drawing.paste(_cell(cell), (BORDER + column * pitch, top + LINE))
    return drawing
