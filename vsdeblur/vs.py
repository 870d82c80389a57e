"""The plugin's functions with types, for VapourSynth scripts that an editor completes and mypy checks::

    from vsdeblur.vs import DTB

    clip = DTB(clip, segment=40)

Each is ``core.vsdeblur.NAME`` with the same arguments and meanings; None is the plugin's default. A vapoursynth.Error
says what cannot be done as asked. Importing this needs VapourSynth, which the package itself does not.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, TypedDict, Unpack

import vapoursynth as vs

__all__ = ["DBLRGAN", "DTB", "RVD", "DBLRNet", "Info", "Model", "Pair", "Precision", "RUNet", "SharpSequence"]

Pair: TypeAlias = int | Sequence[int]
"""One number for both directions, or horizontal and vertical."""
Precision: TypeAlias = Literal["auto", "fp32", "fp16", "bf16", "int8"]


class Common(TypedDict, total=False):
    """What all functions take besides."""

    tilesize: Pair
    """Pixels of a tile, both overlaps included; 0: the whole frame. By default by the frame's size."""
    overlap: Pair
    """Pixels; needs tilesize. By default the network's reach."""
    provider: str
    """Where the network runs: "" (the CPU), OpenVINO, OpenVINO:GPU, ONNXRuntime, CUDA, TensorRT and others."""
    device_id: int
    """Which of the provider's devices, from 0."""
    num_streams: int
    """Runs of the network at the same time, 1 to 32."""
    precision: Precision
    """What the network computes in; auto is the fastest that loses at most 0.05 dB."""
    strength: float
    """How much of the network's change is applied, 0 (none, bit for bit) to 4; 1."""
    sc: Literal[0, 1]
    """Whether to heed scene cuts; 1."""
    sc_threshold: float
    """Mean change of luma, 0 to 1, above which there is one; 0.1."""
    verbosity: Literal[0, 1, 2, 3, 4]
    """Of the runtime's log on the standard error output, 0 fatal to 4 all; 2."""


class Shipped(Common, total=False):
    """The same of functions whose weights ship."""

    model: str | os.PathLike[str]
    """An .onnx file in place of the shipped weights."""


def _call(name: str, clip: vs.VideoNode, special: dict[str, Any], common: Any) -> vs.VideoNode:
    given = {key: value for key, value in (special | common).items() if value is not None}
    for key in ("model", "path"):
        if key in given:
            given[key] = os.fspath(given[key])
    out: vs.VideoNode = getattr(vs.core.vsdeblur, name)(clip, **given)
    return out


def RUNet(
    clip: vs.VideoNode, *, segment: int | None = None, preroll: int | None = None, **common: Unpack[Shipped]
) -> vs.VideoNode:
    """This project's own recurrent network, on RGB. State: anew every `segment` (80), after `preroll` (4)."""
    return _call("RUNet", clip, {"segment": segment, "preroll": preroll}, common)


def DTB(
    clip: vs.VideoNode, *, segment: int | None = None, preroll: int | None = None, **common: Unpack[Shipped]
) -> vs.VideoNode:
    """Dynamic temporal blending: recurrent, on RGB. State: anew every `segment` (80), after `preroll` (4)."""
    return _call("DTB", clip, {"segment": segment, "preroll": preroll}, common)


def DBLRNet(clip: vs.VideoNode, **common: Unpack[Shipped]) -> vs.VideoNode:
    """Five frames of luma in, one out."""
    return _call("DBLRNet", clip, {}, common)


def DBLRGAN(clip: vs.VideoNode, **common: Unpack[Shipped]) -> vs.VideoNode:
    """DBLRNet's network, trained for looks."""
    return _call("DBLRGAN", clip, {}, common)


def RVD(clip: vs.VideoNode, *, stride: int | None = None, **common: Unpack[Shipped]) -> vs.VideoNode:
    """Five frames of luma in, five out; `stride` frames from one window to the next, 1 (the default) to 5."""
    return _call("RVD", clip, {"stride": stride}, common)


def SharpSequence(
    clip: vs.VideoNode, *, refine: Literal[0, 1] | None = None, **common: Unpack[Shipped]
) -> vs.VideoNode:
    """One blurred frame of luma to seven sharp instants of its exposure, or 42 with refine=1."""
    return _call("SharpSequence", clip, {"refine": refine}, common)


def Model(
    clip: vs.VideoNode,
    path: str | os.PathLike[str],
    *,
    stride: int | None = None,
    segment: int | None = None,
    preroll: int | None = None,
    refine: Literal[0, 1] | None = None,
    **common: Unpack[Common],
) -> vs.VideoNode:
    """Any .onnx file with vsdeblur's contract."""
    special = {"path": path, "stride": stride, "segment": segment, "preroll": preroll, "refine": refine}
    return _call("Model", clip, special, common)


def Info() -> dict[str, Any]:
    """Versions, the runtimes that were found, their providers, the models and their checksums."""
    found: dict[str, Any] = vs.core.vsdeblur.Info()
    return found
