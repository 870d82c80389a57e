"""The contract: what an ONNX file says about its network, version 1.

This docstring is the one specification. The Python parser below and the C++ engine accept and refuse the same files,
save that the engine does not look inside ``metrics`` and ``probe``.

A model carries the contract in its ONNX ``metadata_props``, one string for each key. Every key but ``vsdeblur.losses``
is required. Keys that start with ``vsdeblur.`` and are not listed here, and keys of other tools, are ignored.

=========================== =========================================================================================
key                         value
=========================== =========================================================================================
``vsdeblur.contract``       INT. Read first. Missing: the file is foreign. Not 1: the file is of another version. Both
                            are refused.
``vsdeblur.name``           NAME of the network, for example ``DTB``.
``vsdeblur.license``        TEXT, an SPDX expression or a sentence.
``vsdeblur.trained_on``     TEXT, the training data; exactly ``untrained`` for weights that must not be used by name.
``vsdeblur.metrics``        JSON object of finite numbers by name, for the model card; ``{}`` for none.
``vsdeblur.window``         INT ``,`` INT: neighbour frames read before and after the current one, 0 to 15 each.
                            T = before + 1 + after.
``vsdeblur.outputs``        Either OFFSET {``,`` OFFSET}: the input frame that each output frame stands for, relative to
                            the current frame, strictly increasing, within the window, 0 among them; K is their number.
                            Or ``subframes:`` INT with 2 to 64: K instants of the current frame's exposure, evenly
                            spaced, in order of time.
``vsdeblur.color``          ``luma`` (C = 1: Y, full range; of RGB frames each channel by itself) or ``rgb`` (C = 3: R,
                            G, B). Values are nominally 0 to 1 in the clip's own transfer curve. The network may exceed
                            0 to 1; the host clips.
``vsdeblur.multiple``       INT, 1 to 256: height and width of the input must divide by it.
``vsdeblur.receptive_field`` INT, odd, 1 to 8191: the diameter in pixels of the input area that one run reads for one
                            output pixel, from the frames and from the states (a state pixel counts with the pixels it
                            covers). (value - 1) / 2 is the distance beyond which a tile's border cannot be felt. It
                            is the theoretical value, save for networks whose theoretical value exceeds any frame
                            (RVD), where it is the effective one: what lies outside is felt by less than a tolerance
                            that tests/tolerances.py states.
``vsdeblur.states``         JSON array, ``[]`` for none, of at most 16 objects, each with exactly the keys ``input``,
                            ``output``, ``channels``, ``scale``, ``initial`` in any order:
                            ``input`` = IDENTIFIER + ``_in`` and ``output`` = the same IDENTIFIER + ``_out`` name the
                            tensors; IDENTIFIER is not ``frames`` and no two states share it;
                            ``channels``: INT as a JSON number, 1 to 4096;
                            ``scale``: 1, 0.5, 0.25 or 0.125 (also written 1.0); multiple * scale must be whole, so
                            that the state's height = frame height * scale exactly, and its width likewise;
                            ``initial``: 0 (also written 0.0), the value that fills the state before a first frame.
``vsdeblur.precision``      ``fp32``, ``fp16``, ``bf16`` or ``int8``: what the file computes in. Its weights may be
                            stored in less. Tensors at the border are float32 at any precision.
``vsdeblur.probe``          JSON object, below.
``vsdeblur.losses``         Optional. JSON object of finite numbers: dB of PSNR that the network loses against fp32 in
                            each precision it was measured in, of ``fp16``, ``bf16``, ``int8``. In a file of fp32;
                            the precision ``auto`` goes by it. Not there: nothing was measured.
=========================== =========================================================================================

Grammar::

    INT        = "0" | digit 1-9, then up to 8 digits       no sign, no leading zero, no white space
    OFFSET     = ["-"] INT                                  "-0" is refused
    NAME       = letter, then up to 63 of letters, digits, "_", "-"            ASCII
    IDENTIFIER = letter, then up to 59 of letters, digits, "_"                 ASCII
    TEXT       = 1 to 2000 characters of UTF-8, none below U+0020, not only spaces
    JSON       = RFC 8259; an object with the same key twice is refused; NaN and Infinity are refused. In ``states``
                 and ``losses`` no string has an escape sequence: a reader may take characters as they stand.

The engine requires ``metrics`` and ``probe`` to be there and hands them on as text; ``Contract.from_metadata`` checks
them.

Tensors
    Input ``frames`` (1, T*C, H, W) float32, channel t*C + c, t = 0 is the earliest frame. Output ``frames_out``
    (1, K*C, H, W) float32, channel k*C + c. Every state: input ``NAME_in`` and output ``NAME_out``, both
    (1, channels, H*scale, W*scale) float32. N is 1; H and W are dynamic. No other inputs and outputs.

Probe
    A file carries a sample of what it should compute, so that a runtime, a provider or a precision that computes
    something else is found (``vsdeblur doctor``). It is no hash: CPUs differ in the last bits. Object keys:
    ``height``, ``width`` (multiples of ``multiple``, up to 512), ``mean`` and ``std`` (population) over all elements
    of ``frames_out`` after one run with all states at 0, ``values``: 1 to 64 elements of ``frames_out``, value i at
    flat index (i * 104729) mod (K*C*height*width) in row-major order. ``mean``, ``std`` and every value must each
    hold within PROBE_TOLERANCE of the precision that was run. The input is blocks of 8x8 pixels that move by 2 pixels
    a frame, made by a hash of integers modulo 2**32; for frame t, channel c, row y, column x::

        h = c * 0x9E3779B1 + (y >> 3) * 0x85EBCA77 + ((x + 2*t) >> 3) * 0xC2B2AE3D + 0x27D4EB2F
        h = (h ^ (h >> 15)) * 0x2C1B3C6D
        h = (h ^ (h >> 12)) * 0x297A2D39
        h =  h ^ (h >> 15)
        frames[0, t*C + c, y, x] = (h >> 24) / 256                  exact in float32
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

__all__ = [
    "ALL_KEYS",
    "COLORS",
    "FRAMES",
    "FRAMES_OUT",
    "KEYS",
    "KEY_COLOR",
    "KEY_CONTRACT",
    "KEY_LICENSE",
    "KEY_LOSSES",
    "KEY_METRICS",
    "KEY_MULTIPLE",
    "KEY_NAME",
    "KEY_OUTPUTS",
    "KEY_PRECISION",
    "KEY_PROBE",
    "KEY_RECEPTIVE_FIELD",
    "KEY_STATES",
    "KEY_TRAINED_ON",
    "KEY_WINDOW",
    "PRECISIONS",
    "PROBE_TOLERANCE",
    "UNTRAINED",
    "VERSION",
    "Contract",
    "ContractError",
    "Probe",
    "State",
    "probe_input",
    "probe_of",
]

VERSION = 1

KEY_CONTRACT = "vsdeblur.contract"
KEY_NAME = "vsdeblur.name"
KEY_LICENSE = "vsdeblur.license"
KEY_TRAINED_ON = "vsdeblur.trained_on"
KEY_METRICS = "vsdeblur.metrics"
KEY_WINDOW = "vsdeblur.window"
KEY_OUTPUTS = "vsdeblur.outputs"
KEY_COLOR = "vsdeblur.color"
KEY_MULTIPLE = "vsdeblur.multiple"
KEY_RECEPTIVE_FIELD = "vsdeblur.receptive_field"
KEY_STATES = "vsdeblur.states"
KEY_PRECISION = "vsdeblur.precision"
KEY_PROBE = "vsdeblur.probe"
KEY_LOSSES = "vsdeblur.losses"
KEYS = (
    KEY_CONTRACT,
    KEY_NAME,
    KEY_LICENSE,
    KEY_TRAINED_ON,
    KEY_METRICS,
    KEY_WINDOW,
    KEY_OUTPUTS,
    KEY_COLOR,
    KEY_MULTIPLE,
    KEY_RECEPTIVE_FIELD,
    KEY_STATES,
    KEY_PRECISION,
    KEY_PROBE,
)
"""Those that every model has."""
ALL_KEYS = (*KEYS, KEY_LOSSES)

FRAMES = "frames"
FRAMES_OUT = "frames_out"
UNTRAINED = "untrained"

Color = Literal["luma", "rgb"]
Precision = Literal["fp32", "fp16", "bf16", "int8"]
COLORS: tuple[Color, ...] = ("luma", "rgb")
PRECISIONS: tuple[Precision, ...] = ("fp32", "fp16", "bf16", "int8")

# Absolute, on values of nominally 0 to 1. Each is some 10 times the rounding of its format through the deepest network.
PROBE_TOLERANCE: Mapping[str, float] = {"fp32": 1e-3, "fp16": 1e-2, "bf16": 5e-2, "int8": 5e-2}

_INT = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)
_OFFSET = re.compile(r"0|-?[1-9][0-9]{0,8}", re.ASCII)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}", re.ASCII)
_STATE_INPUT = re.compile(r"([A-Za-z][A-Za-z0-9_]{0,59})_in", re.ASCII)
_MAX_TEXT = 2000
_MAX_NEIGHBOURS = 15
_MAX_MULTIPLE = 256
_MAX_RECEPTIVE_FIELD = 8191
_MAX_STATES = 16
_MAX_CHANNELS = 4096
_SCALES = (1.0, 0.5, 0.25, 0.125)
_SUBFRAMES = "subframes:"
_PROBE_STEP = 104729
_PROBE_MAX_SIDE = 512


class ContractError(ValueError):
    """A contract that is missing, of another version or malformed; the message is one sentence."""


@dataclass(frozen=True)
class State:
    """One recurrent tensor: fed back from ``output`` to ``input`` after every run.

    ``scale`` is its height over the frame's height. Raises ContractError for values outside the specification.
    """

    input: str
    output: str
    channels: int
    scale: float
    initial: float = 0

    def __post_init__(self) -> None:
        match = _STATE_INPUT.fullmatch(self.input)
        if match is None or match[1] == FRAMES:
            raise ContractError(
                f"{KEY_STATES}: input must be a name that ends in _in and is not {FRAMES}_in, not {self.input!r}"
            )
        if self.output != f"{match[1]}_out":
            raise ContractError(f"{KEY_STATES}: output of {self.input} must be {match[1]}_out, not {self.output!r}")
        if not 1 <= self.channels <= _MAX_CHANNELS:
            raise ContractError(
                f"{KEY_STATES}: channels of {self.input} must be 1 to {_MAX_CHANNELS}, not {self.channels}"
            )
        if self.scale not in _SCALES:
            raise ContractError(f"{KEY_STATES}: scale of {self.input} must be 1, 0.5, 0.25 or 0.125, not {self.scale}")
        if self.initial != 0:
            raise ContractError(f"{KEY_STATES}: initial of {self.input} must be 0, not {self.initial}")


@dataclass(frozen=True)
class Probe:
    """What ``frames_out`` should be for the probe input; see the module's docstring.

    Raises ContractError for values outside the specification.
    """

    height: int
    width: int
    mean: float
    std: float
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        for name, side in (("height", self.height), ("width", self.width)):
            if not 1 <= side <= _PROBE_MAX_SIDE:
                raise ContractError(f"{KEY_PROBE}: {name} must be 1 to {_PROBE_MAX_SIDE}, not {side}")
        if not 1 <= len(self.values) <= 64:
            raise ContractError(f"{KEY_PROBE}: values must hold 1 to 64 numbers, not {len(self.values)}")

    def difference(self, other: Probe) -> float:
        """Largest absolute difference of mean, std and values; infinite where sizes differ or a number is NaN."""
        if (self.height, self.width, len(self.values)) != (other.height, other.width, len(other.values)):
            return math.inf
        mine, others = ((p.mean, p.std, *p.values) for p in (self, other))
        worst = [abs(a - b) for a, b in zip(mine, others, strict=True)]
        return math.inf if any(map(math.isnan, worst)) else max(worst)


@dataclass(frozen=True)
class Contract:
    """The contract of one model. Raises ContractError for values outside the specification."""

    name: str
    license: str
    trained_on: str
    window: tuple[int, int]
    outputs: str
    color: Color
    multiple: int
    receptive_field: int
    states: tuple[State, ...]
    probe: Probe
    precision: Precision = "fp32"
    metrics: Mapping[str, float] = field(default_factory=dict)
    losses: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if _NAME.fullmatch(self.name) is None:
            raise ContractError(
                f"{KEY_NAME} must be a letter and up to 63 letters, digits, '_' or '-', not {self.name!r}"
            )
        for key, text in ((KEY_LICENSE, self.license), (KEY_TRAINED_ON, self.trained_on)):
            _check_text(key, text)
        if len(self.window) != 2 or not all(0 <= n <= _MAX_NEIGHBOURS for n in self.window):
            raise ContractError(f"{KEY_WINDOW} must be two numbers from 0 to {_MAX_NEIGHBOURS}, not {self.window}")
        _parse_outputs(self.outputs, self.window)
        _check_choice(KEY_COLOR, self.color, COLORS)
        _check_choice(KEY_PRECISION, self.precision, PRECISIONS)
        if not 1 <= self.multiple <= _MAX_MULTIPLE:
            raise ContractError(f"{KEY_MULTIPLE} must be 1 to {_MAX_MULTIPLE}, not {self.multiple}")
        if not 1 <= self.receptive_field <= _MAX_RECEPTIVE_FIELD or self.receptive_field % 2 == 0:
            raise ContractError(
                f"{KEY_RECEPTIVE_FIELD} must be an odd number from 1 to {_MAX_RECEPTIVE_FIELD},"
                f" not {self.receptive_field}"
            )
        _check_states(self.states, self.multiple)
        if self.probe.height % self.multiple or self.probe.width % self.multiple:
            raise ContractError(
                f"{KEY_PROBE}: height and width must divide by {self.multiple},"
                f" not {self.probe.height} and {self.probe.width}"
            )
        for name, value in self.metrics.items():
            if not math.isfinite(value):
                raise ContractError(f"{KEY_METRICS}: {name} must be a finite number, not {value}")
        for name, value in self.losses.items():
            _check_choice(KEY_LOSSES, name, PRECISIONS[1:])
            if not math.isfinite(value):
                raise ContractError(f"{KEY_LOSSES}: {name} must be a finite number, not {value}")

    @property
    def is_trained(self) -> bool:
        """False for weights that hosts refuse to load by name."""
        return self.trained_on != UNTRAINED

    @property
    def channels(self) -> int:
        """C: channels of one frame."""
        return 3 if self.color == "rgb" else 1

    @property
    def input_frames(self) -> int:
        """T: frames that one run reads."""
        return self.window[0] + 1 + self.window[1]

    @property
    def offsets(self) -> tuple[int, ...]:
        """The input frame of each output frame, relative to the current one; empty for subframes."""
        return _parse_outputs(self.outputs, self.window)[0]

    @property
    def subframes(self) -> int:
        """Instants of the exposure that one run gives; 0 for a network that gives one frame for a frame."""
        return _parse_outputs(self.outputs, self.window)[1]

    @property
    def output_frames(self) -> int:
        """K: frames that one run gives."""
        return len(self.offsets) or self.subframes

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> Contract:
        """Read the ``metadata_props`` of a model.

        Raises ContractError: no contract, another version, a missing key, a value outside the specification.
        """
        _check_version(metadata)
        missing = [key for key in KEYS if key not in metadata]
        if missing:
            raise ContractError(f"the model's contract lacks {', '.join(missing)}")
        return cls(
            name=metadata[KEY_NAME],
            license=metadata[KEY_LICENSE],
            trained_on=metadata[KEY_TRAINED_ON],
            window=_parse_window(metadata[KEY_WINDOW]),
            outputs=metadata[KEY_OUTPUTS],
            color=cast(Color, metadata[KEY_COLOR]),
            multiple=_parse_int(KEY_MULTIPLE, metadata[KEY_MULTIPLE]),
            receptive_field=_parse_int(KEY_RECEPTIVE_FIELD, metadata[KEY_RECEPTIVE_FIELD]),
            states=_parse_states(metadata[KEY_STATES]),
            probe=_parse_probe(metadata[KEY_PROBE]),
            precision=cast(Precision, metadata[KEY_PRECISION]),
            metrics=_parse_numbers(KEY_METRICS, metadata[KEY_METRICS]),
            losses=_parse_numbers(KEY_LOSSES, metadata.get(KEY_LOSSES, "{}")),
        )

    def to_metadata(self) -> dict[str, str]:
        """The ``metadata_props`` that from_metadata reads back as an equal Contract; the same text for equal values."""
        states = [
            {"input": s.input, "output": s.output, "channels": s.channels, "scale": s.scale, "initial": s.initial}
            for s in self.states
        ]
        probe = self.probe
        metadata = {
            KEY_CONTRACT: str(VERSION),
            KEY_NAME: self.name,
            KEY_LICENSE: self.license,
            KEY_TRAINED_ON: self.trained_on,
            KEY_METRICS: _dump(dict(sorted(self.metrics.items()))),
            KEY_WINDOW: f"{self.window[0]},{self.window[1]}",
            KEY_OUTPUTS: self.outputs,
            KEY_COLOR: self.color,
            KEY_MULTIPLE: str(self.multiple),
            KEY_RECEPTIVE_FIELD: str(self.receptive_field),
            KEY_STATES: _dump(states),
            KEY_PRECISION: self.precision,
            KEY_PROBE: _dump(
                {
                    "height": probe.height,
                    "width": probe.width,
                    "mean": probe.mean,
                    "std": probe.std,
                    "values": list(probe.values),
                }
            ),
        }
        if self.losses:
            metadata[KEY_LOSSES] = _dump(dict(sorted(self.losses.items())))
        return metadata


def probe_input(frames: int, channels: int, height: int, width: int) -> list[float]:
    """The probe's ``frames``: T*C*H*W values in row-major order of (T*C, H, W), each k / 256 with k from 0 to 255."""
    mask = 0xFFFFFFFF
    values: list[float] = []
    for t in range(frames):
        for c in range(channels):
            for y in range(height):
                row = c * 0x9E3779B1 + (y >> 3) * 0x85EBCA77 + 0x27D4EB2F
                for x in range(width):
                    h = (row + ((x + 2 * t) >> 3) * 0xC2B2AE3D) & mask
                    h = ((h ^ (h >> 15)) * 0x2C1B3C6D) & mask
                    h = ((h ^ (h >> 12)) * 0x297A2D39) & mask
                    values.append(((h ^ (h >> 15)) >> 24) / 256)
    return values


