"""Clips for FFmpeg and out of it, and what the plugin makes of them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import vapoursynth as vs

from tests.plugin.clips import frame_planes, painted

Planes = list[npt.NDArray[np.generic]]

_FORMATS = {
    "yuv420p": vs.YUV420P8,
    "yuv422p": vs.YUV422P8,
    "yuv444p": vs.YUV444P8,
    "yuv420p10le": vs.YUV420P10,
    "gray": vs.GRAY8,
    "gbrp": vs.RGB24,
    "gbrp10le": vs.RGB30,
}
_VS_ORDER = {"gbrp": (2, 0, 1), "gbrp10le": (2, 0, 1)}  # where FFmpeg's planes have the plugin's


@dataclass
class Video:
    """Decoded frames with their times in seconds."""

    pixels: str
    frames: list[Planes]
    times: list[float]


@dataclass
class Tools:
    """FFmpeg's programs."""

    ffmpeg: Path
    ffprobe: Path

    def run(self, *arguments: str | Path, check: bool = True, **environment: str) -> subprocess.CompletedProcess[bytes]:
        """FFmpeg with these arguments; a failure is an error if ``check``."""
        command = [self.ffmpeg, "-hide_banner", "-nostdin", "-loglevel", "error", "-y", *arguments]
        done = subprocess.run(command, capture_output=True, timeout=300, env=os.environ | environment)
        assert not check or done.returncode == 0, done.stderr.decode()
        return done

    def write(self, path: Path, clip: vs.VideoNode, pixels: str, timing: str = "N*40") -> Path:
        """Stores a clip losslessly (RGB: in .nut); ``timing`` gives the time of frame N in milliseconds."""
        order = _VS_ORDER.get(pixels, range(clip.format.num_planes))
        back = sorted(range(clip.format.num_planes), key=lambda plane: list(order)[plane])
        raw = b"".join(
            planes[plane].tobytes()
            for n in range(clip.num_frames)
            for planes in [frame_planes(clip, n)]
            for plane in back
        )
        source = ["-f", "rawvideo", "-pix_fmt", pixels, "-s", f"{clip.width}x{clip.height}", "-r", "25", "-i", "pipe:"]
        filters = f"settb=expr=1/1000,setpts=expr={timing}"
        command = [self.ffmpeg, "-loglevel", "error", "-y", *source, "-vf", filters, "-fps_mode", "passthrough"]
        command += [
            "-copyts",
            "-enc_time_base",
            "1/1000",
            "-c:v",
            "rawvideo" if path.suffix == ".nut" else "ffv1",
            path,
        ]
        done = subprocess.run(command, input=raw, capture_output=True, timeout=300)
        assert done.returncode == 0, done.stderr.decode()
        return path

    def read(self, path: Path) -> Video:
        """All frames of a file, as they are stored."""
        show = ["-select_streams", "v", "-show_entries", "stream=width,height,pix_fmt:frame=pts_time", "-of", "flat"]
        text = subprocess.run([self.ffprobe, "-loglevel", "error", *show, path], capture_output=True, check=True).stdout
        entries = dict(line.split("=", 1) for line in text.decode().splitlines())
        times = [float(value.strip('"')) for key, value in entries.items() if key.endswith("pts_time")]
        pixels = entries["streams.stream.0.pix_fmt"].strip('"')
        width, height = (int(entries[f"streams.stream.0.{side}"]) for side in ("width", "height"))
        raw = self.run("-i", path, "-map", "0:v", "-fps_mode", "passthrough", "-f", "rawvideo", "pipe:").stdout
        return Video(pixels, _frames(raw, pixels, width, height), times)

    def filter(self, source: Path, target: Path, graph: str, *options: str | Path, **environment: str) -> Video:
        """What a graph makes of a file, stored losslessly with its own times."""
        codec = ["-c:v", "rawvideo"] if target.suffix == ".nut" else []
        self.run("-i", source, "-vf", graph, *STORED, *codec, *options, target, **environment)
        return self.read(target)

    def sums(self, path: Path, stream: str) -> list[str]:
        """The MD5 sums of a stream's packets."""
        text = self.run("-i", path, "-map", stream, "-c", "copy", "-f", "framemd5", "pipe:").stdout.decode()
        return [line.split(",")[-1].strip() for line in text.splitlines() if not line.startswith("#")]

    def peak_memory(self, *arguments: str | Path, **environment: str) -> int:
        """The most bytes that a run without output ever had in memory."""
        command = [self.ffmpeg, "-loglevel", "error", "-nostdin", *arguments, "-f", "null", "pipe:"]
        process = subprocess.Popen(command, env=os.environ | environment)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        return usage.ru_maxrss * 1024


STORED = ("-fps_mode", "passthrough", "-copyts", "-enc_time_base", "filter", "-c:v", "ffv1", "-c:a", "copy")
"""Options that store what a graph gives as it is."""


def _frames(raw: bytes, pixels: str, width: int, height: int) -> list[Planes]:
    kind = vs.core.get_video_format(_FORMATS[pixels])
    dtype = np.dtype(np.uint8 if kind.bits_per_sample == 8 else np.uint16)
    shapes = [(height, width)]
    if kind.num_planes == 3:
        shapes += [(height >> kind.subsampling_h, width >> kind.subsampling_w)] * 2
    sizes = [h * w * dtype.itemsize for h, w in shapes]
    assert len(raw) % sum(sizes) == 0
    frames, position = [], 0
    while position < len(raw):
        planes = []
        for shape, size in zip(shapes, sizes, strict=True):
            planes.append(np.frombuffer(raw, dtype, count=size // dtype.itemsize, offset=position).reshape(shape))
            position += size
        order = _VS_ORDER.get(pixels, range(len(planes)))
        frames.append([planes[plane] for plane in order])
    return frames


def clip_of(video: Video) -> vs.VideoNode:
    """The frames as a clip for the plugin."""
    height, width = video.frames[0][0].shape
    blank = vs.core.std.BlankClip(
        width=width, height=height, format=_FORMATS[video.pixels], length=len(video.frames), keep=False
    )
    return painted(blank, lambda n, plane, _shape, _dtype: video.frames[n][plane])


def planes_of(clip: vs.VideoNode) -> list[Planes]:
    """All frames of a clip."""
    return [frame_planes(clip, n) for n in range(clip.num_frames)]


def largest_difference(a: Sequence[Planes], b: Sequence[Planes], bits: int = 8) -> float:
    """Of all samples of all frames, in units of the whole range (1 = 0 to the peak)."""
    assert len(a) == len(b)
    worst = 0
    for one, other in zip(a, b, strict=True):
        for x, y in zip(one, other, strict=True):
            assert x.shape == y.shape
            worst = max(worst, int(np.abs(x.astype(np.int32) - y.astype(np.int32)).max()))
    return worst / (2**bits - 1)
