"""The contract's grammar: what is read back equals what was written, and what is refused is named."""

from __future__ import annotations

import dataclasses
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from vsdeblur import contract as c

STATES = (c.State("feature_in", "feature_out", 32, 0.5), c.State("blended_in", "blended_out", 64, 0.5))
DTB = c.Contract(
    name="DTB",
    license="CC-BY-4.0",
    trained_on="40 photographs – très nettes",
    window=(1, 1),
    outputs="0",
    color="rgb",
    multiple=2,
    receptive_field=87,
    states=STATES,
    probe=c.Probe(48, 64, 0.5, 0.25, (0.125, -1.5, 3e-05)),
    precision="int8",
    metrics={"psnr_gain_db": 1.06, "frames": 14},
)
RVD = dataclasses.replace(
    DTB, name="RVD", window=(2, 2), outputs="-2,-1,0,1,2", color="luma", multiple=8, receptive_field=193, states=()
)
SHARP = dataclasses.replace(RVD, name="SharpSequence", window=(0, 0), outputs="subframes:7", multiple=1)


def state(**changes: object) -> str:
    fields = {"input": "h_in", "output": "h_out", "channels": 8, "scale": 0.5, "initial": 0}
    return json.dumps([fields | changes])


@pytest.mark.parametrize("contract", [DTB, RVD, SHARP], ids=lambda contract: contract.name)
def test_what_is_written_is_read_back(contract: c.Contract) -> None:
    metadata = contract.to_metadata()
    assert set(metadata) == set(c.KEYS)
    assert c.Contract.from_metadata(metadata) == contract
    assert c.Contract.from_metadata(metadata | {"other": "x", "vsdeblur.later": "x"}) == contract


def test_losses_may_be_there() -> None:
    contract = dataclasses.replace(DTB, precision="fp32", losses={"bf16": 0.01, "int8": 0.03})
    metadata = contract.to_metadata()
    assert set(metadata) == set(c.ALL_KEYS)
    assert metadata[c.KEY_LOSSES] == '{"bf16":0.01,"int8":0.03}'
    assert c.Contract.from_metadata(metadata) == contract
    assert DTB.losses == {}


def test_derived_numbers() -> None:
    assert (DTB.channels, DTB.input_frames, DTB.output_frames, DTB.offsets, DTB.subframes) == (3, 3, 1, (0,), 0)
    assert (RVD.channels, RVD.input_frames, RVD.output_frames, RVD.offsets) == (1, 5, 5, (-2, -1, 0, 1, 2))
    assert (SHARP.input_frames, SHARP.output_frames, SHARP.offsets, SHARP.subframes) == (1, 7, (), 7)
    assert DTB.is_trained
    assert not dataclasses.replace(DTB, trained_on="untrained").is_trained


@pytest.mark.parametrize("key", c.KEYS)
def test_a_missing_key_is_named(key: str) -> None:
    metadata = DTB.to_metadata()
    del metadata[key]
    with pytest.raises(c.ContractError, match=key):
        c.Contract.from_metadata(metadata)


def test_foreign_and_newer_files_are_told_apart() -> None:
    with pytest.raises(c.ContractError, match="not made for vsdeblur"):
        c.Contract.from_metadata({})
    with pytest.raises(c.ContractError, match="version 2, newer than the version 1"):
        c.Contract.from_metadata({c.KEY_CONTRACT: "2", "unreadable": ""})