def probe_of(output: Sequence[float], height: int, width: int, count: int = 16) -> Probe:
    """The Probe of a run's ``frames_out``, given as K*C*height*width values in row-major order; ``count`` samples."""
    size = len(output)
    mean = math.fsum(output) / size
    variance = math.fsum((value - mean) ** 2 for value in output) / size
    values = tuple(float(output[i * _PROBE_STEP % size]) for i in range(count))
    return Probe(height, width, mean, math.sqrt(variance), values)


def _check_version(metadata: Mapping[str, str]) -> None:
    version = metadata.get(KEY_CONTRACT)
    if version is None:
        raise ContractError(f"the model carries no {KEY_CONTRACT}: it was not made for vsdeblur")
    if _INT.fullmatch(version) is None:
        raise ContractError(f"{KEY_CONTRACT} must be {VERSION}, not {version!r}")
    if int(version) > VERSION:
        raise ContractError(
            f"the model is of contract version {version}, newer than the version {VERSION} that this vsdeblur reads"
        )
    if int(version) != VERSION:
        raise ContractError(f"the model is of contract version {version}, and this vsdeblur reads version {VERSION}")


def _check_text(key: str, text: str) -> None:
    if not 1 <= len(text) <= _MAX_TEXT or not text.strip(" ") or any(ch < " " for ch in text):
        raise ContractError(f"{key} must be 1 to {_MAX_TEXT} printable characters on one line")


