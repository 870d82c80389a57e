"""vsdeblur.vs has the plugin's functions, with its arguments."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pytest
import vapoursynth as vs

import vsdeblur.vs as typed
from tests.plugin import clips, models

FUNCTIONS = {function.name: function.signature for function in vs.core.vsdeblur.functions()}


def test_every_function_is_there() -> None:
    assert {name for name in typed.__all__ if name not in ("Pair", "Precision")} == FUNCTIONS.keys()


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_argument_is_there(name: str) -> None:
    parameters = inspect.signature(getattr(typed, name)).parameters
    own = {parameter for parameter in parameters if parameter != "common"}
    if "common" in parameters:
        own |= get_type_hints(typed.Common if name == "Model" else typed.Shipped).keys()
    assert own == {argument.split(":")[0] for argument in FUNCTIONS[name].split(";") if argument}


def test_calls_go_through(tmp_path: Path) -> None:
    model = models.plus(tmp_path / "m.onnx", (0.25,))
    clip = clips.noise(vs.GRAYS, 16, 12, 2)
    out = typed.Model(clip, model, tilesize=[8, 6], overlap=0, provider="ONNXRuntime")
    for n in range(2):
        np.testing.assert_array_equal(clips.frame_planes(out, n)[0], clips.frame_planes(clip, n)[0] + np.float32(0.25))
    with pytest.raises(vs.Error, match="segment"):
        typed.Model(clip, model, segment=3)


def test_info() -> None:
    assert typed.Info()["contract"] == 1
