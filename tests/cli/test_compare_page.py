"""``vsdeblur compare --html``: two videos on a page, as a browser shows it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pytest import approx

from tests.cli.conftest import ffmpeg, files, read
from tests.digest import digest
from vsdeblur.cli import main
from vsdeblur.measures.metrics import psnr, ssim
from vsdeblur.video.writing import in_rgb

FRAMES = 20
CUT = 12  # the first frame of the second scene
SIZE = (160, 96)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """truth.mkv, a scene that moves and a dark one that stands; two that are blurred, far.mkv more, and paler."""
    folder = tmp_path_factory.mktemp("compare")
    lossless = ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-qp", "0"]
    moving = f"testsrc2=size={SIZE[0]}x{SIZE[1]}:rate=10,trim=end_frame={CUT}"
    still = f"mandelbrot=size={SIZE[0]}x{SIZE[1]}:rate=10,trim=end_frame=1,loop={FRAMES - CUT - 1}:1,lutyuv=y=16+val/8"
    ffmpeg("-filter_complex", f"{moving}[a];{still}[b];[a][b]concat", *lossless, folder / "truth.mkv")
    for name, size, tone in (("near.mkv", 3, "val"), ("far <b>&.mkv", 9, "60+val/2")):
        blur = f"avgblur=sizeX={size}:sizeY=1,lutyuv=y={tone}"
        ffmpeg("-i", folder / "truth.mkv", "-vf", blur, *lossless, folder / name)
    return folder


@pytest.fixture(scope="module")
def page(folder: Path) -> Path:
    target = folder / "page.html"
    far, near, truth = (str(folder / name) for name in ("far <b>&.mkv", "near.mkv", "truth.mkv"))
    assert main(["compare", far, near, "--truth", truth, "--html", str(target)]) == 0
    return target


def browser(page: str, *arguments: str) -> str:
    """What headless Chromium prints of a page."""
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", *arguments, page]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def table(dom: str) -> dict[str, list[str]]:
    """The cells of each row by its heading."""
    rows = re.findall(r"<tr><th>([^<]+)</th>((?:<td>[^<]*</td>)+)</tr>", dom)
    return {name: re.findall(r"<td>([^<]*)</td>", cells) for name, cells in rows}


def rgb(file: Path) -> list[Any]:
    frames = in_rgb(read(file)).frames(close=True)
    return [np.stack([np.array(plane) for plane in frame], axis=-1) for frame in frames]


def test_figures_are_those_of_the_frames(folder: Path, page: Path) -> None:
    shown = table(browser(page.as_uri(), "--dump-dom"))
    truth = rgb(folder / "truth.mkv")
    for column, name in enumerate(("far <b>&.mkv", "near.mkv")):
        frames = rgb(folder / name)
        for heading, measure, digits in (("PSNR, dB", psnr, 2), ("SSIM", ssim, 4)):
            mean = np.mean([measure(a, b) for a, b in zip(frames, truth, strict=True)])
            assert float(shown[heading][column]) == approx(mean, abs=10**-digits)
    sharpness, motion = ([float(cell) for cell in shown[name] if cell] for name in ("Sharpness", "tOF, pixels"))
    assert sharpness == sorted(sharpness) and len(sharpness) == 3
    assert motion[0] > motion[1] and len(motion) == 2
    assert float(shown["Flicker"][2]) > 0


def test_the_browser_shows_both_under_a_wipe(folder: Path, page: Path, tmp_path: Path) -> None:
    picture = tmp_path / "page.png"
    width = 1000
    browser(f"{page.as_uri()}#frame=15", f"--screenshot={picture}", f"--window-size={width},1400")
    dom = browser(f"{page.as_uri()}#frame=15", "--dump-dom")
    assert re.search(r'id="where">15, at 1\.500 s<', dom)
    assert "far &lt;b&gt;&amp;.mkv" in dom and "<b>&" not in dom
    with Image.open(picture) as shot:
        pixels = np.asarray(shot.convert("RGB"), np.float64)
    # The viewer is grey where no picture is; at 16 pixels of margin, it begins below the heading.
    top = 100
    height = round((width - 32) * SIZE[1] / SIZE[0]) - 100
    view = pixels[top : top + height, 16 : width - 16]
    for half, name in ((view[:, : view.shape[1] // 2], "far <b>&.mkv"), (view[:, view.shape[1] // 2 :], "near.mkv")):
        frame = rgb(folder / name)[15].astype(np.float64)
        part = frame[:, : SIZE[0] // 2] if name.startswith("far") else frame[:, SIZE[0] // 2 :]
        assert half.mean((0, 1)) == approx(part.mean((0, 1)), abs=6)


def test_lines_stop_at_cuts_and_ends(page: Path) -> None:
    from vsdeblur.report.comparison import compared
    from vsdeblur.video.progress import Progress

    folder = page.parent
    found = compared(folder / "near.mkv", folder / "truth.mkv", None, Progress())
    for video in found.videos:
        unknown = {number for number, value in enumerate(video.flicker) if value is None}
        assert (len(video.flicker), unknown) == (FRAMES, {0, CUT - 1, CUT, FRAMES - 1})
        assert video.flicker[CUT + 1 : FRAMES - 1] == [0] * (FRAMES - CUT - 2)
        assert video.scores == [] and video.tof is None
    assert found.times == approx([number / 10 for number in range(FRAMES)])
    assert found.shown == sorted(set(found.shown)) and len(found.videos[0].pictures) == len(found.shown)


def test_a_page_is_the_same_twice_and_needs_no_other_file(folder: Path, page: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.html"
    far, near, truth = (str(folder / name) for name in ("far <b>&.mkv", "near.mkv", "truth.mkv"))
    assert main(["compare", far, near, "--truth", truth, "--html", str(again)]) == 0
    assert digest(again) == digest(page)
    text = page.read_text("utf-8")
    sources = re.findall(r"(?:src|href)\s*=\s*[\"']([^\"']+)", text)
    assert all(source.startswith(("#", "data:")) for source in sources)
    data = json.loads(re.search(r"const data = (.*);\n", text)[1])  # type: ignore[index]
    assert {len(pictures) for pictures in data["pictures"]} == {len(data["frames"])}


def test_errors_are_one_line(
    folder: Path, out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    ffmpeg("-i", "near.mkv", "-vf", "scale=80:48", out / "small.mkv")
    ffmpeg("-i", "near.mkv", "-frames:v", "7", out / "short.mkv")
    ffmpeg("-i", "near.mkv", "-vf", "scale=16:16", out / "tiny.mkv")
    made = files(out)
    (out / "there.html").write_text("mine")
    small, short, tiny, target = (str(out / name) for name in ("small.mkv", "short.mkv", "tiny.mkv", "p.html"))
    for given, sentence in (
        (
            ["near.mkv", small, "--html", target],
            "frames must have one size; those of small.mkv are 80x48, those of near",
        ),
        (["near.mkv", short, "--html", target], "videos must have equally many frames; short.mkv has 7, near.mkv 20"),
        ([tiny, tiny, "--html", target], "frames must have at least 24x24 pixels"),
        (["near.mkv", "absent.mkv", "--html", target], "there is no file absent.mkv"),
        (["near.mkv", "truth.mkv", "--html", target, "--truth", "absent.mkv"], "there is no file absent.mkv"),
        (["near.mkv", "truth.mkv", "--html", str(out / "p.png")], "--html must be an .html file, not p.png"),
        (["near.mkv", "truth.mkv", "--html", "absent/p.html"], "there is no folder absent"),
        (["near.mkv", "truth.mkv", "--html", str(out / "there.html")], f"{out / 'there.html'} is there already; "),
        (["near.mkv", "truth.mkv", "--html", target, "--model", "RUNet"], "--html shows two videos that are there: "),
        (["near.mkv", "truth.mkv", "--html", target, "--crf", "3"], "--html shows two videos that are there: "),
        (["near.mkv", str(out / "x.mkv"), "--truth", "truth.mkv"], "--truth needs --html PAGE"),
    ):
        assert main(["compare", *given]) == 1
        message = capsys.readouterr().err.splitlines()[-1]
        assert message.startswith(f"vsdeblur: {sentence}"), message
    assert files(out) == made | {"there.html"}
    assert (out / "there.html").read_text() == "mine"
