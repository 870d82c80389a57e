from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
import numpy.typing as npt
import pytest

from training.evaluation.drift import SHORTEST, SPAN, back_and_forth, measure_drift
from training.evaluation.methods import Method
from vsdeblur.measures.metrics import PSNR_CEILING, psnr

Frame = npt.NDArray[np.uint8]
SHARP = [np.full((8, 8, 3), value, np.uint8) for value in (60, 70, 80)]
BLURRED = [frame + np.uint8(4) for frame in SHARP]


def method(*errors: int) -> Method:
    """Frame n comes back wrong by errors[n], and by the last of them from there on."""

    def run(frames: Iterable[Frame]) -> Iterator[Frame]:
        for n, frame in enumerate(frames):
            yield frame - np.uint8(4) + np.uint8(errors[min(n, len(errors) - 1)])

    return Method("made by hand", "", run, run)


@pytest.mark.parametrize(
    ("count", "start"), [(1, [0, 0, 0]), (2, [0, 1, 0, 1]), (4, [0, 1, 2, 3, 2, 1, 0, 1, 2])], ids=str
)
def test_clips_go_back_and_forth(count: int, start: list[int]) -> None:
    assert list(islice(back_and_forth(count), len(start))) == start


def test_a_steady_method_does_not_drift() -> None:
    found = measure_drift("clip", BLURRED, SHARP, method(0), 120)
    assert found is not None
    assert (found.clip, found.method, found.frames) == ("clip", "made by hand", 120)
    assert found.first == found.last == found.worst == PSNR_CEILING
    assert found.change == 0


def test_a_method_that_gets_worse_drifts() -> None:
    good, bad = (psnr(SHARP[0] + np.uint8(error), SHARP[0]) for error in (1, 2))
    found = measure_drift("clip", BLURRED, SHARP, method(*[1] * 70, 2), 120)
    assert found is not None
    base = psnr(BLURRED[0], SHARP[0])
    assert (found.first, found.last) == pytest.approx((good, bad))
    assert (found.first_gain, found.last_gain) == pytest.approx((good - base, bad - base))
    assert found.change == pytest.approx(bad - good)
    assert found.as_dict()["change"] == found.change


def test_the_worst_frame_is_found() -> None:
    found = measure_drift("clip", BLURRED, SHARP, method(*[1] * 55, 9, 1), SHORTEST)
    assert found is not None
    assert SPAN <= found.worst_frame == 55
    assert found.worst == pytest.approx(psnr(SHARP[0] + np.uint8(9), SHARP[0]))
    assert found.worst_gain < 0 < found.first_gain


def test_methods_without_a_state_are_left_out() -> None:
    stateless = Method("stateless", "", iter)
    assert measure_drift("clip", BLURRED, SHARP, stateless, SHORTEST) is None
