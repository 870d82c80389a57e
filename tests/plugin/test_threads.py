"""The number of threads that VSDEBLUR_THREADS gives to networks. OpenVINO's last bits depend on it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import vapoursynth as vs

ANSWER = """
import sys
from hashlib import sha256
import vapoursynth as vs

video, name = sys.argv[1:]
clip = vs.core.bs.VideoSource(video, cachemode=0).resize.Bicubic(203, 157, format=vs.YUV444PS)
digest = sha256()
for frame in getattr(vs.core.vsdeblur, name)(clip[:3], provider='ONNXRuntime').frames(close=True):
    for plane in frame:
        digest.update(bytes(plane))
print(digest.hexdigest())
"""


@pytest.mark.parametrize("name", ["RUNet", "DTB"])
def test_the_bits_of_onnx_runtime_are_those_of_one_thread(random_weights: Path, video: Path, name: str) -> None:
    answers = set()
    for threads in ("1", "2", "3"):
        done = subprocess.run(
            [sys.executable, "-c", ANSWER, str(video), name],
            env={**os.environ, "VSDEBLUR_THREADS": threads, "VSDEBLUR_WEIGHTS": str(random_weights)},
            stdout=subprocess.PIPE,
            check=True,
            timeout=300,
        )
        answers.add(done.stdout)
    assert len(answers) == 1


def test_a_wrong_number_is_an_error(random_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VSDEBLUR_THREADS", "many")
    clip = vs.core.std.BlankClip(format=vs.RGBS, width=64, height=64, length=1)
    with pytest.raises(vs.Error, match="^DTB: VSDEBLUR_THREADS must be a whole number of at least 1, not many$"):
        vs.core.vsdeblur.DTB(clip).get_frame(0)
