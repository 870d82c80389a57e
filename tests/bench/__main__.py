"""Throughput of the plugin beside bare ONNX Runtime and vs-mlrt: ``python -m tests.bench --models FOLDER``.

All of them run the same file on the same frames in one process, in turns, with all cores each. Bare ONNX Runtime is
given ready tensors and carries its own state, so the ratio to it holds everything that the plugin adds: decoding,
windows, state, scheduling, encoding. A matrix product beside them tells how fast the machine was meanwhile. Nothing is
asserted: shared machines vary.

Needs the runtime environment with the wheel; vs-mlrt is measured if vapoursynth-mlrt-ort is installed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import vapoursynth as vs

from vsdeblur.contract import FRAMES, FRAMES_OUT, Contract

Floats = npt.NDArray[np.float32]

MATRIX = 2048
"""Side of the matrices of the product."""


@dataclass(frozen=True)
class Contender:
    """Something to measure. ``run`` works through all frames once; the caller takes the time."""

    name: str
    run: Callable[[], None]


@dataclass(frozen=True)
class Job:
    """A network's file, and the frames for it, (C, H, W) each."""

    path: Path
    contract: Contract
    frames: list[Floats]

    @property
    def stride(self) -> int:
        """Frames from one run to the next: every run's outputs are used."""
        return len(self.contract.offsets) or 1

    def windows(self) -> Iterator[Floats]:
        """The ``frames`` tensor of every run, (1, T*C, H, W). The clip's ends are mirrored."""
        before, after = self.contract.window
        last = len(self.frames) - 1
        for first in range(0, len(self.frames), self.stride):
            centre = min(first + self.stride // 2, last)
            numbers = [last - abs(last - abs(n)) for n in range(centre - before, centre + after + 1)]
            yield np.concatenate([self.frames[n] for n in numbers])[None]


def random_job(path: Path, width: int, height: int, length: int) -> Job:
    """Smooth moving frames for a model, whose contract is read by ONNX Runtime."""
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    contract = Contract.from_metadata(session.get_modelmeta().custom_metadata_map)
    y, x = np.mgrid[:height, :width]
    frames = []
    for n in range(length):
        waves = [np.sin((x + 3 * n) * 0.07 + c) * np.cos(y * 0.05) for c in range(contract.channels)]
        grain = np.random.default_rng(n).normal(0, 0.02, (contract.channels, height, width))
        frames.append(np.clip(0.5 + 0.4 * np.stack(waves) + grain, 0, 1).astype(np.float32))
    return Job(path, contract, frames)


def clip_of(job: Job) -> vs.VideoNode:
    """The job's frames as a clip of 32-bit floats, made before the clock runs."""
    channels, height, width = job.frames[0].shape
    format = vs.RGBS if channels == 3 else vs.GRAYS
    blank = vs.core.std.BlankClip(width=width, height=height, format=format, length=len(job.frames), keep=True)

    def write(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        copy = f.copy()
        for plane in range(channels):
            np.asarray(copy[plane])[:] = job.frames[n][plane]
        return copy

    painted = blank.std.ModifyFrame(blank, write)
    made = [painted.get_frame(n) for n in range(len(job.frames))]
    return blank.std.ModifyFrame(blank, lambda n, f: made[n])


def drain(clip: vs.VideoNode) -> None:
    """Fetches every frame of the clip, and drops it."""
    for _ in clip.frames(close=True):
        pass


def plugin(job: Job) -> Contender:
    """The plugin, asked for every output frame in order by a new filter each time, so that nothing is cached."""
    source = clip_of(job)
    arguments = {"stride": job.stride} if job.stride > 1 else {}

    def run() -> None:
        drain(vs.core.vsdeblur.Model(source, str(job.path), sc=0, **arguments))

    return Contender("vsdeblur", run)


def bare(job: Job) -> Contender:
    """ONNX Runtime alone, on ready tensors; states stay in its memory from run to run."""
    session = ort.InferenceSession(str(job.path), providers=["CPUExecutionProvider"])
    windows = [ort.OrtValue.ortvalue_from_numpy(window) for window in job.windows()]
    _, height, width = job.frames[0].shape
    start = {
        state.input: np.zeros((1, state.channels, int(height * state.scale), int(width * state.scale)), np.float32)
        for state in job.contract.states
    }
    wanted = [FRAMES_OUT, *(state.output for state in job.contract.states)]

    def run() -> None:
        states = {name: ort.OrtValue.ortvalue_from_numpy(zeros) for name, zeros in start.items()}
        for window in windows:
            _, *after = session.run_with_ort_values(wanted, {FRAMES: window, **states})
            states = dict(zip(states, after, strict=True))

    return Contender(f"ONNX Runtime {ort.__version__} alone", run)


def vs_mlrt(job: Job) -> Contender | None:
    """vs-mlrt, if it is installed and the network is one that it can run: no state, one luma frame out."""
    if not hasattr(vs.core, "ort") or job.contract.states or job.contract.channels * job.contract.output_frames != 1:
        return None
    source = clip_of(job)
    before, after = job.contract.window
    last = source.num_frames - 1
    clips = [
        vs.core.std.Splice([source[last - abs(last - abs(n + offset))] for n in range(source.num_frames)])
        for offset in range(-before, after + 1)
    ]
    return Contender("vs-mlrt (ort)", lambda: drain(vs.core.ort.Model(clips, str(job.path))))


def gigaflops() -> float:
    """Speed of a float32 matrix product, in 10^9 operations a second."""
    a = np.ones((MATRIX, MATRIX), np.float32)
    a @ a
    start = time.perf_counter()
    a @ a
    return 2 * MATRIX**3 / (time.perf_counter() - start) / 1e9


def measure(job: Job, rounds: int) -> None:
    """Prints seconds a frame for each contender, and its ratio to the first, as medians over rounds."""
    contenders = [found for found in (bare(job), plugin(job), vs_mlrt(job)) if found is not None]
    seconds: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    products = []
    for contender in contenders:
        contender.run()
    for number in range(rounds):
        products.append(gigaflops())
        turn = number % len(contenders)
        for contender in contenders[turn:] + contenders[:turn]:
            start = time.perf_counter()
            contender.run()
            seconds[contender.name].append((time.perf_counter() - start) / len(job.frames))
    _, height, width = job.frames[0].shape
    print(f"{job.contract.name}, {width}x{height}, {len(job.frames)} frames, {rounds} rounds")
    print(f"  {'matrix product':<28}{median(products):8.0f} GFLOP/s, from {min(products):.0f} to {max(products):.0f}")
    reference = seconds[contenders[0].name]
    for name, times in seconds.items():
        ratios = [time / base for time, base in zip(times, reference, strict=True)]
        spread = f"{median(ratios):.3f} of the first, from {min(ratios):.3f} to {max(ratios):.3f}"
        print(f"  {name:<28}{median(times):8.3f} s a frame, {spread}")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", type=Path, required=True, help="folder of NAME.onnx")
    parser.add_argument("--networks", nargs="+", default=["DTB", "DBLRNet"], metavar="NAME")
    parser.add_argument("--size", type=int, nargs=2, default=[640, 480], metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--frames", type=int, default=10, help="of each clip; default 10")
    parser.add_argument("--rounds", type=int, default=5, help="default 5")
    arguments = parser.parse_args(argv)
    width, height = arguments.size
    for name in arguments.networks:
        measure(random_job(arguments.models / f"{name}.onnx", width, height, arguments.frames), arguments.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
