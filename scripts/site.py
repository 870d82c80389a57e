"""MkDocs hook: puts into the built site what its page "Try it in the browser" runs.

Two packages of npm, each by a version and the checksum of its archive, come into .build/npm/ and from there into the
site; with them the shipped networks. Building needs npm on the PATH, the first time also a way to its registry. None of
it enters the repository.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError

ROOT = Path(__file__).resolve().parents[1]
ARCHIVES = ROOT / ".build" / "npm"
WEIGHTS = ROOT / "vsdeblur" / "weights"
FIRST = ("RUNet", "DTB")
"""Networks that the page offers before the others."""


@dataclass(frozen=True)
class Package:
    """A package of npm, and the files of it that the page loads."""

    name: str
    version: str
    sha512: str
    """Of the archive, in base64, as npm states it."""
    members: tuple[str, ...]


PACKAGES = (
    Package(
        "onnxruntime-web",
        "1.30.0",
        "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ==",
        (
            "dist/ort.wasm.min.mjs",
            "dist/ort-wasm-simd-threaded.mjs",
            "dist/ort-wasm-simd-threaded.wasm",
            "dist/ort.webgpu.min.mjs",
            "dist/ort-wasm-simd-threaded.asyncify.mjs",
            "dist/ort-wasm-simd-threaded.asyncify.wasm",
        ),
    ),
    Package(
        "mediabunny",
        "1.61.0",
        "WciPOYwKZwgYkoBKcEK6JzzIf+w5whypPzFdOihOylZ/5Qv19FmNfRnTcaprH+jD136YpEASU30Eb6VNCJiz3A==",
        ("dist/bundles/mediabunny.min.mjs", "LICENSE"),
    ),
)
FOLDERS = {"onnxruntime-web": "onnxruntime", "mediabunny": "mediabunny"}


def on_post_build(config: Any) -> None:
    """Called by MkDocs when the pages are written. Raises PluginError, which ends the build with its sentence."""
    page = Path(config["site_dir"]) / "browser"
    for package in PACKAGES:
        extract(fetched(package), package.members, page / FOLDERS[package.name])
    models = page / "models"
    models.mkdir(exist_ok=True)
    names = networks()
    for name in names:
        shutil.copy(WEIGHTS / f"{name}.onnx", models)
    (models / "models.json").write_text(json.dumps(names))


def networks() -> list[str]:
    """The shipped networks, those of FIRST before the others; not their files of other precisions, NAME.int8.onnx."""
    names = sorted(file.stem for file in WEIGHTS.glob("*.onnx") if "." not in file.stem)
    return sorted(names, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))


def fetched(package: Package) -> Path:
    """The package's archive, fetched unless it is there. Raises PluginError where it is not what it should be."""
    archive = ARCHIVES / f"{package.name}-{package.version}.tgz"
    wanted = f"{package.name}@{package.version}"
    if not archive.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise PluginError(f"npm fetches {wanted} for the site's page, and it is not on the PATH: install npm.")
        ARCHIVES.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [npm, "pack", "--silent", "--pack-destination", ARCHIVES, wanted],
            cwd=ARCHIVES, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode != 0:
            raise PluginError(f"npm cannot fetch {wanted}: {done.stderr.strip()}")
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != package.sha512:
        archive.unlink()
        raise PluginError(f"{archive.name} has the checksum {digest}, not {package.sha512}")
    return archive


def extract(archive: Path, members: tuple[str, ...], folder: Path) -> None:
    """Writes members of a package's archive into a folder, which is made, under their own names."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as tar:
        for member in members:
            file = tar.extractfile(f"package/{member}")
            assert file is not None
            with file, (folder / Path(member).name).open("wb") as target:
                shutil.copyfileobj(file, target)
