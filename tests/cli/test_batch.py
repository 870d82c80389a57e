"""``vsdeblur deblur IN... --out-dir FOLDER``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import FRAMES, Run, ffmpeg, files, read, untimed
from tests.digest import digest
from vsdeblur.cli import main
from vsdeblur.video import batch
from vsdeblur.video.deblurring import Request
from vsdeblur.video.journal import Journal, folder_of


@pytest.fixture
def clips(video: Path, tmp_path: Path) -> Path:
    """A folder with three videos of two containers."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for name in ("one.mkv", "two.MKV"):
        shutil.copy(video, folder / name)
    ffmpeg("-i", video, "-c", "copy", folder / "three.mp4")
    return folder


def single(source: Path, target: Path) -> str:
    """What the command makes of one file, its digest."""
    assert main(["deblur", str(source), str(target)]) == 0
    return digest(target)


def test_each_file_is_what_it_would_be_alone(weights: Path, clips: Path, tmp_path: Path, out: Path) -> None:
    names = {"one.mkv", "three.mp4"}
    wanted = {name: single(clips / name, tmp_path / name) for name in names}
    target = out / "new" / "folder"
    assert main(["deblur", *(str(clips / name) for name in names), "--out-dir", str(target)]) == 0
    assert {path.name: digest(path) for path in target.iterdir()} == wanted


