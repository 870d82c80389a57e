"""vsdeblur.Deblurrer: what goes in and out, and what networks see of the clip."""

from __future__ import annotations

import itertools
import threading
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import tiny_models
from tests.python.clips import Frame, calm, noise, same
from vsdeblur import Deblurrer, Error, Statistics

DTYPES = (np.uint8, np.uint16, np.float32)
SIZES = ((1, 1), (2, 1), (9, 11))


def deblur(model: Path, frames: Iterable[Frame], **options: Any) -> list[Frame]:
    return list(Deblurrer(model=model, **options)(frames))


class TestFrames:
    """Types, shapes and memory."""

    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize("channels", [(), (3,)])
    @pytest.mark.parametrize("size", SIZES)
    def test_identity_gives_every_sample_back(
        self, models: Path, dtype: Any, channels: tuple[int, ...], size: tuple[int, int]
    ) -> None:
        clip = list(noise(dtype, 3, *size, *channels))
        assert same(deblur(models / "identity.onnx", clip), clip)

    def test_uint16_has_16_bits(self, tmp_path: Path) -> None:
        (tmp_path / "half.onnx").write_bytes(tiny_models.weighted([[0.5]], window=(0, 0), outputs="0"))
        frame = np.array([[0, 1, 2, 65534, 65535]], np.uint16)
        [half] = deblur(tmp_path / "half.onnx", [frame])
        assert half.tolist() == [[0, 1, 1, 32767, 32768]]  # halves up

    def test_integers_are_clipped_and_floats_are_not(self, tmp_path: Path) -> None:
        (tmp_path / "double.onnx").write_bytes(tiny_models.weighted([[2]], window=(0, 0), outputs="0"))
        assert deblur(tmp_path / "double.onnx", [np.array([[100, 200]], np.uint8)])[0].tolist() == [[200, 255]]
        assert deblur(tmp_path / "double.onnx", [np.array([[-1, 0.75]], np.float32)])[0].tolist() == [[-2, 1.5]]

    def test_channels_are_red_green_blue(self, tmp_path: Path) -> None:
        swap = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]], np.float32)
        (tmp_path / "swap.onnx").write_bytes(tiny_models.mixed(swap))
        frame = noise(np.uint8, 4, 5, 3)
        [swapped] = deblur(tmp_path / "swap.onnx", [frame])
        assert (swapped == frame[..., [2, 0, 1]]).all()

    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize("model", ["blur", "trailing"])
    @pytest.mark.parametrize("tiles", [{}, {"tilesize": 8, "overlap": 2}], ids=["whole", "tiles"])
    def test_luma_network_takes_each_channel_by_itself(
        self, models: Path, dtype: Any, model: str, tiles: dict[str, int]
    ) -> None:
        clip = list(noise(dtype, 3, 11, 13, 3))
        deblurred = deblur(models / f"{model}.onnx", clip, sc=False, **tiles)
        for channel in range(3):
            alone = deblur(models / f"{model}.onnx", [frame[..., channel] for frame in clip], sc=False, **tiles)
            assert same([frame[..., channel] for frame in deblurred], alone)
        assert not same(deblurred[1:], clip[1:])

    @pytest.mark.parametrize(
        "view",
        [
            pytest.param(lambda frame: frame[::2, ::-1], id="strided"),
            pytest.param(lambda frame: np.asfortranarray(frame), id="fortran"),
            pytest.param(lambda frame: frame[..., ::-1], id="bgr"),
            pytest.param(lambda frame: np.broadcast_to(frame[:1, :1], frame.shape), id="broadcast"),
        ],
    )
    @pytest.mark.parametrize("dtype", DTYPES)
    def test_memory_may_lie_anyhow(self, models: Path, view: Callable[[Frame], Frame], dtype: Any) -> None:
        frame = view(noise(dtype, 6, 7, 3))
        assert same(deblur(models / "blur.onnx", [frame]), deblur(models / "blur.onnx", [frame.copy(order="C")]))

    def test_other_byte_order_stays(self, models: Path) -> None:
        frame = noise(np.uint16, 4, 5).astype(">u2")
        [answer] = deblur(models / "identity.onnx", [frame])
        assert answer.dtype == frame.dtype
        assert (answer == frame).all()

    def test_read_only_arrays_are_taken(self, models: Path) -> None:
        frame = noise(np.uint8, 4, 5, 3)
        frame.flags.writeable = False
        assert same(deblur(models / "identity.onnx", [frame]), [frame])

    def test_answers_are_arrays_of_their_own(self, models: Path) -> None:
        clip = calm(3)
        before = [frame.copy() for frame in clip]
        for answer in Deblurrer(model=models / "identity.onnx")(clip):
            assert answer.flags.writeable and answer.flags.c_contiguous
            answer[:] = 0
        assert same(clip, before)

    @pytest.mark.parametrize("channels", [(), (3,)])
    def test_a_buffer_may_be_used_again_for_the_next_frame(self, models: Path, channels: tuple[int, ...]) -> None:
        def frames() -> Iterator[Frame]:
            buffer = np.empty_like(clip[0])
            for frame in clip:
                buffer[:] = frame
                yield buffer

        clip = [np.full((4, 6, *channels), 10 * n, np.uint8) for n in range(6)]
        assert same(deblur(models / "next_frame.onnx", frames()), [*clip[1:], clip[4]])


