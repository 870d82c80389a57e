"""Draws a frame before and after: `python demo/compare.py BEFORE AFTER PICTURE` with two video files and a PNG file.

Above, the middle frame of both, before on the left; below, the part of it that changed most, enlarged.
"""

from __future__ import annotations

import argparse

import numpy as np
import vapoursynth as vs
from PIL import Image, ImageDraw

# A detail's sides as a share of the frame's.
DETAIL = 1 / 4


def middle_frame(file: str, count: int) -> np.ndarray:
    """The middle one of the first `count` frames of a video: (H, W, 3), uint8, RGB."""
    clip = vs.core.bs.VideoSource(file, cachemode=0)
    matrix = {} if clip.format.color_family == vs.RGB else {"matrix_in_s": "709"}
    clip = vs.core.resize.Bicubic(clip, format=vs.RGB24, **matrix)
    with clip.get_frame(count // 2) as frame:
        return np.stack([np.asarray(plane) for plane in frame], axis=-1)


def most_changed(before: np.ndarray, after: np.ndarray) -> tuple[int, int, int, int]:
    """The box (left, top, right, bottom) of a detail in which the two pictures differ most on average."""
    change = np.abs(before.astype(np.int32) - after).sum(axis=-1)
    sums = np.pad(change, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    height, width = (max(1, int(side * DETAIL)) for side in change.shape)
    boxes = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    top, left = (int(index) for index in np.unravel_index(boxes.argmax(), boxes.shape))
    return left, top, left + width, top + height


def compare(before: np.ndarray, after: np.ndarray) -> Image.Image:
    """Both pictures side by side, and below them the same detail of both at their width."""
    box = most_changed(before, after)
    height, width = before.shape[:2]
    sheet = Image.new("RGB", (2 * width, 2 * height))
    for column, (title, pixels) in enumerate((("before", before), ("after", after))):
        picture = Image.fromarray(pixels)
        sheet.paste(picture.crop(box).resize((width, height), Image.Resampling.NEAREST), (column * width, height))
        marks = ImageDraw.Draw(picture)
        marks.rectangle(box, outline=(255, 255, 0))
        marks.text((8, 8), title, fill=(255, 255, 0), stroke_fill=(0, 0, 0), stroke_width=2)
        sheet.paste(picture, (column * width, 0))
    return sheet


def main() -> None:
    parser = argparse.ArgumentParser(description="Draws the middle frame of a video before and after.")
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("picture")
    arguments = parser.parse_args()
    count = vs.core.bs.VideoSource(arguments.after, cachemode=0).num_frames
    before, after = (middle_frame(file, count) for file in (arguments.before, arguments.after))
    compare(before, after[: before.shape[0], : before.shape[1]]).save(arguments.picture)


if __name__ == "__main__":
    main()
