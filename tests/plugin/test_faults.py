"""A source that fails at one frame: the error reaches whoever asked, other filters go on, and a later request works."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import vapoursynth as vs

from tests.plugin import clips, models

LENGTH = 12
BROKEN = 5

Maker = Callable[[Path], tuple[Path, dict[str, int]]]

KINDS: dict[str, Maker] = {
    "window": lambda path: (models.window_code(path, 1, 1), {}),
    "several outputs": lambda path: (models.window_code(path, 2, 2, "-2,-1,0,1,2"), {"stride": 5}),
    "recurrent": lambda path: (models.counter(path, 1, 1), {"segment": 4, "preroll": 2}),
    "exposure": lambda path: (models.instants(path, 3), {}),
}


class Source:
    """A clip of numbered frames whose frame BROKEN fails while ``is_broken``."""

    def __init__(self) -> None:
        self.is_broken = True
        blank = clips.numbered(LENGTH)
        self.clip = blank.std.ModifyFrame(blank, self._frame)
        vs.core.std.SetVideoCache(self.clip, mode=0)

    def _frame(self, n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        if n == BROKEN and self.is_broken:
            raise RuntimeError(f"frame {n} cannot be read")
        return f


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("num_streams", [1, 3])
def test_a_source_that_fails_at_a_frame(kind: str, num_streams: int, tmp_path: Path) -> None:
    model, options = KINDS[kind](tmp_path / "m.onnx")
    source = Source()

    def made(clip: vs.VideoNode) -> vs.VideoNode:
        out = vs.core.vsdeblur.Model(clip, str(model), sc=0, num_streams=num_streams, **options)
        vs.core.std.SetVideoCache(out, mode=0)
        return out

    expected = made(clips.numbered(LENGTH))
    wanted = [clips.pixel(expected, n) for n in range(expected.num_frames)]
    instants = expected.num_frames // LENGTH
    broken, other = made(source.clip), made(clips.numbered(LENGTH))

    futures = [broken.get_frame_async(n) for n in range(broken.num_frames)]
    beside = [clips.pixel(other, n) for n in range(other.num_frames)]
    failures = {n: future.exception() for n, future in enumerate(futures) if future.exception() is not None}
    assert beside == wanted
    assert BROKEN * instants in failures
    assert 0 not in failures
    for failure in failures.values():
        assert isinstance(failure, vs.Error)
        assert f"frame {BROKEN} cannot be read" in str(failure)
    for n, future in enumerate(futures):
        if n not in failures:
            future.result().close()

    source.is_broken = False
    assert [clips.pixel(broken, n) for n in range(broken.num_frames)] == wanted


def test_errors_of_the_engine_say_which_frame(tmp_path: Path) -> None:
    """What the network or a frame's properties cannot do is known when the frame is there."""
    model = models.plus(tmp_path / "m.onnx", (0.125, 0.125, 0.125))
    blank = vs.core.std.BlankClip(width=8, height=8, format=vs.YUV444P8, length=8, keep=False)
    out = vs.core.vsdeblur.Model(clips.marked(blank, {6: {"_Matrix": 10}}), str(model))
    with pytest.raises(vs.Error, match=r"^Model: output frame 6: the _Matrix of a YUV frame must be "):
        out.get_frame(6)
    out.get_frame(7).close()