class TestTime:
    """Windows, state and instants."""

    def test_window_is_mirrored_at_the_end(self, models: Path) -> None:
        clip = calm(5)
        assert same(deblur(models / "next_frame.onnx", clip), [*clip[1:], clip[3]])

    def test_window_is_mirrored_at_a_cut(self, models: Path) -> None:
        dark, bright = np.zeros((8, 8), np.uint8), np.full((8, 8), 200, np.uint8)
        clip = [dark, dark + 1, bright, bright + 1]
        assert same(deblur(models / "next_frame.onnx", clip), [clip[1], clip[0], clip[3], clip[2]])
        assert same(deblur(models / "next_frame.onnx", clip, sc=0), [*clip[1:], clip[2]])
        assert same(deblur(models / "next_frame.onnx", clip, sc_threshold=1), [*clip[1:], clip[2]])

    def test_state_is_carried_from_frame_to_frame(self, models: Path) -> None:
        clip = [np.zeros((6, 4), np.uint8)] * 10
        assert [int(frame[0, 0]) for frame in deblur(models / "counter.onnx", clip)] == list(range(1, 11))

    def test_state_begins_anew_at_segments_with_preroll(self, models: Path) -> None:
        clip = [np.zeros((6, 4), np.uint8)] * 10
        deblurrer = Deblurrer(model=models / "counter.onnx", segment=4, preroll=2)
        assert [int(frame[0, 0]) for frame in deblurrer(clip)] == [1, 2, 3, 4, 3, 4, 5, 6, 3, 4]
        assert deblurrer.statistics == Statistics(runs=14, outputs=10)

    def test_stride_uses_several_frames_of_a_run(self, models: Path) -> None:
        clip = [np.full((3, 4), 128, np.uint8)] * 10
        deblurrer = Deblurrer(model=models / "centred.onnx", stride=5)
        offsets = [round((128 - int(frame[0, 0])) / 16) for frame in deblurrer(clip)]
        assert offsets == [-2, -1, 0, 1, 2] * 2
        assert deblurrer.statistics == Statistics(runs=2, outputs=10)

    def test_exposure_gives_its_instants_in_order(self, models: Path) -> None:
        clip = [np.full((3, 4, 3), value, np.float32) for value in (0.5, 1)]
        answers = [float(frame[0, 0, 0]) for frame in deblur(models / "exposure.onnx", clip)]
        assert answers == [value * (k + 1) / 8 for value in (0.5, 1) for k in range(7)]

    def test_refine_gives_six_times_as_many(self, models: Path) -> None:
        assert len(deblur(models / "exposure.onnx", calm(2), refine=1)) == 2 * 6 * 7


