"""The libraries for Linux in a wheel: what they need, what they show, and for which machine they are."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection

PLUGIN = "vapoursynth/plugins/vsdeblur/libvsdeblur.so"
BINDING = "vsdeblur/_engine.abi3.so"
FREI0R = "vsdeblur/ffmpeg/frei0r-1/vsdeblur.so"
WRAPPER = "vsdeblur/ffmpeg/libvsdeblur_dnn.so"

SHOWN = {
    PLUGIN: {"VapourSynthPluginInit2"},
    BINDING: {"PyInit__engine"},
    FREI0R: {
        "f0r_construct",
        "f0r_deinit",
        "f0r_destruct",
        "f0r_get_param_info",
        "f0r_get_param_value",
        "f0r_get_plugin_info",
        "f0r_init",
        "f0r_set_param_value",
        "f0r_update",
    },
    WRAPPER: {"OrtGetApiBase"},
}
"""The names that each library shows to the programs that load it."""

SYSTEM_LIBRARIES = {
    "libc.so.6",
    "libm.so.6",
    "libdl.so.2",
    "libpthread.so.0",
    "ld-linux-x86-64.so.2",
    "ld-linux-aarch64.so.1",
}
"""Shared libraries that every Linux with glibc has."""


def library(wheel: Path, name: str) -> ELFFile:
    with zipfile.ZipFile(wheel) as archive:
        return ELFFile(io.BytesIO(archive.read(name)))


def needed(file: ELFFile) -> set[str]:
    """The shared libraries that it is loaded with."""
    return {tag.needed for tag in file.get_section_by_name(".dynamic").iter_tags("DT_NEEDED")}


def shown(file: ELFFile) -> set[str]:
    """The names that it defines for others."""
    symbols = file.get_section_by_name(".dynsym").iter_symbols()
    return {symbol.name for symbol in symbols if symbol.name and symbol["st_shndx"] != "SHN_UNDEF"}


def glibc(file: ELFFile) -> tuple[int, int]:
    """The oldest glibc that has every symbol that it asks for: (2, 28)."""
    return max(_versions(file))


def promised_glibc(wheel: Path) -> tuple[int, int]:
    """The oldest glibc of the machines that a wheel's name says it is for."""
    found = re.search(r"-manylinux_(\d+)_(\d+)_", wheel.name)
    assert found, wheel.name
    return int(found[1]), int(found[2])


def _versions(file: ELFFile) -> Iterator[tuple[int, int]]:
    for section in file.iter_sections():
        if isinstance(section, GNUVerNeedSection):
            for _, versions in section.iter_versions():
                for version in versions:
                    if found := re.fullmatch(r"GLIBC_(\d+)\.(\d+)(?:\.\d+)?", version.name):
                        yield int(found[1]), int(found[2])
