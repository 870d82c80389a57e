"""CUDA and TensorRT through ONNX Runtime, in fp32 and fp16, with frames and states bound on the device.

Nothing crosses to the device but the window of each run, and nothing comes back: what the network itself takes. Engines
of TensorRT are kept in vsdeblur's cache folder, by the model's checksum, the driver, the device and the frame's size.
"""

from __future__ import annotations

import hashlib
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import onnx
import onnxruntime as ort

from tests.bench.jobs import Job, stride
from vsdeblur.contract import FRAMES, FRAMES_OUT
from vsdeblur.ffmpeg.cache import cache_folder

PROVIDERS = {"CUDA": "CUDAExecutionProvider", "TensorRT": "TensorrtExecutionProvider"}
ROUNDS, RUNS = 5, 10


def device() -> str:
    """Name and driver of the first GPU. Raises ValueError where there is none, or ONNX Runtime has no way to it."""
    command = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader", "--id=0"]
    try:
        found = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()
    except (OSError, subprocess.SubprocessError) as error:
        raise ValueError("--gpu needs an NVIDIA GPU with its driver, and nvidia-smi finds none here") from error
    if not set(PROVIDERS.values()) & set(ort.get_available_providers()):
        raise ValueError(
            f"--gpu needs onnxruntime-gpu in place of onnxruntime: this one has {ort.get_available_providers()}"
        )
    return found


def table(files: Sequence[Path], sizes: Sequence[tuple[int, int]]) -> None:
    """Prints frames a second as Markdown, a line as soon as it is measured. Raises ValueError without a GPU."""
    where = device()
    print(f"{where}, ONNX Runtime {ort.__version__}\n\n| network | frame | provider | precision | frames/s |")
    print("|---|---|---|---|---|")
    for file in files:
        for width, height in sizes:
            for provider, precision in [(p, q) for p in PROVIDERS for q in ("fp32", "fp16")]:
                rate = _rate(Job(file.resolve(), width, height, precision), provider, where)
                print(f"| {file.stem} | {width}x{height} | {provider} | {precision} | {rate} |", flush=True)


def _rate(job: Job, provider: str, where: str) -> str:
    if PROVIDERS[provider] not in ort.get_available_providers():
        return "not there"
    session = _session(job, provider, where)
    if session.get_providers()[0] != PROVIDERS[provider]:
        return "cannot be loaded"
    run = _bound(session, job)
    run()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(RUNS):
            run()
        times.append((time.perf_counter() - start) / (RUNS * stride(job.contract)))
    return f"{1 / median(times):.1f}"


def engine_folder(model: bytes, where: str, job: Job) -> Path:
    """Where TensorRT's engine for this model, device, driver, size and precision is kept."""
    key = repr((hashlib.sha256(model).hexdigest(), where, job.size, job.precision, ort.__version__))
    return cache_folder() / "tensorrt" / hashlib.sha256(key.encode()).hexdigest()[:32]


def _session(job: Job, provider: str, where: str) -> Any:
    model = job.path.read_bytes()
    options: dict[str, str] = {"device_id": "0"}
    if provider == "TensorRT":
        folder = engine_folder(model, where, job)
        folder.mkdir(parents=True, exist_ok=True)
        options |= {"trt_engine_cache_enable": "1", "trt_engine_cache_path": str(folder)}
        options |= {"trt_fp16_enable": "1" if job.precision == "fp16" else "0"}
    elif job.precision == "fp16":
        from onnxruntime.transformers.float16 import convert_float_to_float16

        halved = convert_float_to_float16(onnx.load_from_string(model), keep_io_types=True)
        model = halved.SerializeToString()
    return ort.InferenceSession(model, providers=[(PROVIDERS[provider], options)])


def _bound(session: Any, job: Job) -> Any:
    """A run whose states go from one pair of tensors on the device to the other and back."""
    windows = job.windows()
    frames = ort.OrtValue.ortvalue_from_numpy(next(windows), "cuda", 0)
    names = {state.input: state.output for state in job.contract.states}
    given = {name: ort.OrtValue.ortvalue_from_numpy(value, "cuda", 0) for name, value in job.states().items()}
    taken = {name: ort.OrtValue.ortvalue_from_numpy(value, "cuda", 0) for name, value in job.states().items()}
    binding = session.io_binding()

    def run() -> None:
        nonlocal given, taken
        frames.update_inplace(next(windows))
        binding.bind_ortvalue_input(FRAMES, frames)
        binding.bind_output(FRAMES_OUT, "cuda", 0)
        for name, output in names.items():
            binding.bind_ortvalue_input(name, given[name])
            binding.bind_ortvalue_output(output, taken[name])
        session.run_with_iobinding(binding)
        binding.synchronize_outputs()
        given, taken = taken, given

    return run