class TestStreams:
    """However the frames come, the answers are the same."""

    @pytest.mark.parametrize("num_streams", [1, 3])
    @pytest.mark.parametrize(
        ("model", "options"),
        [
            ("identity", {}),
            ("next_frame", {}),
            ("blur", {"tilesize": 8, "overlap": 2}),
            ("exposure", {}),
            ("counter", {"segment": 5, "preroll": 3}),
            ("centred", {"stride": 1}),
            ("centred", {"stride": 3}),
            ("centred", {"stride": 5}),
        ],
    )
    @pytest.mark.parametrize("length", [1, 2, 7, 20])
    def test_ways_agree(self, models: Path, model: str, options: dict[str, Any], length: int, num_streams: int) -> None:
        clip = calm(length)
        clip[length // 2] = np.full_like(clip[0], 255)  # with scene cuts
        plain = deblur(models / f"{model}.onnx", clip, **options)
        assert len(plain) == length * (7 if model == "exposure" else 1)

        deblurrer = Deblurrer(model=models / f"{model}.onnx", num_streams=num_streams, **options)
        assert same(list(deblurrer(clip)), plain)
        assert same(list(deblurrer(np.stack(clip))), plain)
        assert same(list(deblurrer(frame for frame in clip)), plain)
        pushed = [answer for frame in clip for answer in deblurrer.push(frame)]
        assert same(pushed + deblurrer.flush(), plain)

    def test_no_frames_give_none(self, models: Path) -> None:
        deblurrer = Deblurrer(model=models / "identity.onnx")
        assert list(deblurrer([])) == []
        assert list(deblurrer(np.zeros((0, 4, 4, 3), np.uint8))) == []
        assert deblurrer.flush() == []
        assert deblurrer.statistics == Statistics(0, 0)

    @pytest.mark.parametrize(("model", "ahead"), [("identity", 0), ("next_frame", 1), ("counter", 0), ("centred", 2)])
    @pytest.mark.parametrize("num_streams", [1, 2])
    def test_frames_are_taken_when_they_are_needed(
        self, models: Path, model: str, ahead: int, num_streams: int
    ) -> None:
        taken = 0

        def frames() -> Iterator[Frame]:
            nonlocal taken
            while True:
                taken += 1
                yield np.zeros((4, 4), np.uint8)

        answers = Deblurrer(model=models / f"{model}.onnx", num_streams=num_streams)(frames())
        assert taken == 0
        for given in range(1, 30):
            next(answers)
            assert given + ahead <= taken <= given + ahead + num_streams - 1

    def test_memory_does_not_grow_with_the_clip(self, models: Path) -> None:
        height, width = 200, 300
        size = height * width
        frames = (np.full((height, width), n % 50, np.uint8) for n in range(100))
        answers = Deblurrer(model=models / "next_frame.onnx")(frames)
        next(answers)
        tracemalloc.start()
        try:
            count = sum(1 for _ in answers)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert count == 99
        assert peak < 20 * size

    def test_push_gives_a_frame_as_soon_as_it_is_finished(self, models: Path) -> None:
        deblurrer = Deblurrer(model=models / "next_frame.onnx")
        clip = calm(4)
        assert [len(deblurrer.push(frame)) for frame in clip] == [0, 1, 1, 1]
        assert same(deblurrer.flush(), [clip[2]])

    def test_after_flush_a_new_clip_begins(self, models: Path) -> None:
        deblurrer = Deblurrer(model=models / "counter.onnx")
        for size in ((4, 4), (6, 8)):
            answers = [answer for _ in range(3) for answer in deblurrer.push(np.zeros(size, np.uint8))]
            assert [int(frame[0, 0]) for frame in answers + deblurrer.flush()] == [1, 2, 3]
            assert answers[0].shape == size

    def test_a_refused_frame_leaves_the_clip_as_it_was(self, models: Path) -> None:
        deblurrer = Deblurrer(model=models / "next_frame.onnx")
        clip = calm(3)
        answers = deblurrer.push(clip[0])
        with pytest.raises(Error, match="frame 1 must be like the first"):
            deblurrer.push(clip[1][1:])
        for frame in clip[1:]:
            answers += deblurrer.push(frame)
        assert same(answers + deblurrer.flush(), [clip[1], clip[2], clip[1]])

    def test_iterators_do_not_disturb_each_other(self, models: Path) -> None:
        deblurrer = Deblurrer(model=models / "counter.onnx")
        first, second = [np.full((4, 4), 7, np.uint8)] * 5, [np.full((2, 6), 90, np.uint8)] * 5
        pairs = list(zip(deblurrer(first), deblurrer(second), strict=True))
        assert [int(a[0, 0]) for a, _ in pairs] == [8, 9, 10, 11, 12]
        assert [int(b[0, 0]) for _, b in pairs] == [91, 92, 93, 94, 95]
        assert deblurrer.statistics == Statistics(runs=10, outputs=10)

    def test_threads_do_not_disturb_each_other(self, models: Path) -> None:
        deblurrer = Deblurrer(model=models / "next_frame.onnx")
        clips = [calm(20, height=4 + n) for n in range(4)]
        answers: list[list[Frame]] = [[] for _ in clips]

        def work(n: int) -> None:
            answers[n] = list(deblurrer(clips[n]))

        threads = [threading.Thread(target=work, args=(n,)) for n in range(len(clips))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for clip, answer in zip(clips, answers, strict=True):
            assert same(answer, [*clip[1:], clip[-2]])
        assert deblurrer.statistics == Statistics(runs=80, outputs=80)

    def test_runs_are_repeatable(self, models: Path) -> None:
        clip = list(noise(np.float32, 6, 40, 50))
        options = {"tilesize": (24, 16), "overlap": 3}
        assert same(deblur(models / "blur.onnx", clip, **options), deblur(models / "blur.onnx", clip, **options))

    def test_a_closed_iterator_leaves_no_thread(self, models: Path) -> None:
        before = threading.active_count()
        answers = Deblurrer(model=models / "identity.onnx", num_streams=3)(calm(10))
        next(answers)
        assert threading.active_count() > before
        answers.close()
        assert threading.active_count() == before

    def test_an_error_of_the_source_comes_through(self, models: Path) -> None:
        def frames() -> Iterator[Frame]:
            yield from calm(2)
            raise OSError("the disk is gone")

        answers = Deblurrer(model=models / "identity.onnx")(frames())
        assert len(list(itertools.islice(answers, 2))) == 2
        with pytest.raises(OSError, match="the disk is gone"):
            next(answers)


class TestSingle:
    """One frame alone."""

    @pytest.mark.parametrize("shape", [(5, 6), (5, 6, 3), (4, 3, 3)])
    def test_a_frame_comes_back_as_a_frame(self, models: Path, shape: tuple[int, ...]) -> None:
        frame = noise(np.uint8, *shape)
        answer = Deblurrer(model=models / "next_frame.onnx")(frame)
        assert same([answer], [frame])

    def test_instants_come_in_one_array(self, models: Path) -> None:
        frame = noise(np.uint8, 5, 6, 3)
        deblurrer = Deblurrer(model=models / "exposure.onnx")
        answer = deblurrer(frame)
        assert answer.shape == (7, 5, 6, 3)
        assert same(list(answer), list(deblurrer([frame])))


BAD_FRAMES = [
    (np.zeros((4, 4)), "frame 0 must be of uint8, uint16 or float32, not float64"),
    (np.zeros((4, 4), np.int16), "frame 0 must be of uint8, uint16 or float32, not int16"),
    (np.zeros((4, 4), bool), "frame 0 must be of uint8, uint16 or float32, not bool"),
    ("a.png", "frame 0 must be of uint8, uint16 or float32, not <U5"),
    (
        np.zeros((4, 4, 4), np.uint8),
        r"frame 0 must be of shape \(height, width\) or \(height, width, 3\), not \(4, 4, 4\)",
    ),
    (np.zeros((4, 4, 1), np.uint8), r"frame 0 must be of shape .*, not \(4, 4, 1\)"),
    (np.zeros(4, np.uint8), r"frame 0 must be of shape .*, not \(4,\)"),
    (np.zeros((0, 4), np.uint8), r"frame 0 must have at least 1 pixel, and its shape is \(0, 4\)"),
]


class TestErrors:
    """One sentence each."""

    @pytest.mark.parametrize(("frame", "sentence"), BAD_FRAMES)
    def test_bad_frames(self, models: Path, frame: Any, sentence: str) -> None:
        with pytest.raises(Error, match=f"^{sentence}$"):
            deblur(models / "identity.onnx", [frame])

    @pytest.mark.parametrize(
        "other",
        [noise(np.uint8, 4, 6, 3), noise(np.uint8, 4, 5), noise(np.uint16, 4, 5, 3)],
        ids=["size", "gray", "dtype"],
    )
    def test_frames_unlike_the_first(self, models: Path, other: Frame) -> None:
        answers = Deblurrer(model=models / "identity.onnx")([noise(np.uint8, 4, 5, 3), other])
        next(answers)
        with pytest.raises(Error, match=r"^frame 1 must be like the first, \(4, 5, 3\) uint8, not \(.*$"):
            next(answers)

    def test_what_is_no_clip(self, models: Path) -> None:
        deblurrer = Deblurrer(model=models / "identity.onnx")
        with pytest.raises(TypeError, match="^frames must be a numpy array or an iterable of them, not 3$"):
            deblurrer(3)  # type: ignore[call-overload]
        with pytest.raises(Error, match=r"^an array must be a frame, .*, not of shape \(2,\)$"):
            deblurrer(np.zeros(2, np.uint8))
        with pytest.raises(Error, match=r"^frame 0 must be of shape .*, not \(9, 8, 7\)$"):
            deblurrer(np.zeros((9, 8, 7), np.uint8))  # a gray clip, or a frame of seven channels: not guessed

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            ({"num_streams": 0}, "num_streams must be between 1 and 32, not 0"),
            ({"num_streams": 10**12}, "num_streams must be between 1 and 32, not 2147483647"),
            ({"device_id": -1}, "device_id must be at least 0, not -1"),
            ({"sc_threshold": float("nan")}, "sc_threshold must be between 0 and 1, not nan"),
            ({"strength": -0.5}, "strength must be between 0 and 4, not -0.5"),
            ({"strength": float("nan")}, "strength must be between 0 and 4, not nan"),
            ({"segment": 3}, "segment and preroll are for recurrent networks; Tiny has no state"),
            ({"provider": "Nonsense"}, "provider Nonsense .*"),
        ],
    )
    def test_options_that_the_engine_refuses(self, models: Path, options: dict[str, Any], sentence: str) -> None:
        answers = Deblurrer(model=models / "identity.onnx", **options)(calm(1))
        with pytest.raises(Error, match=f"^{sentence}$"):
            next(answers)

    @pytest.mark.parametrize(
        ("options", "error", "sentence"),
        [
            ({"segment": "4"}, TypeError, "segment must be a whole number, not '4'"),
            ({"segment": 4.0}, TypeError, "segment must be a whole number, not 4.0"),
            ({"strength": "x"}, TypeError, "strength must be a number, not 'x'"),
            ({"sc_threshold": "x"}, TypeError, "sc_threshold must be a number, not 'x'"),
            ({"provider": 1}, TypeError, "provider must be text, not 1"),
            ({"tilesize": (64, None)}, TypeError, "tilesize must be a whole number, not None"),
            ({"tilesize": (1, 2, 3)}, Error, "tilesize must be one number or two, horizontal and vertical, not 3"),
            ({"sc": 2}, Error, "sc must be 0 or 1, not 2"),
            ({"precision": "fp64"}, Error, "precision must be auto, fp32, fp16, bf16 or int8, not 'fp64'"),
        ],
    )
    def test_options_that_are_refused_at_once(
        self, models: Path, options: dict[str, Any], error: type[Exception], sentence: str
    ) -> None:
        with pytest.raises(error, match=f"^{sentence}$"):
            Deblurrer(model=models / "identity.onnx", **options)

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            ({"overlap": 8}, "overlap has no effect without tilesize: give tilesize too"),
            ({"segment": 4}, "segment and preroll are for recurrent networks; Tiny has no state"),
            ({"num_streams": 0}, "num_streams must be between 1 and 32, not 0"),
        ],
    )
    def test_options_that_the_engine_refuses_at_the_first_frame(
        self, models: Path, options: dict[str, Any], sentence: str
    ) -> None:
        frames = Deblurrer(model=models / "identity.onnx", **options)([np.zeros((8, 8), np.uint8)])
        with pytest.raises(Error, match=f"^{sentence}$"):
            next(frames)

    def test_models_that_are_refused_at_once(self, models: Path, tmp_path: Path) -> None:
        (tmp_path / "text.onnx").write_text("no model")
        with pytest.raises(Error, match=r"^a network's name or model= must be given$"):
            Deblurrer()
        with pytest.raises(Error, match=r"^model must be the path of an \.onnx file, not empty$"):
            Deblurrer(model="")
        with pytest.raises(Error, match=r"absent\.onnx does not exist$"):
            Deblurrer(model=tmp_path / "absent.onnx")
        with pytest.raises(Error, match=r"text\.onnx is not an ONNX file$"):
            Deblurrer(model=tmp_path / "text.onnx")
        with pytest.raises(Error, match=r"identity\.onnx holds Tiny, not DTB$"):
            Deblurrer("DTB", model=models / "identity.onnx")


def test_contract_and_file(models: Path) -> None:
    deblurrer = Deblurrer(model=models / "counter.onnx")
    assert deblurrer.model == models / "counter.onnx"
    assert deblurrer.contract.name == "Tiny"
    assert deblurrer.contract.states[0].scale == 0.5


def test_numpy_numbers_are_numbers(models: Path) -> None:
    clip = [np.zeros((4, 4), np.uint8)] * 3
    answers = deblur(models / "counter.onnx", clip, segment=np.int64(1), preroll=np.uint8(0), sc=np.bool_(True))
    assert [int(frame[0, 0]) for frame in answers] == [1, 1, 1]
