"""The binding, vsdeblur._engine: conversions, memory, errors and threads."""

from __future__ import annotations

import random
import threading
import time
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vsdeblur
from tests import tiny_models
from tests.python.clips import Frame, calm, noise
from vsdeblur import Deblurrer, _engine
from vsdeblur.contract import KEYS, Contract, probe_input, probe_of


def open_engine(model: Path, frame: Frame, frames: int | None, **options: Any) -> _engine.Engine:
    height, width, _ = frame.shape
    return _engine.Engine(model, width=width, height=height, rgb=True, floating=False, bits=8, frames=frames, **options)


def output(engine: _engine.Engine, clip: Sequence[Frame], n: int) -> Frame:
    """Output n of a clip of RGB frames."""
    request = engine.request(n)
    assert request.frame == n
    image = None
    while image is None:
        numbers = engine.needed(request)
        image = engine.advance(request, {k: np.ascontiguousarray(clip[k].transpose(2, 0, 1)) for k in numbers})
    return np.stack([np.asarray(image.plane(plane)) for plane in range(3)], axis=-1)


@pytest.mark.parametrize(
    ("model", "options"),
    [("next_frame", {}), ("counter", {"segment": 5, "preroll": 3}), ("centred", {"stride": 4}), ("exposure", {})],
)
def test_deblurrer_agrees_with_an_engine_that_knows_the_length(
    models: Path, model: str, options: dict[str, Any]
) -> None:
    clip = calm(17)
    clip[6] = np.full_like(clip[0], 255)
    engine = open_engine(models / f"{model}.onnx", clip[0], len(clip), **options)
    order = list(range(len(clip) * engine.outputs_per_frame))
    random.Random(0).shuffle(order)
    outputs = {n: output(engine, clip, n) for n in order}
    streamed = list(Deblurrer(model=models / f"{model}.onnx", **options)(clip))
    assert len(streamed) == len(outputs)
    for n, answer in enumerate(streamed):
        assert (answer == outputs[n]).all(), n
    assert engine.statistics[1] == len(outputs)


@pytest.mark.parametrize("stride", [1, 2, 5])
def test_they_agree_wherever_the_clip_is_cut_and_ends(models: Path, stride: int) -> None:
    for length in range(1, 12):
        for cut in range(length):
            clip = [np.full((2, 3, 3), 2 * n + (150 if n >= cut else 0), np.uint8) for n in range(length)]
            engine = open_engine(models / "centred.onnx", clip[0], length, stride=stride)
            for n, answer in enumerate(Deblurrer(model=models / "centred.onnx", stride=stride)(clip)):
                assert (answer == output(engine, clip, n)).all(), (length, cut, n)


def test_planes_are_read_only_views_that_outlive_the_engine(models: Path) -> None:
    frame = noise(np.uint8, 5, 7, 3)
    engine = open_engine(models / "identity.onnx", frame, 1)
    image = engine.advance(engine.request(0), {0: np.ascontiguousarray(frame.transpose(2, 0, 1))})
    assert image is not None
    plane = np.asarray(image.plane(1))
    del engine, image
    assert not plane.flags.writeable
    assert (plane == frame[..., 1]).all()


@pytest.mark.parametrize("index", [-1, 1, 3])
def test_a_gray_image_has_plane_0_alone(models: Path, index: int) -> None:
    engine = _engine.Engine(models / "identity.onnx", width=4, height=3, rgb=False, floating=True, bits=32, frames=1)
    image = engine.advance(engine.request(0), {0: np.zeros((3, 4), np.float32)})
    assert image is not None
    assert np.asarray(image.plane(0)).shape == (3, 4)
    with pytest.raises(IndexError, match=f"the image has no plane {index}"):
        image.plane(index)


@pytest.mark.parametrize("frame", [np.zeros((2, 4, 3), np.uint8), np.zeros((3, 5, 4), np.uint8), b""])
def test_frames_of_another_size_are_refused(models: Path, frame: Any) -> None:
    engine = open_engine(models / "identity.onnx", np.zeros((4, 4, 3), np.uint8), 1)
    with pytest.raises(ValueError, match=r"^frame 0 must hold 48 bytes, not \d+$"):
        engine.advance(engine.request(0), {0: frame})


