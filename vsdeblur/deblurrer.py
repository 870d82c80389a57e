"""Deblurs numpy frames with the engine that the VapourSynth plugin runs; the same frames give the same answer."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np

from vsdeblur import models
from vsdeblur._engine import Error
from vsdeblur._frames import Frame
from vsdeblur._options import Pair, engine_options
from vsdeblur._stream import Stream
from vsdeblur.contract import Contract

__all__ = ["Deblurrer", "Statistics"]


@dataclass(frozen=True)
class Statistics:
    """What has been computed so far."""

    runs: int
    """Times that the network ran on a window; all tiles of one window count once."""
    outputs: int
    """Finished frames."""


class Deblurrer:
    """Deblurs clips, frame by frame::

        for sharp in Deblurrer("DTB")(frames):
            ...

    A frame is a numpy array, or what ``numpy.asarray`` makes one of: (height, width) gray or (height, width, 3) RGB, of
    uint8, uint16 or float32, full range: 0..255, 0..65535 (all 16 bits), nominally 0..1. All frames of a clip have one
    size and dtype, and so have the answers, which are new arrays. A network for RGB sees a gray frame as R = G = B; a
    network for luma sees R, G and B of an RGB frame one after the other, in three runs.

    ``name`` is a shipped network (``vsdeblur models``), ``model`` an .onnx file in its place. The other arguments are
    those of the VapourSynth plugin, with its meanings; None is its default:

    precision
        What the network computes in: ``fp32``, ``fp16``, ``bf16``, ``int8``, or ``auto``: by name the fastest on this
        machine and provider that loses at most 0.05 dB by what the model states, by file the file's own.
    provider, device_id
        Where the network runs. ``""``: the CPU, in OpenVINO where it is installed, else in ONNX Runtime. ``OpenVINO``,
        ``OpenVINO:GPU``, ``OpenVINO:NPU``; ``ONNXRuntime`` (its CPU), ``CUDA``, ``TensorRT``.
    num_streams
        Runs of the network at the same time; each output then comes num_streams - 1 frames later.
    tilesize, overlap
        Pixels, one number or (horizontal, vertical). tilesize includes both overlaps; 0 is the whole frame.
        Without it frames above 1.5 Mi pixels are cut into tiles by their size, and smaller ones are not.
    strength
        How much of the network's change is applied, 0 to 4: 0 gives frames back as they are, 1 is the network's answer.
    segment, preroll
        Recurrent networks: frames after which the state begins anew, and frames that warm it up.
    stride
        Networks that give several frames a run: frames from one window to the next.
    refine
        Networks that split an exposure: 1 gives finer instants (SharpSequence, section 4.6.2).
    sc, sc_threshold
        Whether to heed scene cuts, and the mean change of luma, 0..1, above which there is one.
    verbosity
        Of the runtime's log on stderr, 0 fatal to 4 verbose.

    Raises Error, a RuntimeError of one sentence, for what cannot be done as asked: here when the model is at fault, at
    a clip's first frame when an option is, and at any frame for its dtype, shape or size. An argument that is not of
    the Python type that it should be is a TypeError.

    A Deblurrer serves any number of clips, one after the other or at the same time, and threads: every clip has an
    engine of its own, which loads the network when the first frame comes. Only push() and flush() share one clip.

    In a process that also runs VapourSynth, touch ``vapoursynth.core`` before the first frame: a plugin linked to an
    ONNX Runtime of its own (vs-mlrt's) does not load after the one that a Deblurrer opens.
    """

    def __init__(
        self,
        name: str = "",
        *,
        model: str | os.PathLike[str] | None = None,
        precision: str | None = None,
        provider: str | None = None,
        device_id: int | None = None,
        num_streams: int | None = None,
        tilesize: Pair | None = None,
        overlap: Pair | None = None,
        strength: float | None = None,
        segment: int | None = None,
        preroll: int | None = None,
        stride: int | None = None,
        refine: int | None = None,
        sc: int | None = None,
        sc_threshold: float | None = None,
        verbosity: int | None = None,
    ) -> None:
        self._options = engine_options(
            precision=precision,
            provider=provider,
            device_id=device_id,
            num_streams=num_streams,
            verbosity=verbosity,
            tilesize=tilesize,
            overlap=overlap,
            strength=strength,
            sc=sc,
            sc_threshold=sc_threshold,
            segment=segment,
            preroll=preroll,
            stride=stride,
            refine=refine,
        )
        self._model, self._options["precision"] = models.find(
            name,
            model=model,
            precision=self._options.get("precision", "auto"),
            provider=self._options.get("provider", ""),
            device_id=self._options.get("device_id", 0),
        )
        self._contract = models.read_contract(self._model)
        self._lock = threading.Lock()
        self._statistics = Statistics(0, 0)
        self._pushed: Stream | None = None

    @property
    def model(self) -> Path:
        """The file that was loaded."""
        return self._model

    @property
    def contract(self) -> Contract:
        """What the model says of itself."""
        return self._contract

    @property
    def precision(self) -> str:
        """What the network computes in: ``fp32``, ``fp16``, ``bf16`` or ``int8``."""
        return self._options["precision"]

    @property
    def statistics(self) -> Statistics:
        """Of all clips together, up to the last finished frame of each."""
        return self._statistics

    @overload
    def __call__(self, frames: Frame) -> Any: ...
    @overload
    def __call__(self, frames: Iterable[Any]) -> Generator[Frame, None, None]: ...
    def __call__(self, frames: Iterable[Any]) -> Any:
        """Deblur a clip: an iterable of frames, or an array (N, height, width, 3). No frames: none come back.

        Returns an iterator that takes frames as it needs them and keeps few; closing or dropping it frees the engine.
        There is one output a frame, or one for each instant of each frame's exposure (``contract.subframes``).

        One frame alone, an array (height, width) or (height, width, 3), is a clip of one frame without neighbours: it
        comes back as one array, or (instants, height, width[, 3]). A gray clip in one array goes in as ``list(array)``.
        """
        if isinstance(frames, np.ndarray):
            if frames.ndim in (2, 3):
                return self._single(frames)
            if frames.ndim != 4:
                raise Error(
                    "an array must be a frame, (height, width) or (height, width, 3), or a clip, (N, height, width, 3),"
                    f" not of shape {frames.shape}"
                )
        if not isinstance(frames, Iterable):
            raise TypeError(f"frames must be a numpy array or an iterable of them, not {frames!r}")
        return self._run(iter(frames))

    def push(self, frame: Any) -> list[Frame]:
        """Give the next frame of a clip; returns the outputs that are finished by it, in order, none to several.

        The first call, and the first after flush(), begins a clip. A frame that is refused leaves the clip as it was.
        Not for two threads at once.
        """
        if self._pushed is None:
            self._pushed = self._stream()
        self._pushed.push(frame)
        return list(self._pushed.ready())

    def flush(self) -> list[Frame]:
        """End the clip that push() began; returns the outputs that are left, in order."""
        stream, self._pushed = self._pushed, None
        if stream is None:
            return []
        try:
            stream.end()
            return list(stream.ready())
        finally:
            stream.close()

    def _single(self, frame: Frame) -> Frame:
        outputs = list(self._run(iter([frame])))
        return outputs[0] if self._contract.subframes == 0 else np.stack(outputs)

    def _run(self, frames: Iterator[Any]) -> Generator[Frame, None, None]:
        stream = self._stream()
        try:
            for frame in frames:
                stream.push(frame)
                yield from stream.ready()
            stream.end()
            yield from stream.ready()
        finally:
            stream.close()

    def _stream(self) -> Stream:
        return Stream(self._model, self._options, self._report)

    def _report(self, runs: int, outputs: int) -> None:
        with self._lock:
            self._statistics = Statistics(self._statistics.runs + runs, self._statistics.outputs + outputs)
