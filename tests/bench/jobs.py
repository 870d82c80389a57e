"""What is measured: a network's file, frames for it, and contenders that work through them.

A contender is a function that takes a Job and returns a Step: a call that works through ``job.stride`` frames, made
ready, with everything that is to be kept from one call to the next inside. They import what they need themselves, for
they run in processes of their own, under different Pythons.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vsdeblur.contract import FRAMES, FRAMES_OUT, Contract

Floats = npt.NDArray[np.float32]
Step = Callable[[], object]

HINTS = {"fp32": "f32", "int8": "f32", "bf16": "bf16"}
"""OpenVINO's name of what a file of a precision computes in, beside its eight-bit parts."""

CLIP = 10
"""Frames that are made; they come again and again, back and forth."""


@dataclass(frozen=True)
class Job:
    """A file, the size of its frames in pixels, and the precision to run it in (fp32, bf16, int8)."""

    path: Path
    width: int
    height: int
    precision: str

    @property
    def contract(self) -> Contract:
        import onnx

        metadata = onnx.load(self.path).metadata_props
        return Contract.from_metadata({item.key: item.value for item in metadata})

    @property
    def size(self) -> tuple[int, int]:
        """Height and width that the network is given."""
        multiple = self.contract.multiple
        return -(-self.height // multiple) * multiple, -(-self.width // multiple) * multiple

    def frames(self, size: tuple[int, int]) -> list[Floats]:
        """Smooth moving frames with grain, (C, *size) each, 0..1."""
        channels = self.contract.channels
        y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
        grain = np.random.default_rng(0).normal(0, 0.02, (channels, *size)).astype(np.float32)
        made = []
        for n in range(CLIP):
            waves = np.stack([np.sin((x + 3 * n) * 0.07 + c) * np.cos(y * 0.05) for c in range(channels)])
            made.append(np.clip(0.5 + 0.4 * waves + np.roll(grain, n, axis=-1), 0, 1).astype(np.float32))
        return made

    def windows(self) -> Iterator[Floats]:
        """The ``frames`` tensors of one run after another, (1, T*C, H, W), without end."""
        frames, count = self.frames(self.size), self.contract.input_frames
        made = [np.concatenate([frames[(n + k) % CLIP] for k in range(count)])[None] for n in range(CLIP)]
        return cycle(made)

    def states(self) -> dict[str, Floats]:
        """Those before a first frame, by the name of their input."""
        height, width = self.size
        return {
            s.input: np.zeros((1, s.channels, int(height * s.scale), int(width * s.scale)), np.float32)
            for s in self.contract.states
        }


def stride(contract: Contract) -> int:
    """Frames from one run to the next: every run's outputs are used."""
    return len(contract.offsets) or 1


def plugin(job: Job, provider: str) -> Step:
    """core.vsdeblur.Model, asked for one frame after another."""
    import vapoursynth as vs

    step = stride(job.contract)
    options: dict[str, Any] = {"stride": step} if step > 1 else {}
    options |= {"provider": provider, "precision": job.precision}
    clip = vs.core.vsdeblur.Model(_clip(job), str(job.path), sc=0, **options)
    return _asking(clip, step * max(job.contract.subframes, 1))


def mlrt(job: Job, runtime: str) -> Step:
    """vs-mlrt's ``ort`` or ``ov`` on the same file: networks without a state, of one luma frame a run."""
    import vapoursynth as vs

    contract = job.contract
    if contract.states or contract.channels * contract.output_frames != 1:
        raise ValueError(f"vs-mlrt cannot run {contract.name}: it has a state or several pictures a run")
    source = _clip(job)
    clips = [source] * contract.input_frames  # a neighbour costs what the frame itself does
    return _asking(getattr(vs.core, runtime).Model(clips, str(job.path)), 1)


def _clip(job: Job) -> Any:
    """The job's frames as an endless clip of 32-bit floats, made before the clock runs."""
    import vapoursynth as vs

    frames = job.frames((job.height, job.width))
    format = vs.RGBS if len(frames[0]) == 3 else vs.GRAYS
    blank = vs.core.std.BlankClip(None, job.width, job.height, format, CLIP, keep=True)

    def write(n: int, f: Any) -> Any:
        copy = f.copy()
        for plane, values in enumerate(frames[n]):
            np.asarray(copy[plane])[:] = values
        return copy

    painted = blank.std.ModifyFrame(blank, write)
    made = [painted.get_frame(n) for n in range(CLIP)]
    return vs.core.std.Loop(blank, 0).std.ModifyFrame(vs.core.std.Loop(blank, 0), lambda n, f: made[n % CLIP])


def _asking(clip: Any, count: int) -> Step:
    numbers = iter(range(clip.num_frames))

    def step() -> None:
        for _ in range(count):
            clip.get_frame(next(numbers)).close()

    return step


def openvino(job: Job) -> Step:
    """OpenVINO alone, on ready tensors."""
    import openvino as ov

    core = ov.Core()
    if job.precision == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise ValueError("this CPU has no bf16")
    model, states, windows = core.read_model(job.path), job.states(), job.windows()
    model.reshape({FRAMES: next(windows).shape} | {name: value.shape for name, value in states.items()})
    options = {"INFERENCE_PRECISION_HINT": HINTS[job.precision], "PERFORMANCE_HINT": "LATENCY"}
    options["INFERENCE_NUM_THREADS"] = str(len(os.sched_getaffinity(0)))
    request = core.compile_model(model, "CPU", options).create_infer_request()
    names = {state.input: state.output for state in job.contract.states}

    def step() -> None:
        request.infer({FRAMES: next(windows)} | states, share_inputs=True)
        for name, output in names.items():
            np.copyto(states[name], request.get_tensor(output).data)

    return step


def onnxruntime(job: Job) -> Step:
    """ONNX Runtime alone, on ready tensors; states stay in its memory."""
    import onnxruntime as ort

    if job.precision == "bf16":
        raise ValueError("ONNX Runtime's CPU has no bf16")
    options = ort.SessionOptions()
    options.intra_op_num_threads = len(os.sched_getaffinity(0))
    session = ort.InferenceSession(str(job.path), options, providers=["CPUExecutionProvider"])
    windows = job.windows()
    states = {name: ort.OrtValue.ortvalue_from_numpy(value) for name, value in job.states().items()}
    wanted = [FRAMES_OUT, *(state.output for state in job.contract.states)]

    def step() -> None:
        window = ort.OrtValue.ortvalue_from_numpy(next(windows))
        _, *after = session.run_with_ort_values(wanted, {FRAMES: window, **states})
        states.update(zip(states, after, strict=True))

    return step


def pytorch(job: Job) -> Step:
    """The network in PyTorch, with the file's weights."""
    import torch

    from export.restore import restore

    if job.precision != "fp32":
        raise ValueError("PyTorch is measured in fp32")
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    _, network = restore(job.path.read_bytes(), str(job.path))
    network.prune_()
    windows = job.windows()
    states = [torch.from_numpy(value) for value in job.states().values()]

    def step() -> None:
        with torch.inference_mode():
            _, *states[:] = network(torch.from_numpy(next(windows)), *states)

    return step


CONTENDERS: dict[str, Callable[[Job], Step]] = {
    "openvino": openvino,
    "onnxruntime": onnxruntime,
    "vsdeblur": lambda job: plugin(job, "OpenVINO"),
    "vsdeblur-ort": lambda job: plugin(job, "ONNXRuntime"),
    "mlrt-ort": lambda job: mlrt(job, "ort"),
    "mlrt-ov": lambda job: mlrt(job, "ov"),
    "pytorch": pytorch,
}
"""By the name of the command line."""
