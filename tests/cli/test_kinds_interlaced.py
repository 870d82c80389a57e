"""Interlaced files through ``vsdeblur deblur``."""

from __future__ import annotations

from pathlib import Path

import pytest
import vapoursynth as vs

from tests.cli.conftest import ffmpeg, files, planes, read, times
from tests.cli.kinds import COUNT, deblurred, picture
from vsdeblur.cli import main


@pytest.mark.parametrize("kind", ["tff", "bff"])
def test_interlaced(weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    source, target = tmp_path / "in.mkv", tmp_path / "a.mkv"
    fields = f"tinterlace=interleave_{'top' if kind == 'tff' else 'bottom'},setfield={kind}"
    ffmpeg(*picture(), "-vf", fields, "-c:v", "mpeg2video", "-flags", "+ildct+ilme", source)
    assert main(["deblur", str(source), str(target)]) == 1
    assert capsys.readouterr().err == (
        "vsdeblur: in.mkv is interlaced; --deinterlace makes whole frames of it, --progressive takes them as whole"
        " already (25p in 50i)\n"
    )
    assert files(tmp_path) == {"in.mkv", "weights"}
    clip = read(source)
    bob = vs.core.bwdif.Bwdif(clip, field=int(kind == "tff"))
    for option, wanted in (("--deinterlace", bob), ("--progressive", clip)):
        deblurred(source, target, option, "--lossless", "--overwrite")
        wanted = vs.core.vsdeblur.RUNet(vs.core.std.SetFieldBased(wanted, 0))
        after = read(target)
        assert after.num_frames == clip.num_frames
        assert (planes(after, 2)[0] == planes(wanted, 2)[0]).all()
        assert times(target) == times(source)
    assert not (planes(bob, 2)[0] == planes(clip, 2)[0]).all()


def test_interlaced_from_the_middle_on(weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, filters in (("0.ts", "null"), ("1.ts", "setfield=tff")):
        flags = ["-flags", "+ildct+ilme"] if name == "1.ts" else []
        ffmpeg(*picture(), "-vf", filters, "-c:v", "mpeg2video", *flags, tmp_path / name)
    source = tmp_path / "in.ts"
    source.write_bytes((tmp_path / "0.ts").read_bytes() + (tmp_path / "1.ts").read_bytes())
    assert main(["deblur", str(source), str(tmp_path / "a.mkv")]) == 1
    message = capsys.readouterr().err
    assert f"interlaced frames, from frame {COUNT} on" in message
    target = deblurred(source, tmp_path / "a.mkv", "--deinterlace", "--lossless")
    clip, after = read(source), read(target)
    untouched = vs.core.vsdeblur.RUNet(vs.core.std.SetFieldBased(clip, 0))
    assert (planes(after, 2)[0] == planes(untouched, 2)[0]).all()
