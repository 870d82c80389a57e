"""The engine: vsdeblur/native/engine/engine.h for Python.

Every function raises ``Error`` for what the engine refuses. Long computations release the GIL.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, TypedDict

PathLike: TypeAlias = str | bytes | os.PathLike[str] | os.PathLike[bytes]
Buffer: TypeAlias = Any
"""An object with the buffer protocol; the type of that name is newer than the oldest Python that mypy runs on here."""

class Error(RuntimeError):
    """What vsdeblur cannot do as asked: an option, a frame, a model, the runtime or a device; one sentence."""

class RuntimeInfo(TypedDict):
    name: str
    library: str
    origin: str
    version: str
    providers: list[str]
    error: str

class ShippedModel(TypedDict):
    name: str
    precision: str
    path: str
    sha256: str
    error: str

class Plane:
    """A buffer: read-only samples (height, width); rows may be padded."""

class Image:
    """A finished frame."""

    def plane(self, index: int) -> Plane:
        """Plane ``index`` of 0..2. Raises IndexError if the image has none."""

class Request:
    """A wanted output frame. One thread at a time uses it, with the engine that made it."""

    @property
    def frame(self) -> int: ...

class Engine:
    """One clip through one network. All members may be called from any threads at the same time.

    Frames are gray (1 plane) or RGB (3), full range, ``width`` x ``height``: unsigned integers of ``bits`` 8 to 16, or
    floats of 16 or 32. ``frames`` is the clip's length; None: not known yet. An option that is None has the engine's
    default; the others mean what engine.h says.
    """

    def __init__(
        self,
        model: PathLike,
        *,
        width: int,
        height: int,
        rgb: bool,
        floating: bool,
        bits: int,
        frames: int | None = None,
        precision: str | None = None,
        provider: str | None = None,
        device_id: int | None = None,
        num_streams: int | None = None,
        verbosity: int | None = None,
        tilesize: tuple[int, int] | None = None,
        overlap: tuple[int, int] | None = None,
        strength: float | None = None,
        sc: bool | None = None,
        sc_threshold: float | None = None,
        segment: int | None = None,
        preroll: int | None = None,
        stride: int | None = None,
        refine: int | None = None,
    ) -> None: ...
    @property
    def execution(self) -> tuple[str, str]:
        """The runtime, such as ``OpenVINO 2026.4.1 CPU``, and the precision."""
    @property
    def outputs_per_frame(self) -> int: ...
    @property
    def history(self) -> int: ...
    @property
    def statistics(self) -> tuple[int, int]:
        """Runs of the network, and output frames."""
    def set_frames(self, frames: int) -> None: ...
    def request(self, n: int) -> Request: ...
    def needed(self, request: Request) -> list[int]: ...
    def advance(self, request: Request, frames: Mapping[int, Buffer]) -> Image | None:
        """``frames`` are contiguous, planes one after the other without padding. Raises ValueError for another size."""

def read_metadata(file: PathLike, keys: Iterable[str]) -> dict[str, str]:
    """The entries of a model's ``metadata_props`` under ``keys``; the model's contract has to be sound."""

def resolve_model(name: str, precision: str, file: PathLike, provider: str = "", device_id: int = 0) -> tuple[str, str]:
    """The file and the precision that a user's words mean; see choice.h. A name and a file may be empty."""

def shipped_models() -> list[ShippedModel]:
    """All files in the weights folder; ``error`` is empty for those that are sound."""

def usable_cores() -> int:
    """Cores that networks use on the CPU; see cores.h."""

def runtimes() -> list[RuntimeInfo]:
    """The runtimes of this process, the one that runs by default first; see runtime.h."""

def run_once(
    model: PathLike,
    frames: Buffer,
    *,
    height: int,
    width: int,
    precision: str = "",
    provider: str = "",
    device_id: int = 0,
) -> tuple[list[float], tuple[str, str]]:
    """``frames_out`` of one run with all states at 0, and what Engine.execution would say.

    ``frames``: contiguous float32 (T*C, height, width). Returns K*C*height*width values in row-major order. An empty
    precision is the file's own.
    """