def test_a_folder(weights: Path, clips: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (clips / "notes.txt").write_text("no video")
    (clips / "older").mkdir()
    (clips / "old.mkv.0123abcd.vsdeblur").mkdir()
    assert main(["deblur", str(clips), "--out-dir", str(out)]) == 0
    assert files(out) == {"one.mkv", "two.MKV", "three.mp4"}
    assert untimed(capsys) == [
        f"vsdeblur: {clips}: skipped older: folders within a folder are not looked into",
        f"vsdeblur: {clips}: skipped notes.txt: no video by the ending; name a file to have it taken",
        *("[1/3] one.mkv", f"[1/3] one.mkv: {FRAMES} frames"),
        *("[2/3] three.mp4", f"[2/3] three.mp4: {FRAMES} frames"),
        *("[3/3] two.MKV", f"[3/3] two.MKV: {FRAMES} frames"),
        "vsdeblur: 3 of 3 files came out",
    ]


@pytest.mark.parametrize("ending", [".mov", "mov"])
def test_another_container(weights: Path, clips: Path, out: Path, ending: str) -> None:
    assert main(["deblur", str(clips), "--out-dir", str(out), "--ext", ending]) == 0
    assert files(out) == {"one.mov", "two.mov", "three.mov"}
    assert read(out / "one.mov").num_frames == FRAMES


def test_files_may_stand_behind_options(weights: Path, clips: Path, out: Path) -> None:
    one, three = str(clips / "one.mkv"), str(clips / "three.mp4")
    assert main(["deblur", one, "--out-dir", str(out), three]) == 0
    assert files(out) == {"one.mkv", "three.mp4"}
    assert main(["deblur", one, "--model", "DBLRNet", str(out / "a.mkv")]) == 0
    assert "a.mkv" in files(out)


def test_one_that_fails_does_not_stop_the_others(
    weights: Path, clips: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (clips / "broken.mkv").write_text("no video")
    shutil.copy(clips / "one.mkv", clips / "odd.wmv")
    (out / "two.MKV").write_text("old")
    assert main(["deblur", str(clips), str(clips / "absent.mkv"), "--out-dir", str(out)]) == 1
    assert files(out) == {"one.mkv", "two.MKV", "three.mp4"}
    assert (out / "two.MKV").read_text() == "old"
    lines = untimed(capsys)
    assert lines[0].startswith("vsdeblur: odd.wmv: odd.wmv: there is no container by the ending .wmv; there are .mkv, ")
    assert lines[0].endswith("; --ext gives another")
    assert lines[1:] == [
        f"vsdeblur: two.MKV: {out / 'two.MKV'} is there already; --overwrite replaces it, --resume leaves it",
        f"vsdeblur: absent.mkv: there is no file {clips / 'absent.mkv'}",
        "[1/3] broken.mkv",
        f"vsdeblur: broken.mkv: {clips / 'broken.mkv'} is no file that FFmpeg can read: Invalid data found when"
        " processing input",
        *("[2/3] one.mkv", f"[2/3] one.mkv: {FRAMES} frames"),
        *("[3/3] three.mp4", f"[3/3] three.mp4: {FRAMES} frames"),
        "vsdeblur: 2 of 6 files came out, 4 failed: odd.wmv, two.MKV, absent.mkv, broken.mkv",
    ]


def test_resume_leaves_what_is_whole_and_goes_on_with_the_rest(
    weights: Path, clips: Path, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = {name: single(clips / name, tmp_path / name) for name in ("three.mp4", "two.MKV")}
    capsys.readouterr()
    (out / "one.mkv").write_text("whole")
    journal = Journal(out / "three.mp4")  # of a run that was broken off before any segment
    journal.folder.mkdir()
    journal.note(survey="{}", file=[0, 0])
    assert main(["deblur", str(clips), "--out-dir", str(out), "--resume"]) == 0
    assert files(out) == {"one.mkv", "two.MKV", "three.mp4"}
    assert (out / "one.mkv").read_text() == "whole"
    assert {name: digest(out / name) for name in wanted} == wanted
    assert untimed(capsys) == [
        *("[1/2] three.mp4", f"[1/2] three.mp4: {FRAMES} frames"),
        *("[2/2] two.MKV", f"[2/2] two.MKV: {FRAMES} frames"),
        "vsdeblur: 2 of 3 files came out, 1 was there already",
    ]


def test_a_broken_off_batch_stops(
    weights: Path, clips: Path, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken_off(request: Request, progress: object) -> None:
        journal = Journal(request.target)
        journal.folder.mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(batch, "deblur", broken_off)
    assert main(["deblur", str(clips), "--out-dir", str(out)]) == 130
    assert files(out) == {folder_of(out / "one.mkv").name}


def test_overwrite(weights: Path, clips: Path, out: Path) -> None:
    (out / "one.mkv").write_text("old")
    assert main(["deblur", str(clips), "--out-dir", str(out), "--overwrite"]) == 0
    assert read(out / "one.mkv").num_frames == FRAMES


def test_progress_as_json(weights: Path, clips: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deblur", str(clips), "--out-dir", str(out), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    begun = [line for line in lines if "file" in line]
    assert begun == [
        {"file": "one.mkv", "number": 1, "of": 3},
        {"file": "three.mp4", "number": 2, "of": 3},
        {"file": "two.MKV", "number": 3, "of": 3},
    ]
    assert lines[-1] == {"note": "3 of 3 files came out"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["clips/one.mkv", "more/one.mkv", "--out-dir", "out"],
            "clips/one.mkv and more/one.mkv would both become out/",
        ),
        (["clips/one.mkv", "clips/one.mkv", "--out-dir", "out"], "clips/one.mkv and clips/one.mkv would both become "),
        (["clips", "--out-dir", "clips"], "clips/one.mkv would become clips/one.mkv, which is among the inputs"),
        (["clips", "more/one.mp4", "--out-dir", "out", "--ext", "mkv"], "clips/one.mkv and more/one.mp4 would both"),
        (["more", "--out-dir", "out"], "more holds no video file"),
        (["clips", "-", "--out-dir", "out"], "- is for IN OUT, and not for --out-dir"),
        (["clips", "--out-dir", "more/one.txt"], "more/one.txt is no folder"),
        (["clips", "--out-dir", "out", "--resume", "--overwrite"], "with --out-dir --resume leaves files that are"),
        (["clips/one.mkv", "out/a.mkv", "--ext", "mkv"], "--ext is for --out-dir; OUT's own ending says which"),
        (["clips", "out/a.mkv"], "clips is a folder: --out-dir FOLDER takes all videos in it"),
    ],
)
def test_what_cannot_be_is_refused_before_work_begins(
    weights: Path, clips: Path, vsdeblur: Run, tmp_path: Path, out: Path, arguments: list[str], sentence: str
) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "one.txt").write_text("text")
    done = vsdeblur("deblur", *arguments)
    assert (done.returncode, files(out), files(clips)) == (1, set(), {"one.mkv", "two.MKV", "three.mp4"})
    assert done.stderr.splitlines()[-1].startswith(f"vsdeblur: {sentence}")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["a.mkv"], "OUT is missing: give IN OUT, or IN... --out-dir FOLDER"),
        (["a.mkv", "b.mkv", "c.mkv"], "there are more files than IN and OUT: give IN OUT, or IN... --out-dir FOLDER"),
        (["a.mkv", "b.mkv", "--nonsense", "c.mkv"], "unrecognized arguments: --nonsense c.mkv"),
    ],
)
def test_wrong_numbers_of_files(vsdeblur: Run, arguments: list[str], sentence: str) -> None:
    done = vsdeblur("deblur", *arguments)
    assert done.returncode == 2
    assert done.stderr.endswith(f"error: {sentence}\n")
