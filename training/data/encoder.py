"""What real encoders leave of training clips: H.264 and HEVC with 4:2:0 chroma, at the qualities that people use.

Encoders predict across frames and decide by search, so they are run, not simulated (training.data.compression has the
JPEG that is). Starting FFmpeg takes longer than a patch, so the clips of a batch lie side by side in the frames of one
video, each with a border that its own edge continues into; the encoder's filters at block edges reach less far.

The frames before a clip's first are the clip mirrored, as many as chance says, so that the frames of a sample are not
always the encoder's first ones, which it gives more bits.
"""

from __future__ import annotations

import math
import subprocess

import imageio_ffmpeg
import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

BORDER = 8  # on each side of a clip, pixels
LEAD = 4  # frames before a clip's first, at most
# Codec, its muxer, and the constant rate factors to draw from; HEVC's are as good at two more.
ENCODERS = (("libx264", "h264", 17, 31), ("libx265", "hevc", 19, 33))
HEVC_SHARE = 0.3
PRESET = "veryfast"


def encoded(clips: Tensor, generator: Generator) -> Tensor:
    """Clips (N, F, 3, H, W), sRGB 0..1, after one encoder at one quality, both drawn; in steps of 1/255.

    H and W must be even. Raises RuntimeError with FFmpeg's words when it fails.
    """
    chance, quality, lead = torch.rand(3, generator=generator, device=generator.device).tolist()
    codec, form, low, high = ENCODERS[int(chance < HEVC_SHARE)]
    crf = low + int(quality * (high - low))
    before = min(int(lead * (LEAD + 1)), clips.shape[1] - 1)
    longer = torch.cat([clips[:, 1 : before + 1].flip(1), clips], 1)
    tiles, columns = _tiled(longer)
    decoded = round_trip(tiles, codec, form, crf)
    return _untiled(torch.from_numpy(decoded), columns, clips.shape, before).to(clips)


def _tiled(clips: Tensor) -> tuple[npt.NDArray[np.uint8], int]:
    """(N, F, 3, H, W) as frames (F, R*h, C*w, 3) uint8 with all clips side by side, and C."""
    count, frames = clips.shape[:2]
    wide = F.pad(clips.flatten(0, 1), (BORDER,) * 4, mode="replicate")
    wide = wide.view(count, frames, *wide.shape[1:])
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    wide = torch.cat([wide, wide[:1].expand(rows * columns - count, -1, -1, -1, -1)])
    grid = wide.view(rows, columns, *wide.shape[1:]).permute(2, 0, 4, 1, 5, 3)
    pixels = (grid * 255).round().clamp(0, 255).to(torch.uint8).flatten(3, 4).flatten(1, 2)
    return pixels.contiguous().cpu().numpy(), columns


def _untiled(frames: Tensor, columns: int, shape: torch.Size, before: int) -> Tensor:
    count, number, _, height, width = shape
    grid = frames[before:].view(number, -1, height + 2 * BORDER, columns, width + 2 * BORDER, 3)
    clips = grid.permute(1, 3, 0, 5, 2, 4).flatten(0, 1)[:count]
    return clips[..., BORDER:-BORDER, BORDER:-BORDER].float() / 255


def round_trip(frames: npt.NDArray[np.uint8], codec: str, form: str, crf: int) -> npt.NDArray[np.uint8]:
    """What a codec leaves of frames (F, H, W, 3) RGB, 4:2:0; one thread, so that it is the same everywhere."""
    height, width = frames.shape[1:3]
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24"]
    options = ["-c:v", codec, "-crf", str(crf), "-preset", PRESET, "-pix_fmt", "yuv420p", "-threads", "1"]
    options += ["-x265-params", "log-level=none:pools=none:frame-threads=1"] if codec == "libx265" else []
    stream = _ffmpeg(
        [*raw, "-s", f"{width}x{height}", "-r", "25", "-i", "-", *options, "-f", form, "-"], frames.tobytes()
    )
    pixels = _ffmpeg(["-threads", "1", "-f", form, "-i", "-", "-fps_mode", "passthrough", *raw, "-"], stream)
    return np.frombuffer(bytearray(pixels), np.uint8).reshape(frames.shape)


def _ffmpeg(arguments: list[str], data: bytes) -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", *arguments]
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"FFmpeg failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