def _check_choice(key: str, value: str, allowed: Iterable[str]) -> None:
    if value not in allowed:
        raise ContractError(f"{key} must be one of {', '.join(allowed)}, not {value!r}")


def _check_states(states: tuple[State, ...], multiple: int) -> None:
    if len(states) > _MAX_STATES:
        raise ContractError(f"{KEY_STATES} must hold at most {_MAX_STATES} states, not {len(states)}")
    seen: set[str] = set()
    for state in states:
        if state.input in seen:
            raise ContractError(f"{KEY_STATES}: {state.input} is there twice")
        seen.add(state.input)
        if multiple * state.scale % 1:
            raise ContractError(
                f"{KEY_STATES}: scale {state.scale} of {state.input} does not give whole pixels"
                f" for frames that divide by {multiple}"
            )


def _parse_int(key: str, text: str) -> int:
    if _INT.fullmatch(text) is None:
        raise ContractError(f"{key} must be a whole number without sign or spaces, not {text!r}")
    return int(text)


def _parse_window(text: str) -> tuple[int, int]:
    parts = text.split(",")
    if len(parts) != 2 or any(_INT.fullmatch(part) is None for part in parts):
        raise ContractError(f"{KEY_WINDOW} must read BEFORE,AFTER like 2,2, not {text!r}")
    return int(parts[0]), int(parts[1])


