"""Measures a method on a clip: scores against the sharp frames, temporal consistency, and the sharp control."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.data.pairs import PairedClip, PairError
from training.evaluation.methods import Method
from vsdeblur.measures.flow import flows, pairs_of_one_shot, tof
from vsdeblur.measures.metrics import Frame, Score, psnr, score

SMALLEST = 11  # side of SSIM's window, pixels


@dataclass(frozen=True)
class Result:
    """What one method makes of one clip; `sharp_control` in dB, tOF in pixels or None for a clip without motion."""

    clip: str
    method: str
    frames: int
    input: Score
    output: Score
    input_tof: float | None
    output_tof: float | None
    sharp_control: float

    @property
    def gain(self) -> float:
        """RGB PSNR of the output above that of the input, dB."""
        return self.output.psnr - self.input.psnr

    @property
    def gain_y(self) -> float:
        """The same in Y."""
        return self.output.psnr_y - self.input.psnr_y

    def as_dict(self) -> dict[str, object]:
        """The values by name, for JSON."""
        return {
            "clip": self.clip,
            "method": self.method,
            "frames": self.frames,
            "input": {**self.input.as_dict(), "tof": self.input_tof},
            "output": {**self.output.as_dict(), "tof": self.output_tof},
            "gain": self.gain,
            "sharp_control": self.sharp_control,
        }


class Subject:
    """A clip in memory, with all that is the same for every method."""

    def __init__(self, clip: PairedClip) -> None:
        """Reads the clip. Raises PairError naming a picture or clip that cannot be used."""
        self.name = clip.name
        self.blurred, self.sharp = clip.read()
        height, width = self.sharp[0].shape[:2]
        if min(height, width) < SMALLEST:
            raise PairError(f"the frames of {clip.name} are {width}x{height}; SSIM needs {SMALLEST}x{SMALLEST} or more")
        self._pairs = pairs_of_one_shot(self.sharp)
        self._flows = flows(self.sharp, self._pairs)
        self._score = score(self.blurred, self.sharp)
        self._tof = self._tof_of(self.blurred)

    @property
    def middle(self) -> int:
        """Number of the frame that pictures show."""
        return len(self.sharp) // 2

    def _tof_of(self, frames: list[Frame]) -> float | None:
        return tof(flows(frames, self._pairs), self._flows)

    def measure(self, method: Method) -> tuple[Result, list[Frame]]:
        """Scores the method on the clip; returns the deblurred frames too."""
        outputs = list(method.run(self.blurred))
        control = float(np.mean([psnr(o, s) for o, s in zip(method.run(self.sharp), self.sharp, strict=True)]))
        result = Result(
            self.name,
            method.name,
            len(self.sharp),
            self._score,
            score(outputs, self.sharp),
            self._tof,
            self._tof_of(outputs),
            control,
        )
        return result, outputs
