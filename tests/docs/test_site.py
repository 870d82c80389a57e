"""The documentation site: it builds without a dead link, and what its pages tell people to type works."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg
import pytest
import vapoursynth as vs

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
# Pages that are links to files elsewhere have tests there.
PAGES = sorted(page for page in DOCS.rglob("*.md") if not page.is_symlink() and "cards" not in page.parts)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# tests/packaging runs these in an empty environment.
SET_UP = ("pip install", "vapoursynth config")
PRELUDE = """
import vapoursynth as vs
core = vs.core
clip = core.bs.VideoSource("blurry.mkv", cachemode=0)
"""
EPILOGUE = """
for name, value in list(globals().items()):
    if isinstance(value, vs.VideoNode):
        value.get_frame(0).close()
"""


def blocks(page: Path, language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(page.read_text()) if kind == language]


def pages(language: str) -> list[Path]:
    return [page for page in PAGES if blocks(page, language)]


def name(page: Path) -> str:
    return str(page.relative_to(DOCS))


@pytest.fixture
def folder(tmp_path: Path, random_weights: Path) -> Iterator[Path]:
    """A folder with all that the pages' snippets mention."""
    source = [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=160x96:rate=25:duration=0.4",
        "-f",
        "lavfi",
        "-i",
        "sine=duration=0.4",
    ]
    for file in ("blurry.mkv", "blurry.mp4"):
        subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *source, str(tmp_path / file)], check=True)
    for file in ("clips/one.mkv", "extra/two.mkv"):
        (tmp_path / file).parent.mkdir()
        shutil.copy(tmp_path / "blurry.mkv", tmp_path / file)
    for pictures in ("frames/%05d.png", "scans/%d.tif"):
        (tmp_path / pictures).parent.mkdir()
        coded = [*source[:4], "-frames:v", "3", str(tmp_path / pictures)]
        subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *coded], check=True)
    shutil.copy(random_weights / "RUNet.onnx", tmp_path / "mine.onnx")
    (tmp_path / "script.vpy").write_text(blocks(DOCS / "index.md", "python")[0])
    yield tmp_path


def test_it_builds_without_a_dead_link(site: Path) -> None:
    assert (site / "functions" / "dtb" / "index.html").exists()


@pytest.mark.parametrize("page", pages("python"), ids=name)
def test_its_python_runs(page: Path, folder: Path) -> None:
    script = folder / "page.py"
    script.write_text(PRELUDE + "\n".join(blocks(page, "python")) + EPILOGUE)
    done = subprocess.run([sys.executable, script], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_staxrips_profiles_run(folder: Path) -> None:
    (profiles,) = blocks(DOCS / "scripts.md", "ini")
    # As StaxRip reads them: [category], "name =", and lines of code that begin with four spaces.
    codes = re.findall(r"^[^=\[\n]+ =\n((?: {4}.+\n)+)", profiles, re.MULTILINE)
    assert len(codes) == profiles.count(" =\n") == 3
    for code in codes:
        script = folder / "profile.py"
        script.write_text(PRELUDE + code.replace("    ", "", 1).replace("\n    ", "\n") + EPILOGUE)
        done = subprocess.run([sys.executable, script], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", pages("sh"), ids=name)
def test_its_commands_run(page: Path, folder: Path) -> None:
    lines = "\n".join(blocks(page, "sh")).splitlines()
    script = "set -e\n" + "\n".join(line for line in lines if not line.startswith(SET_UP))
    done = subprocess.run(["bash", "-c", script], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def documented() -> dict[str, tuple[str, list[str]]]:
    """By function: the page's signature, and the names of the arguments in it and in the page's tables."""
    found = {}
    for page in sorted((DOCS / "functions").glob("*.md")):
        text = page.read_text()
        rows = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
        for function, signature in re.findall(r"^core\.vsdeblur\.(\w+)\((vnode.*|)\)$", text, re.MULTILINE):
            found[function] = (signature, [*re.findall(r"(?:int|data|vnode|float) (\w+)", signature), *rows])
    return found


def test_every_function_has_a_page_with_all_its_arguments() -> None:
    common = re.findall(r"^\| `(\w+)` \|", (DOCS / "functions" / "index.md").read_text(), re.MULTILINE)
    functions = {function.name: function.signature for function in vs.core.vsdeblur.functions()}
    pages = documented()
    assert pages.keys() == functions.keys()
    for function, declared in functions.items():
        arguments = {argument.split(":")[0] for argument in declared.split(";") if argument}
        signature, own = pages[function]
        told = {*own, *(common if "..." in signature else [])} - ({"model"} if function == "Model" else set())
        assert told >= arguments, (function, arguments - told)
        assert arguments >= set(re.findall(r"(?:int|data|vnode|float) (\w+)", signature)), function


def quoted_errors() -> list[tuple[str, str]]:
    """Arguments and the error they bring, as the tables of functions' pages have them."""
    texts = [page.read_text() for page in sorted((DOCS / "functions").glob("*.md"))]
    return [
        row for text in texts for row in re.findall(r"^\| `([^`]*=[^`]*)` \| `(\w+: [^`]*)` \|$", text, re.MULTILINE)
    ]


@pytest.mark.parametrize(("arguments", "error"), quoted_errors())
def test_the_errors_that_pages_quote_are_the_real_ones(
    arguments: str, error: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    clip = vs.core.std.BlankClip(width=64, height=48, length=1)
    given = {"clip": clip, **eval(f"dict({arguments})", {"core": vs.core, "clip": clip})}
    function = error.partition(":")[0]
    with pytest.raises(vs.Error) as raised:
        getattr(vs.core.vsdeblur, function)(**given).get_frame(0)
    assert str(raised.value) == error


def test_every_function_page_quotes_errors() -> None:
    assert {error.partition(":")[0] for _, error in quoted_errors()} == {
        "DBLRNet",
        "DTB",
        "Model",
        "RUNet",
        "RVD",
        "SharpSequence",
    }