def test_frames_that_are_no_contiguous_buffers_are_refused(models: Path) -> None:
    engine = open_engine(models / "identity.onnx", np.zeros((4, 4, 3), np.uint8), 1)
    with pytest.raises(ValueError, match="contiguous"):
        engine.advance(engine.request(0), {0: np.zeros((3, 4, 8), np.uint8)[..., ::2]})
    with pytest.raises(TypeError):
        engine.advance(engine.request(0), {0: 5})


def test_misuse_is_an_exception_too(models: Path) -> None:
    engine = open_engine(models / "identity.onnx", np.zeros((4, 4, 3), np.uint8), 3)
    with pytest.raises(RuntimeError, match="output frame 3 is beyond the clip"):
        engine.request(3)
    with pytest.raises(TypeError):
        engine.needed(None)  # type: ignore[arg-type]


def test_errors_are_vsdeblur_error(tmp_path: Path) -> None:
    assert _engine.Error is vsdeblur.Error
    assert issubclass(vsdeblur.Error, RuntimeError)
    with pytest.raises(vsdeblur.Error, match=r"^.*/nothing\.onnx does not exist$"):
        _engine.read_metadata(tmp_path / "nothing.onnx", KEYS)
    # Any bytes may stand in a path.
    with pytest.raises(vsdeblur.Error, match=r"\.onnx does not exist$"):
        _engine.read_metadata(bytes(tmp_path) + b"/\xff.onnx", KEYS)


def test_metadata_is_the_contract(models: Path) -> None:
    metadata = _engine.read_metadata(models / "counter.onnx", [*KEYS, "other"])
    assert set(metadata) == set(KEYS)
    assert Contract.from_metadata(metadata).multiple == 2


def test_run_once_is_one_run_from_state_0(models: Path) -> None:
    for name in ("counter", "centred", "exposure"):
        contract = Contract.from_metadata(_engine.read_metadata(models / f"{name}.onnx", KEYS))
        height, width = contract.probe.height, contract.probe.width
        frames = array("f", probe_input(contract.input_frames, contract.channels, height, width))
        values, (runtime, precision) = _engine.run_once(
            models / f"{name}.onnx", frames, height=height, width=width, provider="ONNXRuntime"
        )
        assert runtime.startswith("ONNX Runtime 1.")
        assert precision == "fp32"
        assert probe_of(values, height, width, len(contract.probe.values)) == contract.probe
        with pytest.raises(vsdeblur.Error, match=f"^frames must hold {len(frames)} values, not {len(frames) - 1}$"):
            _engine.run_once(models / f"{name}.onnx", frames[:-1], height=height, width=width)


def test_runtimes_name_their_libraries() -> None:
    openvino, onnxruntime = _engine.runtimes()
    assert (openvino["name"], onnxruntime["name"]) == ("OpenVINO", "ONNX Runtime")
    for info in (openvino, onnxruntime):
        assert Path(info["library"]).is_file()
        assert info["origin"] in {"VSDEBLUR_OPENVINO", "VSDEBLUR_ONNXRUNTIME", "wheel", "system"}
        assert info["version"][0].isdigit()
        assert info["error"] == ""
    assert "OpenVINO:CPU" in openvino["providers"]
    assert "ONNXRuntime" in onnxruntime["providers"]


def test_computing_releases_the_gil(tmp_path: Path) -> None:
    size = 31
    kernel = np.full((size, size), 1 / size**2, np.float32)
    (tmp_path / "slow.onnx").write_bytes(tiny_models.filtered(kernel))
    engine = _engine.Engine(
        tmp_path / "slow.onnx", width=1500, height=1000, rgb=False, floating=True, bits=32, frames=1
    )
    request, frame = engine.request(0), np.zeros((1000, 1500), np.float32)
    began, ended = threading.Event(), threading.Event()

    def compute() -> None:
        began.set()
        engine.advance(request, {0: frame})
        ended.set()

    worker = threading.Thread(target=compute)
    worker.start()
    began.wait()
    ticks = 0
    while not ended.is_set():
        time.sleep(0.001)
        ticks += 1
    worker.join()
    # With the GIL held, this thread would have come to at most one tick before the run and one after it.
    assert ticks > 5
