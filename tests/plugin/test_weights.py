"""Which file a function takes: shipped weights by name and precision, or a user's file."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import vapoursynth as vs

from tests.plugin import clips, models
from vsdeblur.contract import UNTRAINED


def dtb(folder: Path, file: str = "DTB.onnx", **fields: Any) -> Path:
    return models.counter(folder / file, 1, 1, **{"name": "DTB", **fields})


def refused(function: str, **arguments: Any) -> str:
    """The sentence with which a function refuses its arguments for a small clip."""
    clip = clips.numbered(2)
    with pytest.raises(vs.Error) as error:
        getattr(vs.core.vsdeblur, function)(clip, **arguments)
    return str(error.value)


def test_a_name_means_the_shipped_file(weights: Path) -> None:
    dtb(weights)
    assert clips.pixel(vs.core.vsdeblur.DTB(clips.numbered(1)), 0) == 1


def test_a_precision_means_the_file_of_that_precision(weights: Path) -> None:
    dtb(weights)
    models.plus(weights / "DTB.int8.onnx", (5.0,), name="DTB", precision="int8")
    found = [clips.pixel(vs.core.vsdeblur.DTB(clips.numbered(1), precision=p), 0) for p in ("fp32", "int8")]
    assert found == [1, 5]


def test_a_precision_that_does_not_ship_is_refused(weights: Path) -> None:
    dtb(weights)
    assert refused("DTB", precision="int8") == (
        "DTB: there are no weights in int8; those that ship are in fp32; model= takes a file"
    )


def test_a_precision_that_is_not_computed_here_is_refused(weights: Path) -> None:
    dtb(weights)
    sentence = refused("DTB", precision="bf16", provider="ONNXRuntime")
    assert re.fullmatch(
        r"DTB: precision bf16 is not there: ONNX Runtime 1\.\S+ \(\S+\) on CPU computes in fp32, int8", sentence
    )


def execution(clip: vs.VideoNode) -> tuple[str, str]:
    """The runtime without its version and device, and the precision, as the frame says."""
    with clip.get_frame(0) as frame:
        return re.split(r" [0-9]", frame.props["VsdeblurRuntime"])[0], frame.props["VsdeblurPrecision"]


def test_auto_is_the_fastest_that_loses_little(weights: Path) -> None:
    def auto(provider: str = "", **losses: float) -> tuple[str, str]:
        models.plus(weights / "DTB.onnx", (1.0,), name="DTB", losses=losses)
        return execution(vs.core.vsdeblur.DTB(clips.numbered(1), provider=provider))

    assert auto(int8=0.01) == ("OpenVINO", "fp32"), "there is no file of int8"
    models.plus(weights / "DTB.int8.onnx", (5.0,), name="DTB", precision="int8")
    assert auto() == ("OpenVINO", "fp32"), "no loss is stated"
    assert auto(int8=0.05) == ("OpenVINO", "int8")
    assert auto(int8=0.06) == ("OpenVINO", "fp32")
    assert auto(int8=-0.01) == ("OpenVINO", "int8")
    assert auto("ONNXRuntime", int8=0.01, bf16=0.01) == ("ONNX Runtime", "fp32")
    assert execution(vs.core.vsdeblur.DTB(clips.numbered(1), precision="fp32")) == ("OpenVINO", "fp32")
    assert execution(vs.core.vsdeblur.Model(clips.numbered(1), str(weights / "DTB.int8.onnx")))[1] == "int8"


def test_a_precision_that_is_none_is_refused(weights: Path) -> None:
    dtb(weights)
    assert refused("DTB", precision="fp8") == "DTB: precision must be auto, fp32, fp16, bf16 or int8, not 'fp8'"
    assert refused("DTB", precision="") == "DTB: precision must be auto, fp32, fp16, bf16 or int8, not ''"


def test_weights_that_do_not_ship_are_refused(weights: Path) -> None:
    assert refused("RVD") == f"RVD: no weights of RVD ship in {weights}; there are none at all; model= takes a file"
    dtb(weights)
    assert refused("RVD") == f"RVD: no weights of RVD ship in {weights}; there are those of DTB; model= takes a file"


def test_a_folder_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VSDEBLUR_WEIGHTS", str(tmp_path / "nowhere"))
    assert refused("DTB") == f"DTB: VSDEBLUR_WEIGHTS names {tmp_path}/nowhere, which is not a folder"


def test_untrained_weights_are_refused_by_name_and_taken_by_file(weights: Path) -> None:
    file = dtb(weights, trained_on=UNTRAINED)
    assert refused("DTB") == (
        "DTB: the weights of DTB that ship are untrained and do not deblur; model= takes a file of trained ones, "
        "which python -m export writes"
    )
    assert clips.pixel(vs.core.vsdeblur.DTB(clips.numbered(1), model=str(file)), 0) == 1
    assert clips.pixel(vs.core.vsdeblur.Model(clips.numbered(1), str(file)), 0) == 1


def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    file = dtb(tmp_path)
    assert refused("RVD", model=str(file)) == f"RVD: {file} holds DTB, not RVD"


def test_a_file_of_another_precision_is_refused(tmp_path: Path) -> None:
    file = dtb(tmp_path)
    assert refused("Model", path=str(file), precision="int8") == f"Model: {file} holds weights in fp32, not int8"


@pytest.mark.parametrize(("function", "argument"), [("DTB", "model"), ("Model", "path")])
def test_files_that_are_no_models_are_refused(tmp_path: Path, function: str, argument: str) -> None:
    whole = dtb(tmp_path).read_bytes()
    contents = {
        "empty.onnx": b"",
        "text.onnx": b"This is no model.\n" * 100,
        "truncated.onnx": whole[: len(whole) // 2],
        "head.onnx": whole[:3],
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    for name in (*contents, "missing.onnx", ""):
        sentence = refused(function, **{argument: str(tmp_path / name)})
        assert re.fullmatch(rf"{function}: [^\n]*{re.escape(str(tmp_path / name))}[^\n]*[^.\n]", sentence), sentence


def test_an_empty_path_is_refused(weights: Path) -> None:
    dtb(weights)
    assert refused("DTB", model="") == "DTB: model must be the path of an .onnx file, not empty"
    assert refused("Model", path="") == "Model: path must be the path of an .onnx file, not empty"
    assert refused("DTB", model=b"a\0b") == "DTB: model must not hold a zero byte"


@pytest.mark.parametrize(
    ("metadata", "part"),
    [
        ({"contract": None}, "no vsdeblur contract"),
        ({"contract": "2"}, "2"),
        ({"outputs": "1,0"}, "vsdeblur.outputs"),
        ({"name": None}, "vsdeblur.name"),
    ],
)
def test_contracts_that_cannot_be_read_are_refused(tmp_path: Path, metadata: dict[str, str | None], part: str) -> None:
    file = models.with_metadata(models.plus(tmp_path / "m.onnx", (0.0,)), **metadata)
    sentence = refused("Model", path=str(file))
    assert sentence.startswith("Model: ")
    assert str(file) in sentence
    assert part in sentence


def test_a_graph_that_contradicts_its_contract_is_refused(tmp_path: Path) -> None:
    file = models.with_metadata(models.window_code(tmp_path / "m.onnx", 1, 1), window="1,0")
    sentence = refused("Model", path=str(file))
    assert sentence.startswith("Model: ")
    assert "frames" in sentence


def test_paths_may_have_any_characters(tmp_path: Path) -> None:
    file = dtb(tmp_path)
    odd = tmp_path / "ein Ordner: ä'\"(1)" / "モデル.onnx"
    odd.parent.mkdir()
    shutil.copy(file, odd)
    assert clips.pixel(vs.core.vsdeblur.Model(clips.numbered(1), str(odd)), 0) == 1
