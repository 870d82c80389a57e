"""Pairs from high-speed video by equation 1 of the DTB paper.

    B_n = 1/tau * sum of X_(nT+j) over j = 0 .. tau-1        S_n = X_(nT + middle)

X are the frames of the high-speed video ("sub-frames"), tau is how many of them an exposure takes and T >= tau the
period: video of f frames a second becomes video of f/T, exposed for tau/T of the time. The average is taken in light:
sub-frames are decoded, averaged and encoded again, by the sRGB curve or by the gamma of 2.2 that the GoPro set uses.

The paper writes the middle as ceil(tau/2), which with j from 0 is one sub-frame late; here it is (tau-1)/2, the centre
of the exposure, and tau is odd as all of the paper's are (7 to 15). Its videos were chosen to move by less than a pixel
between sub-frames; with more, blur comes out stepped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import torch
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from training.data.blur import to_encoded, to_linear
from training.data.encoder import h264
from training.data.pairs import Frame, Made, PairError, is_made, read_picture, whole_clip, write_frame
from training.data.pictures import SUFFIXES

# FFmpeg's conversion to RGB rounds downwards by default, and repeats chroma (training.data.yuv).
ACCURATE = ["-sws_flags", "accurate_rnd+full_chroma_int+full_chroma_inp+bicubic"]
GAMMA = 2.2
LIGHT: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "linear": (to_linear, to_encoded),
    "gamma": (lambda encoded: encoded**GAMMA, lambda light: light ** (1 / GAMMA)),
}


@dataclass(frozen=True)
class Exposure:
    """How sub-frames become frames; `light` is a name of LIGHT.

    `instants` above 1 keeps that many sharp sub-frames of each exposure, evenly spaced from its first to its last, each
    the nearest there is: exactly so when tau - 1 divides by instants - 1. Raises PairError when this cannot be done.
    """

    tau: int
    period: int
    light: str = "linear"
    instants: int = 1

    def __post_init__(self) -> None:
        if self.tau < 3 or self.tau % 2 == 0:
            raise PairError(f"tau must be odd, so that an exposure has a middle, and at least 3, not {self.tau}")
        if self.period < self.tau:
            raise PairError(f"the period must be at least tau, {self.tau} sub-frames, not {self.period}")
        if self.instants % 2 == 0 or not 1 <= self.instants <= self.tau:
            raise PairError(f"instants must be odd and at most tau, {self.tau}, not {self.instants}")


def exposures(subframes: Iterable[Frame], exposure: Exposure) -> Iterator[tuple[Frame, Frame, list[Frame]]]:
    """Blurred frame, sharp frame and the sharp frames at the instants (none when there is one), in order of time.

    All are (H, W, 3) uint8. An exposure that the video's end cuts off is left out.
    """
    decode, encode = LIGHT[exposure.light]
    light = decode(torch.arange(256) / 255).numpy()
    places = np.linspace(0, exposure.tau - 1, exposure.instants).round().astype(int).tolist()
    chosen = places if exposure.instants > 1 else []
    window: list[Frame] = []
    for number, frame in enumerate(subframes):
        if number % exposure.period < exposure.tau:
            window.append(frame)
        if len(window) == exposure.tau:
            mean = torch.from_numpy(sum(light[subframe] for subframe in window) / exposure.tau)
            blurred = (encode(mean).clamp(0, 1) * 255).round().to(torch.uint8).numpy()
            yield blurred, window[exposure.tau // 2], [window[k] for k in chosen]
            window = []


def read_subframes(source: Path) -> tuple[Iterator[Frame], int | None]:
    """The frames of a video file or of a folder of pictures, and how many about, where that is known.

    Raises PairError, here or while frames are taken, naming what cannot be read or differs in size.
    """
    if source.is_dir():
        files = sorted(path for path in source.iterdir() if path.suffix.lower() in SUFFIXES)
        if not files:
            raise PairError(f"{source} holds no pictures; {', '.join(sorted(SUFFIXES))} are read")
        return _one_size(source, map(read_picture, files)), len(files)
    try:
        about = imageio.immeta(source)
        frames = (np.asarray(frame) for frame in imageio.imiter(source, output_params=ACCURATE))
        count = round(about["fps"] * about["duration"])
    except (OSError, RuntimeError, ValueError, KeyError, IndexError) as error:
        raise PairError(f"{source} is not a readable video: {str(error).splitlines()[0]}") from error
    return _one_size(source, frames), count


def _one_size(source: Path, frames: Iterator[Frame]) -> Iterator[Frame]:
    first: Frame | None = None
    for number, frame in enumerate(frames):
        first = frame if first is None else first
        if frame.shape != first.shape:
            here, before = (f"{picture.shape[1]}x{picture.shape[0]}" for picture in (frame, first))
            raise PairError(f"{source}: frame {number} is {here}, but the first is {before}")
        yield frame


def make_clip(source: Path, folder: Path, exposure: Exposure, crf: int | None = None) -> None:
    """Makes one clip of pairs in `folder`, whole or not at all; one that was made so before is left as it is.

    `crf` puts the blurred side through H.264. Raises PairError.
    """
    made: Made = {"source": source.name, **asdict(exposure), "crf": crf}
    if is_made(folder, made):
        return
    subframes, count = read_subframes(source)
    with whole_clip(folder, made) as partial:
        bar = tqdm(subframes, total=count, desc=folder.name, unit="frame")
        number = -1
        for number, (blurred, sharp, instants) in enumerate(exposures(bar, exposure)):
            write_frame(partial, number, blurred, sharp, instants)
        if number < 0:
            raise PairError(f"{source} has {bar.n} frames; one exposure takes {exposure.tau}")
        if crf is not None:
            compress(partial / "blur", crf)


def compress(folder: Path, crf: int) -> None:
    """Replaces the pictures of a folder by what H.264 leaves of them. Raises PairError when their sides are odd."""
    files = sorted(folder.glob("*.png"))
    try:
        for path, frame in zip(files, h264(map(read_picture, files), crf), strict=True):
            Image.fromarray(frame).save(path)
    except ValueError as error:
        raise PairError(f"{folder}: {error}") from error


def make_clips(sources: list[Path], out: Path, exposure: Exposure, crf: int | None = None) -> None:
    """Makes a clip in `out` from each video file or folder of pictures, named after it. Raises PairError."""
    names = [source.resolve().name if source.is_dir() else source.stem for source in sources]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise PairError(f"{sources[names.index(name)]} and {sources[number]} would both make the clip {name}")
    for source, name in zip(sources, names, strict=True):
        make_clip(source, out / name, exposure, crf)
