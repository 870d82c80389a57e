"""The functions' arguments: names as in vs-mlrt, and one clear sentence for every value that is not allowed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vapoursynth as vs

from tests.plugin import clips, models

COMMON = {
    "clip:vnode",
    "tilesize:int[]:opt",
    "overlap:int[]:opt",
    "provider:data:opt",
    "device_id:int:opt",
    "num_streams:int:opt",
    "precision:data:opt",
    "strength:float:opt",
    "sc:int:opt",
    "sc_threshold:float:opt",
    "verbosity:int:opt",
}
SPECIAL = {
    "RUNet": {"segment:int:opt", "preroll:int:opt", "model:data:opt"},
    "RVD": {"stride:int:opt", "model:data:opt"},
    "DBLRNet": {"model:data:opt"},
    "DBLRGAN": {"model:data:opt"},
    "DTB": {"segment:int:opt", "preroll:int:opt", "model:data:opt"},
    "SharpSequence": {"refine:int:opt", "model:data:opt"},
    "Model": {"path:data", "stride:int:opt", "segment:int:opt", "preroll:int:opt", "refine:int:opt"},
}


def test_the_functions_and_their_arguments() -> None:
    found = {f.name: set(f.signature.strip(";").split(";")) for f in vs.core.vsdeblur.functions()}
    assert found == {name: COMMON | special for name, special in SPECIAL.items()} | {"Info": {""}}


@pytest.fixture
def shipped(weights: Path) -> Path:
    """Small models under the names of all networks."""
    models.window_code(weights / "RVD.onnx", 2, 2, "-2,-1,0,1,2", name="RVD", receptive_field=9)
    for name in ("DBLRNet", "DBLRGAN"):
        models.window_code(weights / f"{name}.onnx", 2, 2, name=name, receptive_field=9)
    for name in ("DTB", "RUNet"):
        models.counter(weights / f"{name}.onnx", 1, 1, name=name, receptive_field=9)
    models.instants(weights / "SharpSequence.onnx", 7, name="SharpSequence", receptive_field=9)
    return weights


EVERYWHERE: list[tuple[dict[str, Any], str]] = [
    ({"tilesize": 16, "overlap": -1}, "overlap must be at least 0, got -1"),
    ({"tilesize": 16, "overlap": [4, -2]}, "overlap must be at least 0, got -2"),
    ({"overlap": 4}, "overlap has no effect without tilesize: give tilesize too"),
    ({"overlap": [0, 4]}, "overlap has no effect without tilesize: give tilesize too"),
    ({"overlap": -1}, "overlap must be at least 0, got -1"),
    ({"overlap": [1, 2, 3]}, "overlap must be one number or two, horizontal and vertical, not 3"),
    ({"tilesize": [8, 8, 8]}, "tilesize must be one number or two, horizontal and vertical, not 3"),
    ({"tilesize": -16}, "tilesize must be at least 0 (0 = the whole frame), got -16"),
    ({"tilesize": [16, -16]}, "tilesize must be at least 0 (0 = the whole frame), got -16"),
    (
        {"tilesize": 8, "overlap": 0},
        "tilesize must be at least the receptive field of 9 pixels, got 8",
    ),
    ({"device_id": -1}, "device_id must be at least 0, not -1"),
    ({"num_streams": 0}, "num_streams must be between 1 and 32, not 0"),
    ({"num_streams": 33}, "num_streams must be between 1 and 32, not 33"),
    ({"num_streams": 2**40}, "num_streams must be between 1 and 32, not 2147483647"),
    ({"verbosity": 5}, "verbosity must be between 0 and 4, not 5"),
    ({"verbosity": -1}, "verbosity must be between 0 and 4, not -1"),
    ({"sc": 2}, "sc must be 0 or 1, not 2"),
]


@pytest.mark.parametrize("function", [name for name in SPECIAL if name != "Model"])
@pytest.mark.parametrize(("arguments", "sentence"), EVERYWHERE, ids=str)
def test_values_out_of_range(shipped: Path, function: str, arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(vs.Error) as refused:
        getattr(vs.core.vsdeblur, function)(clips.numbered(2, 24, 24), **arguments)
    assert str(refused.value) == f"{function}: {sentence}"


@pytest.mark.parametrize("value", [-0.1, 1.5, float("nan"), float("inf")])
def test_thresholds_out_of_range(shipped: Path, value: float) -> None:
    with pytest.raises(vs.Error, match=r"^DTB: sc_threshold must be between 0 and 1, not "):
        vs.core.vsdeblur.DTB(clips.numbered(2), sc_threshold=value)


@pytest.mark.parametrize("value", [-0.1, 4.5, float("nan"), float("inf")])
def test_strengths_out_of_range(shipped: Path, value: float) -> None:
    with pytest.raises(vs.Error, match=r"^DTB: strength must be between 0 and 4, not "):
        vs.core.vsdeblur.DTB(clips.numbered(2), strength=value)


@pytest.mark.parametrize(
    ("function", "arguments", "sentence"),
    [
        ("DTB", {"segment": 0}, "segment must be at least 1, not 0"),
        ("DTB", {"segment": -(2**40)}, "segment must be at least 1, not -2147483648"),
        ("DTB", {"segment": 4, "preroll": 5}, "preroll must be between 0 and segment (4), not 5"),
        ("DTB", {"preroll": -1}, "preroll must be between 0 and segment (80), not -1"),
        ("RVD", {"stride": 0}, "stride must be between 1 and 5, not 0"),
        ("RVD", {"stride": 6}, "stride must be between 1 and 5, not 6"),
        ("SharpSequence", {"refine": 2}, "refine must be 0 or 1, not 2"),
        ("DTB", {"tilesize": 11}, "tilesize must be a multiple of 2, got 11"),
    ],
)
def test_values_of_single_functions(shipped: Path, function: str, arguments: dict[str, int], sentence: str) -> None:
    with pytest.raises(vs.Error) as refused:
        getattr(vs.core.vsdeblur, function)(clips.numbered(2, 24, 24), **arguments)
    assert str(refused.value) == f"{function}: {sentence}"


@pytest.mark.parametrize(
    ("file", "argument"),
    [
        ("DTB", "stride"),
        ("DTB", "refine"),
        ("DBLRNet", "stride"),
        ("DBLRNet", "segment"),
        ("DBLRNet", "preroll"),
        ("RVD", "segment"),
        ("RVD", "refine"),
        ("SharpSequence", "stride"),
        ("SharpSequence", "segment"),
    ],
)
def test_model_takes_no_argument_that_its_network_has_no_use_for(shipped: Path, file: str, argument: str) -> None:
    with pytest.raises(vs.Error) as refused:
        vs.core.vsdeblur.Model(clips.numbered(2), str(shipped / f"{file}.onnx"), **{argument: 1})
    sentence = str(refused.value)
    assert sentence.startswith("Model: ")
    assert argument in sentence
    assert file in sentence


@pytest.mark.parametrize(("arguments", "part"), [({"nonsense": 1}, "nonsense"), ({"tilesize": []}, "tilesize")])
def test_arguments_that_do_not_fit_are_refused(shipped: Path, arguments: dict[str, Any], part: str) -> None:
    with pytest.raises(vs.Error, match=rf"DTB: .*{part}"):
        vs.core.vsdeblur.DTB(clips.numbered(2), **arguments)


@pytest.mark.parametrize(
    "arguments", [{"tilesize": "large"}, {"sc": "yes"}, {"sc_threshold": "high"}, {"segment": [1, 2]}]
)
def test_wrong_types_are_refused(shipped: Path, arguments: dict[str, Any]) -> None:
    # Some of these are refused by VapourSynth's Python module before the plugin is called.
    with pytest.raises((vs.Error, ValueError)):
        vs.core.vsdeblur.DTB(clips.numbered(2), **arguments)


def test_a_clip_is_required(shipped: Path) -> None:
    with pytest.raises(vs.Error, match="DTB: .*clip"):
        vs.core.vsdeblur.DTB()
    with pytest.raises(vs.Error, match="DTB: .*clip"):
        vs.core.vsdeblur.DTB(vs.core.std.BlankAudio())


@pytest.mark.parametrize("provider", ["CUDA", "TensorRT", "Nonsense"])
def test_a_provider_that_is_not_there_is_refused(shipped: Path, provider: str) -> None:
    if provider in np.atleast_1d(vs.core.vsdeblur.Info()["providers"]):
        pytest.skip(f"this machine has {provider}")
    with pytest.raises(vs.Error) as refused:
        vs.core.vsdeblur.DTB(clips.numbered(2), provider=provider)
    sentence = str(refused.value)
    assert sentence.startswith("DTB: ")
    assert provider in sentence
    assert "ONNXRuntime" in sentence, "it says what there is"


def test_one_value_or_two_for_tiles(tmp_path: Path) -> None:
    model = models.plus(tmp_path / "m.onnx", (0.0,), receptive_field=9)
    clip = clips.noise(vs.GRAY8, 40, 30, 1)
    for arguments in (
        {"tilesize": 16, "overlap": 4},
        {"tilesize": [20, 14], "overlap": [4, 2]},
        {"tilesize": [40, 16]},
    ):
        out = vs.core.vsdeblur.Model(clip, str(model), **arguments)
        assert np.array_equal(clips.frame_planes(out, 0)[0], clips.frame_planes(clip, 0)[0])
    # Tiles are 14 high: too low for the second value, although the first would do.
    with pytest.raises(vs.Error, match=r"twice the overlap of 7 pixels .* got 14"):
        vs.core.vsdeblur.Model(clip, str(model), tilesize=[40, 14], overlap=[4, 7])


SCRIPT = """
import vapoursynth as vs
print(*vs.core.vsdeblur.Info()["runtime"], sep=chr(10))
try:
    vs.core.vsdeblur.DTB(vs.core.std.BlankClip(width=24, height=24, length=1))
except vs.Error as error:
    print(error)
"""


@pytest.mark.parametrize("provider", ["", "ONNXRuntime"])
@pytest.mark.parametrize("library", ["/nowhere/library.so", "not a library"])
def test_a_runtime_that_cannot_be_used_is_a_sentence(
    shipped: Path, library: str, provider: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if library == "not a library":
        (tmp_path / "library.so").write_text("not a library")
        library = str(tmp_path / "library.so")
    for name in ("VSDEBLUR_ONNXRUNTIME", "VSDEBLUR_OPENVINO"):
        monkeypatch.setenv(name, library)
    script = SCRIPT.replace("length=1)", f"length=1), provider={provider!r}")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    onnxruntime, openvino, error = done.stdout.splitlines()
    assert library in onnxruntime
    assert library in openvino
    assert error == f"DTB: {onnxruntime if provider else openvino}"
