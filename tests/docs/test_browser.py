"""The site's page that deblurs in the browser, in headless Chromium, against the engine's frames.

Chromium loads the built site from a plain server of static files, and in it tests/docs/drive.html, which does what a
user does: drops files, chooses, deblurs, saves. What it saved comes back by the server.
"""

from __future__ import annotations

import base64
import functools
import io
import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from tests.tolerances import BROWSER_STEPS, BROWSER_VIDEO_STEPS
from vsdeblur import Deblurrer

HERE = Path(__file__).parent
WIDTH, HEIGHT = 62, 45  # neither side divides by the multiples of all networks
FRAMES = 4
TIMEOUT = 300  # seconds, for all runs together


def scene(number: int) -> Any:
    """Frame `number`: blocks and a gradient that move, softened along their motion; (HEIGHT, WIDTH, 3) uint8."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    shifted = [np.sin((x - 3 * number + k) / 4) * np.cos(y / 5) > 0 for k in range(5)]
    blocks = np.mean(shifted, axis=0)
    return np.stack([40 + 170 * blocks, 220 - 2.0 * y - 60 * blocks, 30 + 3.0 * x], axis=-1).round().astype(np.uint8)


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is dropped: pictures that sort by number alone, one of another size, a wide one, and the clip as a video."""
    folder = tmp_path_factory.mktemp("given")
    for number in range(FRAMES):
        Image.fromarray(scene(number)).save(folder / f"shot{8 + number}.png")
    Image.fromarray(scene(0)[:-1]).save(folder / "shot12.png")
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-start_number", "8", "-i", folder / "shot%d.png"]
    coded = ["-frames:v", str(FRAMES), "-c:v", "libvpx-vp9", "-crf", "4", "-b:v", "0", "-pix_fmt", "yuv444p"]
    tags = "-vf scale=out_color_matrix=bt709:out_range=tv -colorspace bt709 -color_primaries bt709 -color_trc bt709"
    subprocess.run([*command, *coded, *tags.split(), folder / "shot.webm"], check=True)
    Image.fromarray(np.tile(scene(0)[:6], (1, 8, 1))).save(folder / "wide.png")
    (folder / "foreign.onnx").write_bytes(b"\x08\x08")
    return folder


class Handler(SimpleHTTPRequestHandler):
    """The site's files, those that are dropped, the task, and a place for results."""

    def __init__(self, *arguments: Any, given: Path, task: Any, results: Queue[Any], **named: Any) -> None:
        self.given, self.task, self.results = given, task, results
        super().__init__(*arguments, **named)

    def translate_path(self, path: str) -> str:
        if path.startswith("/given/"):
            return str(self.given / Path(path).name)
        return str(HERE / "drive.html") if path == "/drive.html" else super().translate_path(path)

    def do_GET(self) -> None:
        if self.path != "/task.json":
            return super().do_GET()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(self.task).encode())

    def do_POST(self) -> None:
        self.results.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def driven(site: Path, given: Path, task: list[dict[str, Any]], profile: Path) -> list[dict[str, Any]]:
    """What the page gives for each entry of the task."""
    results: Queue[Any] = Queue()
    handler = functools.partial(Handler, directory=str(site), given=given, task=task, results=results)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
        page = f"http://127.0.0.1:{server.server_port}/drive.html"
        with subprocess.Popen(["chromium", *options, page], stderr=subprocess.DEVNULL) as chromium:
            try:
                answer: list[dict[str, Any]] = results.get(timeout=TIMEOUT)
            finally:
                chromium.terminate()
                server.shutdown()
    assert not any("error" in each for each in answer), answer
    return answer


PICTURES = [f"shot{8 + number}.png" for number in (2, 0, 3, 1)]
TASK: dict[str, dict[str, Any]] = {
    "recurrent": {"files": PICTURES, "choices": {"network": "DTB"}},
    "fast": {"files": PICTURES, "choices": {"network": "RUNet"}},
    "window": {"files": PICTURES, "choices": {"network": "DBLRNet"}},
    "padded": {"files": PICTURES[:2], "choices": {"network": "RVD"}},
    "instants": {"files": PICTURES[:1], "choices": {"network": "SharpSequence"}},
    "video": {"files": ["shot.webm"], "choices": {"network": "RVD", "most": "3"}},
    "smaller": {"files": ["wide.png"], "choices": {"network": "RVD", "side": "320"}},
    "sizes": {"files": [*PICTURES, "shot12.png"], "choices": {"network": "RVD", "most": "24"}},
    "foreign": {"files": [*PICTURES, "foreign.onnx"], "choices": {}},
    "mixed": {"files": [*PICTURES, "shot.webm"], "choices": {"network": "RVD"}},
}


