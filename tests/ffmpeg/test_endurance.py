"""Resident memory of long runs in FFmpeg: the wrapper for dnn_processing, and the frei0r plugin."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ffmpeg.frei0r_fixtures import PLUGIN_FOLDER, newest_ffmpeg, program
from tests.ffmpeg.media import Tools
from tests.robustness.resident import FRAMES, check_flat, sampled
from vsdeblur.ffmpeg import wrapper
from vsdeblur.ffmpeg.frei0r_graph import frei0r_graph
from vsdeblur.ffmpeg.graph import graph


def command(ffmpeg: str | Path, filters: str) -> list[str | Path]:
    source = f"testsrc2=size=16x16:rate=25:duration={FRAMES / 25}"
    return [ffmpeg, "-loglevel", "error", "-nostdin", "-f", "lavfi", "-i", source, "-vf", filters, "-f", "null", "-"]


def test_memory_of_the_wrapper_stays(tools: Tools, random_models: Path) -> None:
    run = command(tools.ffmpeg, f"format=yuv420p,{graph(str(random_models / 'DTB.onnx'), 'wrapper')}")
    check_flat(sampled(run, {"LD_PRELOAD": wrapper.library()}), f"{FRAMES} frames of DTB in dnn_processing")


@pytest.mark.parametrize("host", ["Debian's", "newest"])
def test_memory_of_frei0r_stays(random_models: Path, host: str) -> None:
    ffmpeg = newest_ffmpeg() if host == "newest" else program("ffmpeg")
    run = command(ffmpeg, f"format=yuv420p,{frei0r_graph(str(random_models / 'RUNet.onnx'))}")
    check_flat(
        sampled(run, {"FREI0R_PATH": str(PLUGIN_FOLDER)}), f"{FRAMES} frames of RUNet in frei0r of {host} ffmpeg"
    )