def _parse_outputs(text: str, window: tuple[int, int]) -> tuple[tuple[int, ...], int]:
    """Offsets and number of subframes; one of the two is empty."""
    if text.startswith(_SUBFRAMES):
        count = text[len(_SUBFRAMES) :]
        if _INT.fullmatch(count) is None or not 2 <= int(count) <= 64:
            raise ContractError(f"{KEY_OUTPUTS} must be subframes: and a number from 2 to 64, not {text!r}")
        return (), int(count)
    parts = text.split(",")
    if any(_OFFSET.fullmatch(part) is None for part in parts):
        raise ContractError(f"{KEY_OUTPUTS} must be offsets like -1,0,1 or subframes:7, not {text!r}")
    offsets = tuple(map(int, parts))
    if any(a >= b for a, b in itertools.pairwise(offsets)) or 0 not in offsets:
        raise ContractError(f"{KEY_OUTPUTS} must increase and hold 0, not {text!r}")
    if offsets[0] < -window[0] or offsets[-1] > window[1]:
        raise ContractError(f"{KEY_OUTPUTS} must lie within the window {window[0]},{window[1]}, not {text!r}")
    return offsets, 0


def _dump(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False, ensure_ascii=False)


def _load(key: str, text: str) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        if len(set(names)) != len(names):
            raise ContractError(f"{key}: an object has the same key twice")
        return dict(pairs)

    def refuse(constant: str) -> float:
        raise ContractError(f"{key}: {constant} is not a JSON number")

    try:
        return json.loads(text, object_pairs_hook=unique, parse_constant=refuse)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ContractError(f"{key} must be JSON, not {text[:60]!r}") from error


