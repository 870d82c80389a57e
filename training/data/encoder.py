"""What real encoders leave of clips: H.264 and HEVC with 4:2:0 chroma, at the qualities that people use.

Encoders predict across frames and decide by search, so they are run, not simulated (training.data.jpeg is). They get
and return planes of YUV (training.data.yuv), so FFmpeg converts no colours.

`encoded` is for training: starting FFmpeg takes longer than a patch, so the clips of a batch lie side by side in the
frames of one video, each with a border that its own edge continues into; the encoder's filters at block edges reach
less far. `h264` is for clips that are made once (training.synthesize), frame by frame, however long they are.

The frames before a clip's first are the clip mirrored, as many as chance says, so that the frames of a sample are not
always the encoder's first ones, which it gives more bits.
"""

from __future__ import annotations

import math
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from training.data.eight_bits import to_frames, to_pixels
from training.data.pairs import Frame
from training.data.yuv import to_rgb, to_yuv420

BORDER = 8  # on each side of a clip, pixels
LEAD = 4  # frames before a clip's first, at most
# Codec, its muxer, and the constant rate factors to draw from; HEVC's are as good at two more.
ENCODERS = (("libx264", "h264", 17, 31), ("libx265", "hevc", 19, 33))
HEVC_SHARE = 0.3
PRESET = "veryfast"


def encoded(clips: Tensor, generator: Generator) -> Tensor:
    """Clips (N, F, 3, H, W), sRGB 0..1, after one encoder at one quality, both drawn.

    H and W must be even. Raises RuntimeError with FFmpeg's words when it fails.
    """
    chance, quality, lead = torch.rand(3, generator=generator, device=generator.device).tolist()
    codec, form, low, high = ENCODERS[int(chance < HEVC_SHARE)]
    crf = low + int(quality * (high - low))
    before = min(int(lead * (LEAD + 1)), clips.shape[1] - 1)
    longer = torch.cat([clips[:, 1 : before + 1].flip(1), clips], 1)
    tiles, columns = _tiled(longer.cpu())
    decoded = round_trip(tiles, codec, form, crf)
    return _untiled(decoded[before:], columns, clips.shape).to(clips)


def _tiled(clips: Tensor) -> tuple[Tensor, int]:
    """(N, F, 3, H, W) as frames (F, 3, R*h, C*w) with all clips side by side, and C."""
    count, frames = clips.shape[:2]
    wide = F.pad(clips.flatten(0, 1), (BORDER,) * 4, mode="replicate")
    wide = wide.view(count, frames, *wide.shape[1:])
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    wide = torch.cat([wide, wide[:1].expand(rows * columns - count, -1, -1, -1, -1)])
    grid = wide.view(rows, columns, *wide.shape[1:]).permute(2, 3, 0, 4, 1, 5)
    return grid.flatten(4, 5).flatten(2, 3), columns


def _untiled(frames: Tensor, columns: int, shape: torch.Size) -> Tensor:
    count, number, _, height, width = shape
    grid = frames.view(number, 3, -1, height + 2 * BORDER, columns, width + 2 * BORDER)
    clips = grid.permute(2, 4, 0, 1, 3, 5).flatten(0, 1)[:count]
    return clips[..., BORDER:-BORDER, BORDER:-BORDER]


def round_trip(frames: Tensor, codec: str, form: str, crf: int) -> Tensor:
    """What a codec leaves of frames (F, 3, H, W), RGB 0..1, H and W even, through one thread, so always the same.

    `form` is FFmpeg's name of the bare stream. Raises RuntimeError with FFmpeg's words.
    """
    height, width = frames.shape[2:]
    raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p"]
    options = ["-c:v", codec, "-crf", str(crf), "-preset", PRESET, "-threads", "1"]
    options += ["-x265-params", "log-level=none:pools=none:frame-threads=1"] if codec == "libx265" else []
    stream = _ffmpeg(
        [*raw, "-s", f"{width}x{height}", "-r", "25", "-i", "-", *options, "-f", form, "-"], _planes(frames)
    )
    pixels = _ffmpeg(["-threads", "1", "-f", form, "-i", "-", "-fps_mode", "passthrough", *raw, "-"], stream)
    return _pictures(pixels, height, width)


def h264(frames: Iterable[Frame], crf: int, fps: float = 25) -> Iterator[Frame]:
    """What libx264 leaves of a clip, 8 bits, 4:2:0, at its default preset.

    Args:
        frames: (H, W, 3) uint8 RGB, H and W even.
        crf: constant rate factor, 0 (almost lossless) .. 51; streaming uses 18 to 28.
    Yields:
        As many frames of the same shape.

    Raises ValueError on odd sides.
    """
    frames = iter(frames)
    first = next(frames, None)
    if first is None:
        return
    height, width = first.shape[:2]
    options = ["-crf", str(crf), "-threads", "1"]  # one thread, so that the result is the same everywhere
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "clip.mp4")
        writer = imageio_ffmpeg.write_frames(
            path, (width, height), "yuv420p", "yuv420p", fps, None, None, "libx264", 2, output_params=options
        )
        with closing(writer):
            writer.send(None)
            for frame in chain([first], frames):
                writer.send(_planes(to_pixels(frame)[None]))
        with closing(imageio_ffmpeg.read_frames(path, "yuv420p", bits_per_pixel=12)) as reader:
            next(reader)  # what is known of the file
            for pixels in reader:
                yield from to_frames(_pictures(pixels, height, width))


def _planes(frames: Tensor) -> bytes:
    """Frames (F, 3, H, W), RGB 0..1, as FFmpeg's rawvideo of yuv420p."""
    luma, chroma = to_yuv420(frames)
    return torch.cat([luma.flatten(1), chroma.flatten(1)], 1).numpy().tobytes()


def _pictures(pixels: bytes, height: int, width: int) -> Tensor:
    """The inverse, as near as it comes."""
    planes = torch.from_numpy(np.frombuffer(bytearray(pixels), np.uint8)).view(-1, height * width * 3 // 2)
    luma, chroma = planes.tensor_split([height * width], 1)
    return to_rgb(luma.view(-1, height, width), chroma.reshape(-1, 2, height // 2, width // 2))


def _ffmpeg(arguments: list[str], data: bytes) -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", *arguments]
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"FFmpeg failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
