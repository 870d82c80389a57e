"""``core.vsdeblur.`` in editors: what the site tells people to run gives types that mypy holds scripts to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import vapoursynth as vs

core = vs.core
clip: vs.VideoNode = core.vsdeblur.DTB(core.std.BlankClip(), segment=40, tilesize=[512, 256], strength=0.5)
clip = clip.vsdeblur.Model("mine.onnx", precision="fp32")
"""


@pytest.fixture(scope="module")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stubs of VapourSynth and of the plugins that are installed here, in a folder of their own."""
    folder = tmp_path_factory.mktemp("stubs")
    target = folder / "vapoursynth" / "__init__.pyi"
    target.parent.mkdir()
    subprocess.run([sys.executable, "-m", "vsstubs", "--quiet", "--output", target], check=True)
    return folder


def test_a_script_has_types_and_mistakes_in_it_are_found(stubs: Path) -> None:
    script = SCRIPT + 'core.vsdeblur.DTB(clip, segments=40)\ncore.vsdeblur.RVD(clip, stride="five")\n'
    (stubs / "script.py").write_text(script)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", stubs / "cache", "script.py"],
        cwd=stubs, capture_output=True, text=True,
    )  # fmt: skip
    found = [line for line in done.stdout.splitlines() if ": error: " in line]
    assert len(found) == 2, done.stdout
    assert found[0].startswith('script.py:7: error: Unexpected keyword argument "segments"')
    assert found[1].startswith('script.py:8: error: Argument "stride"')