def _number(key: str, name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ContractError(f"{key}: {name} must be a number, not {value!r}")
    return value


def _whole(key: str, name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ContractError(f"{key}: {name} must be a whole number, not {value!r}")
    return value


def _parse_states(text: str) -> tuple[State, ...]:
    items = _load(KEY_STATES, text)
    if not isinstance(items, list):
        raise ContractError(f"{KEY_STATES} must be a JSON array, not {text[:60]!r}")
    keys = {"input", "output", "channels", "scale", "initial"}
    states = []
    for item in items:
        if not isinstance(item, dict) or item.keys() != keys:
            raise ContractError(f"{KEY_STATES}: each state must be an object with the keys {', '.join(sorted(keys))}")
        if not isinstance(item["input"], str) or not isinstance(item["output"], str):
            raise ContractError(f"{KEY_STATES}: input and output must be strings")
        states.append(
            State(
                input=item["input"],
                output=item["output"],
                channels=_whole(KEY_STATES, "channels", item["channels"]),
                scale=_number(KEY_STATES, "scale", item["scale"]),
                initial=_number(KEY_STATES, "initial", item["initial"]),
            )
        )
    return tuple(states)


def _parse_probe(text: str) -> Probe:
    item = _load(KEY_PROBE, text)
    keys = {"height", "width", "mean", "std", "values"}
    if not isinstance(item, dict) or item.keys() != keys or not isinstance(item["values"], list):
        raise ContractError(f"{KEY_PROBE} must be an object with {', '.join(sorted(keys))}, not {text[:60]!r}")
    return Probe(
        height=_whole(KEY_PROBE, "height", item["height"]),
        width=_whole(KEY_PROBE, "width", item["width"]),
        mean=_number(KEY_PROBE, "mean", item["mean"]),
        std=_number(KEY_PROBE, "std", item["std"]),
        values=tuple(_number(KEY_PROBE, "values", value) for value in item["values"]),
    )


def _parse_numbers(key: str, text: str) -> dict[str, float]:
    item = _load(key, text)
    if not isinstance(item, dict):
        raise ContractError(f"{key} must be a JSON object, not {text[:60]!r}")
    return {name: _number(key, name, value) for name, value in item.items()}
