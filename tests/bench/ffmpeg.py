"""Time a frame of every way in FFmpeg beside vspipe: ``python -m tests.bench.ffmpeg --models FOLDER --ffmpeg FOLDER``.

All take YUV 4:2:0 of 8 bits and drop the output. A way's time is the difference between a long and a short run over
the frames that they differ by, so that starting up does not count. The last lines tell what the wrapper itself costs:
the same graph with a model that does nothing, once with the contract and once without, which the wrapper passes
through. Nothing is asserted: shared machines vary. Needs the runtime environment with the wheel, the FFmpeg of
scripts/ffmpeg.sh, and for frei0r one that has it, such as Debian's.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from tests import tiny_models
from vsdeblur.ffmpeg import wrapper
from vsdeblur.ffmpeg.graph import graph
from vsdeblur.ffmpeg.launch import PLUGIN_FOLDER
from vsdeblur.ffmpeg.ways import Way

Run = Callable[[int], None]
"""Works through that many frames."""


def ffmpeg(folder: Path, size: tuple[int, int], filters: str, **environment: str) -> Run:
    def run(frames: int) -> None:
        source = f"testsrc2=size={size[0]}x{size[1]}:rate=25:duration={frames / 25}"
        command = [folder / "ffmpeg", "-loglevel", "error", "-nostdin", "-f", "lavfi", "-i", source]
        command += ["-vf", f"format=yuv420p,{filters}", "-f", "null", "pipe:"]
        subprocess.run(command, check=True, env=os.environ | environment)

    return run


def vspipe(model: Path, size: tuple[int, int]) -> Run:
    def run(frames: int) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".vpy") as script:
            script.write(
                "import vapoursynth as vs\n"
                f"clip = vs.core.std.BlankClip(None, {size[0]}, {size[1]}, vs.YUV420P8, {frames})\n"
                f"vs.core.vsdeblur.Model(clip, {str(model)!r}, sc=0).set_output()\n"
            )
            script.flush()
            subprocess.run(
                [Path(sys.executable).with_name("vspipe"), script.name, "--"], check=True, capture_output=True
            )

    return run


def seconds(run: Run, frames: int) -> float:
    """A frame, without the start."""
    times = []
    for count in (frames, 3 * frames):
        start = time.perf_counter()
        run(count)
        times.append(time.perf_counter() - start)
    return (times[1] - times[0]) / (2 * frames)


def report(title: str, contenders: dict[str, Run], frames: int, rounds: int) -> None:
    """Prints medians over rounds, in which the contenders take turns."""
    print(title)
    measured: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            measured[name].append(seconds(run, frames))
    for name, times in measured.items():
        print(f"  {name:<34}{1e3 * median(times):9.1f} ms a frame, {1e3 * min(times):.1f} to {1e3 * max(times):.1f}")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ffmpeg", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", type=Path, required=True, help="folder of NAME.onnx")
    parser.add_argument("--ffmpeg", type=Path, required=True, help="folder of an ffmpeg with the ONNX backend")
    parser.add_argument("--frei0r", type=Path, default=Path("/usr/bin"), help="folder of one with frei0r")
    parser.add_argument("--size", type=int, nargs=2, default=[640, 480], metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--frames", type=int, default=5, help="of the short run; default 5")
    parser.add_argument("--rounds", type=int, default=3, help="default 3")
    arguments = parser.parse_args(argv)
    size = (arguments.size[0], arguments.size[1])
    tools: dict[Way, tuple[Path, dict[str, str]]] = {
        "dnn": (arguments.ffmpeg, {}),
        "wrapper": (arguments.ffmpeg, {"LD_PRELOAD": wrapper.library()}),
        "frei0r": (arguments.frei0r, {"FREI0R_PATH": str(PLUGIN_FOLDER)}),
    }
    names: dict[str, tuple[Way, ...]] = {"DTB": ("wrapper", "frei0r"), "DBLRNet": ("dnn", "wrapper", "frei0r")}
    for name, ways in names.items():
        model = (arguments.models / f"{name}.onnx").resolve()
        contenders: dict[str, Run] = {"vspipe": vspipe(model, size)}
        for way in ways:
            folder, environment = tools[way]
            contenders[f"ffmpeg --via {way}"] = ffmpeg(folder, size, graph(str(model), way), **environment)
        report(f"{name}, {size[0]}x{size[1]}", contenders, arguments.frames, arguments.rounds)
    with tempfile.TemporaryDirectory() as made:
        report(
            "a model that does nothing, RGB, window of three",
            nothing(Path(made), arguments.ffmpeg, size),
            100,
            arguments.rounds,
        )
    return 0


def nothing(folder: Path, tools: Path, size: tuple[int, int]) -> dict[str, Run]:
    """The wrapper's own cost is the difference of the two."""
    shown, bare = folder / "shown.onnx", folder / "bare.onnx"
    shown.write_bytes(tiny_models.weighted([[0, 1, 0]], window=(1, 1), outputs="0"))
    bare.write_bytes(tiny_models.identity().replace(b"vsdeblur.contract", b"vsdeblur.other123"))
    preload = {"LD_PRELOAD": wrapper.library()}
    text = graph(str(shown), "wrapper")
    cropped = text.replace(str(shown), f"{bare},crop=h=ih-1:y=0")
    return {
        "with the contract": ffmpeg(tools, size, text, **preload),
        "without": ffmpeg(tools, size, cropped, **preload),
    }


if __name__ == "__main__":
    sys.exit(main())
