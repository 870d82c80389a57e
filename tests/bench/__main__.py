"""Networks x runtimes x precisions x sizes, in turns: ``python -m tests.bench --models FOLDER``.

All contenders run the same file on the same frames: the runtimes alone, on ready tensors and with states carried, so
that the ratio to them holds everything that the plugin adds (decoding, windows, state, scheduling, encoding); the
plugin on both; vs-mlrt's ort and ov for the networks that they can run; PyTorch. A large convolution beside them tells
how fast the machine was meanwhile, and what share of that a network reaches. Each is a process of its own, on the same
cores, and they take turns, so that noise hits all alike. Nothing is asserted: shared machines vary. On a busy one, time
by the wall says who else ran: there, ``--clock cpu --cores 1`` counts what the process itself had of one core. The
peak is the convolution's fastest round; caches let a network come a little above it.

Prints a Markdown table; ``--plot FILE`` draws it. ``--gpu`` measures CUDA and TensorRT instead (tests/bench/gpu.py).
Needs the runtime environment with the wheel; what is not installed gets a line that says so.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from export.work import multiplications_a_pixel
from tests.bench import gpu, peak
from tests.bench.jobs import CONTENDERS
from tests.bench.runs import ROOT, Contender, Result, race

PRECISIONS = ("fp32", "bf16", "int8")
COLUMNS = (
    *("network", "frame", "measured", "precision", "frames/s", "time, to the first's"),
    *("GMAC/s", "of the peak", "of its cores", "MiB"),
)


def cpu_name() -> str:
    """As the system calls it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def contenders(arguments: argparse.Namespace, name: str, size: tuple[int, int]) -> Iterator[list[Contender]]:
    """What runs in turns: for each precision the machine itself and those who run it, and fp32 first of all."""
    group = []
    for precision in arguments.precisions:
        part = ".int8" if precision == "int8" else ""
        file = (arguments.models / f"{name}{part}.onnx").resolve()
        if not file.is_file():
            continue
        for runtime in ("peak", *arguments.runtimes):
            python = arguments.torch if runtime == "pytorch" else sys.executable
            group.append(Contender(runtime, file, *size, precision, arguments.cores, python))
    if group:
        yield group


def rows(name: str, work: float, results: Sequence[Result]) -> Iterator[str]:
    """Lines of the table."""
    measured = [r for r in results if r.seconds and r.contender.name != "peak"]
    peaks = {r.contender.precision: r for r in results if r.seconds and r.contender.name == "peak"}
    for result in results:
        which = result.contender
        head = f"| {name} | {which.width}x{which.height} | {which.name} | {which.precision} |"
        if result.refused:
            yield f"{head} {result.refused.replace('|', '/')} | | | | | |"
        elif which.name == "peak":
            speed = peak.MULTIPLICATIONS * result.best / 1e9
            yield f"{head} | | {speed:.1f} | | {result.share:.2f} | {result.memory:.0f} |"
        else:
            speed = work * which.width * which.height * result.rate / 1e9
            best = peaks.get(which.precision)
            share = f"{speed * 1e9 / (peak.MULTIPLICATIONS * best.best):.2f}" if best else ""
            ratio = f"{result.ratio(measured[0]):.3f}"
            end = f"{share} | {result.share:.2f} | {result.memory:.0f} |"
            yield f"{head} {result.rate:.3g} | {ratio} | {speed:.1f} | {end}"


def table(arguments: argparse.Namespace) -> list[Result]:
    """Measures, and prints lines as they come."""
    how = f"{arguments.rounds} rounds of {arguments.seconds} s, by {arguments.clock} time"
    print(f"{cpu_name()}, cores: {arguments.cores or 'all'}, {how}, load {os.getloadavg()[0]:.1f}\n")
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}", flush=True)
    found: list[Result] = []
    for name, size in product(arguments.networks, arguments.sizes):
        work = multiplications_a_pixel((arguments.models / f"{name}.onnx").read_bytes())
        runs = _outputs_a_run(arguments.models / f"{name}.onnx")
        for group in contenders(arguments, name, size):
            results = race(group, arguments.rounds, arguments.seconds, arguments.clock)
            print(*rows(name, work / runs, results), sep="\n", flush=True)
            found += results
    return found


def _outputs_a_run(file: Path) -> int:
    from tests.bench.jobs import Job, stride

    return stride(Job(file, 0, 0, "fp32").contract)


def plot(results: Sequence[Result], file: Path) -> None:
    """Frames a second by pixels of a frame, a line for each network, contender and precision."""
    from matplotlib import pyplot

    lines: dict[str, list[tuple[int, float]]] = {}
    for result in results:
        which = result.contender
        if result.seconds and which.name != "peak":
            label = f"{which.file.name.partition('.')[0]}, {which.name}, {which.precision}"
            lines.setdefault(label, []).append((which.width * which.height, result.rate))
    figure, axes = pyplot.subplots(figsize=(8, 6), layout="constrained")
    for label, points in lines.items():
        axes.loglog(*zip(*sorted(points), strict=True), "o-", label=label)
    axes.set(xlabel="pixels of a frame", ylabel="frames a second", title=cpu_name())
    axes.legend(fontsize="x-small")
    figure.savefig(file)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise argparse.ArgumentTypeError(f"must be WxH, such as 640x480, not {text}")
    return int(width), int(height)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", type=Path, default=ROOT / "vsdeblur" / "weights", help="folder of NAME.onnx")
    parser.add_argument("--networks", nargs="+", default=["DTB", "DBLRNet"], metavar="NAME")
    parser.add_argument("--runtimes", nargs="+", default=[*CONTENDERS], choices=[*CONTENDERS])
    parser.add_argument("--precisions", nargs="+", default=[*PRECISIONS], choices=PRECISIONS)
    parser.add_argument("--sizes", nargs="+", type=_size, default=[(640, 480)], metavar="WxH", help="default 640x480")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement in each round; %(default)s")
    parser.add_argument("--rounds", type=int, default=5, help="default %(default)s")
    parser.add_argument("--cores", type=int, default=0, metavar="N", help="use the first N; default: all")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="cpu, with --cores 1: busy machines")
    parser.add_argument("--torch", default=sys.executable, metavar="PYTHON", help="a Python that has PyTorch")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the table into a picture; needs matplotlib")
    parser.add_argument("--gpu", action="store_true", help="measure CUDA and TensorRT, frames and states on the device")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status 0, or 1 with one sentence on stderr."""
    arguments = _parser().parse_args(argv)
    try:
        missing = [name for name in arguments.networks if not (arguments.models / f"{name}.onnx").is_file()]
        if missing:
            raise ValueError(f"{arguments.models} has no {missing[0]}.onnx")
        if arguments.rounds < 1:
            raise ValueError(f"--rounds must be at least 1, not {arguments.rounds}")
        if arguments.clock == "cpu" and arguments.cores != 1:
            raise ValueError("--clock cpu goes with --cores 1: threads that wait for each other count as busy")
        if arguments.gpu:
            gpu.table([arguments.models / f"{name}.onnx" for name in arguments.networks], arguments.sizes)
            return 0
        results = table(arguments)
        if arguments.plot:
            plot(results, arguments.plot)
    except (ValueError, ImportError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