@pytest.fixture(scope="module")
def results(site: Path, given: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Any]]]:
    answers = driven(site, given, list(TASK.values()), tmp_path_factory.mktemp("profile"))
    yield dict(zip(TASK, answers, strict=True))


def pictures(result: dict[str, Any]) -> list[Any]:
    assert not result["fault"], result["status"]
    opened = [Image.open(io.BytesIO(base64.b64decode(picture["png"]))) for picture in result["pictures"]]
    return [np.asarray(picture.convert("RGB")) for picture in opened]


def apart(found: list[Any], wanted: list[Any]) -> int:
    """The largest difference, in steps."""
    assert len(found) == len(wanted)
    return max(int(np.abs(a.astype(int) - b).max()) for a, b in zip(found, wanted, strict=True))


def engine(name: str, frames: list[Any]) -> list[Any]:
    return list(Deblurrer(name, provider="ONNXRuntime", precision="fp32", sc=0)(frames))


@pytest.mark.parametrize(
    ("case", "name", "frames"),
    [
        ("recurrent", "DTB", 4),
        ("fast", "RUNet", 4),
        ("window", "DBLRNet", 4),
        ("padded", "RVD", None),
        ("instants", "SharpSequence", None),
    ],
)
def test_its_frames_are_the_engines(
    results: dict[str, dict[str, Any]], case: str, name: str, frames: int | None
) -> None:
    numbers = range(frames) if frames else sorted(int(file[4:-4]) - 8 for file in TASK[case]["files"])
    clip = [scene(number) for number in numbers]
    found = pictures(results[case])
    assert apart(found, engine(name, clip)) <= BROWSER_STEPS
    assert apart(found[: len(clip)], clip[: len(found)]) > 4  # the network did something


def test_results_have_the_files_names_in_the_order_of_their_numbers(results: dict[str, dict[str, Any]]) -> None:
    names = {case: [picture["name"] for picture in results[case]["pictures"]] for case in TASK}
    assert names["recurrent"] == ["shot8.png", "shot9.png", "shot10.png", "shot11.png"]
    assert names["instants"] == [f"shot10-{k}.png" for k in range(1, 8)]
    assert names["video"] == ["shot-00001.png", "shot-00002.png", "shot-00003.png"]


def test_a_video_gives_its_frames_deblurred(results: dict[str, dict[str, Any]]) -> None:
    wanted = engine("RVD", [scene(number) for number in range(3)])
    found = pictures(results["video"])
    means = [float(np.abs(a.astype(int) - b).mean()) for a, b in zip(found, wanted, strict=True)]
    assert max(means) <= BROWSER_VIDEO_STEPS
    other = [float(np.abs(a.astype(int) - b).mean()) for a, b in zip(found[1:], wanted[:-1], strict=True)]
    assert min(other) > 2 * BROWSER_VIDEO_STEPS  # a frame that was left out or shown twice would be found


def test_large_frames_are_taken_smaller_and_the_page_says_so(results: dict[str, dict[str, Any]]) -> None:
    assert results["smaller"]["status"].endswith(f"; {8 * WIDTH}x6, taken at 320x4")
    assert pictures(results["smaller"])[0].shape == (4, 320, 3)


def test_the_fastest_comes_first_of_all_networks(results: dict[str, dict[str, Any]]) -> None:
    offered = results["recurrent"]["offered"]
    assert offered[0] == "RUNet"
    assert {"DTB", "DBLRNet", "DBLRGAN", "RVD", "SharpSequence"} < set(offered)


def test_what_cannot_be_done_is_one_sentence(results: dict[str, dict[str, Any]]) -> None:
    for case, sentence in (
        ("sizes", f"drop pictures of one size, or one video: shot12.png has {WIDTH}x{HEIGHT - 1} pixels, the first"),
        ("foreign", "the model carries no vsdeblur.contract: it was not made for vsdeblur"),
        ("mixed", "drop pictures of one size, or one video"),
    ):
        assert results[case]["fault"], case
        assert results[case]["status"].startswith(sentence), results[case]["status"]