@pytest.mark.parametrize(
    ("key", "text"),
    [
        *((c.KEY_CONTRACT, text) for text in ("", "0", "01", "1.0", " 1", "one", "9999999999")),
        *((c.KEY_NAME, text) for text in ("", "2X", "a b", "é", "x" * 65, "a/b", "x\n")),
        *((c.KEY_LICENSE, text) for text in ("", "  ", "a\nb", "x" * 2001)),
        *((c.KEY_TRAINED_ON, text) for text in ("", "\x00", "x" * 2001)),
        *((c.KEY_METRICS, text) for text in ("", "[]", "{", '{"a":"1"}', '{"a":NaN}', '{"a":true}', '{"a":1,"a":2}')),
        *(
            (c.KEY_LOSSES, text)
            for text in ("", "[]", '{"fp32":0}', '{"int8":"1"}', '{"int8":NaN}', '{"int8":1,"int8":2}')
        ),
        *((c.KEY_WINDOW, text) for text in ("", "1", "1,1,1", "-1,1", "1, 1", "16,0", "+1,1", "1,1\n", "٣,1")),
        *((c.KEY_OUTPUTS, text) for text in ("", "1", "-1", "1,0", "0,0", "-0", "-2,0", "0,2", "0,", "+0", " 0")),
        *((c.KEY_OUTPUTS, text) for text in ("subframes:", "subframes:1", "subframes:65", "subframes:07", "subframes")),
        *((c.KEY_COLOR, text) for text in ("", "RGB", "yuv")),
        *((c.KEY_MULTIPLE, text) for text in ("", "0", "-2", "2.0", "257")),
        *((c.KEY_RECEPTIVE_FIELD, text) for text in ("", "0", "86", "8193", "-87", "87px")),
        *((c.KEY_PRECISION, text) for text in ("", "FP32", "float")),
        *((c.KEY_STATES, text) for text in ("", "{}", "[1]", "[{}]", "[", "null", state(more=1))),
        *((c.KEY_STATES, state(input=x)) for x in ("h", "_in", "g_in", "frames_in", "h-x_in", 3, "x" * 61 + "_in")),
        *((c.KEY_STATES, state(output=x)) for x in ("h", "g_out", "h_in", None)),
        *((c.KEY_STATES, state(channels=x)) for x in (0, -1, 4097, 8.0, "8", True)),
        *((c.KEY_STATES, state(scale=x)) for x in (0, -0.5, 2, 0.25, 0.3, "0.5", math.nan)),
        *((c.KEY_STATES, state(initial=x)) for x in (1, "0", None, False)),
        (c.KEY_STATES, state()[:-1] + "," + state()[1:]),
        (c.KEY_STATES, state().replace('"channels"', '"scale": 0.5, "channels"')),
        *((c.KEY_PROBE, text) for text in ("", "[]", "{}", '{"height":48}')),
        (c.KEY_PROBE, '{"height":48,"width":64,"mean":0,"std":0,"values":[]}'),
        (c.KEY_PROBE, '{"height":47,"width":64,"mean":0,"std":0,"values":[0]}'),
        (c.KEY_PROBE, '{"height":514,"width":64,"mean":0,"std":0,"values":[0]}'),
        (c.KEY_PROBE, '{"height":48,"width":64,"mean":Infinity,"std":0,"values":[0]}'),
        (c.KEY_PROBE, '{"height":48,"width":64,"mean":0,"std":0,"values":["0"]}'),
    ],
)
def test_a_malformed_value_is_refused_in_one_sentence(key: str, text: str) -> None:
    with pytest.raises(c.ContractError) as caught:
        c.Contract.from_metadata(DTB.to_metadata() | {key: text})
    assert key in str(caught.value) or "contract version" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_states_must_differ_and_keep_within_16() -> None:
    many = tuple(c.State(f"s{i}_in", f"s{i}_out", 1, 1) for i in range(17))
    assert dataclasses.replace(DTB, states=many[:16]).states == many[:16]
    with pytest.raises(c.ContractError, match="at most 16 states, not 17"):
        dataclasses.replace(DTB, states=many)
    with pytest.raises(c.ContractError, match="feature_in is there twice"):
        dataclasses.replace(DTB, states=(STATES[0], STATES[0]))


def test_a_state_must_have_whole_pixels() -> None:
    with pytest.raises(c.ContractError, match="scale 0.5 of feature_in does not give whole pixels for frames that"):
        c.Contract.from_metadata(DTB.to_metadata() | {c.KEY_MULTIPLE: "1"})


def test_other_spellings_of_the_same_numbers_are_read() -> None:
    metadata = RVD.to_metadata() | {c.KEY_STATES: state(scale=1.0, initial=0.0)}
    assert c.Contract.from_metadata(metadata).states == (c.State("h_in", "h_out", 8, 1),)


def test_probe_input_is_blocks_that_move_by_2_pixels_a_frame() -> None:
    frames, channels, height, width = 3, 2, 16, 24
    values = c.probe_input(frames, channels, height, width)
    assert len(values) == frames * channels * height * width
    assert all(value * 256 == int(value * 256) and 0 <= value < 1 for value in values)

    def at(t: int, channel: int, y: int, x: int) -> float:
        return values[((t * channels + channel) * height + y) * width + x]

    assert at(0, 0, 0, 0) == at(0, 0, 7, 7)
    assert len({at(0, ch, y, x) for ch in (0, 1) for y in (0, 8) for x in (0, 8, 16)}) > 8
    assert all(at(t, 1, 9, x) == at(t + 1, 1, 9, x - 2) for t in (0, 1) for x in range(2, width))


def test_probe_input_is_the_printed_formula() -> None:
    """One value worked out with unbounded integers, so that another implementation can check its own."""
    h = 2 * 0x9E3779B1 + (13 >> 3) * 0x85EBCA77 + ((21 + 2 * 1) >> 3) * 0xC2B2AE3D + 0x27D4EB2F
    h %= 2**32
    h = (h ^ (h >> 15)) * 0x2C1B3C6D % 2**32
    h = (h ^ (h >> 12)) * 0x297A2D39 % 2**32
    h ^= h >> 15
    assert c.probe_input(2, 3, 16, 24)[((1 * 3 + 2) * 16 + 13) * 24 + 21] == (h >> 24) / 256


def test_probe_tells_outputs_apart() -> None:
    output = [i % 7 / 7 for i in range(48 * 64)]
    probe = c.probe_of(output, 48, 64)
    assert probe.values[1] == output[104729 % len(output)]
    assert probe.mean == pytest.approx(sum(output) / len(output))
    assert probe.difference(probe) == 0
    assert probe.difference(c.probe_of([value + 0.01 for value in output], 48, 64)) == pytest.approx(0.01)
    assert probe.difference(c.probe_of(output, 64, 48)) == math.inf
    assert probe.difference(dataclasses.replace(probe, mean=math.nan)) == math.inf


def test_the_module_needs_the_standard_library_alone() -> None:
    """Neither the native binding nor numpy is imported on the way."""
    code = (
        "import sys, vsdeblur.contract; "
        "print([m for m in sys.modules if m.split('.')[0] in ('numpy', 'torch', 'onnx', 'onnxruntime')])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(c.__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == "[]"
