"""Fifty small faults, one line each, that the engine's tests ought to find.

Chosen over all its folders before it was known which of them are found.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ENGINE", "FAULTS", "Fault"]

ENGINE = "vsdeblur/native/engine"


@dataclass(frozen=True)
class Fault:
    """Text ``before``, which stands once in ``file`` (within the engine's folder), becomes ``after``."""

    file: str
    before: str
    after: str
    breaks: str
    threads: bool = False
    """Whether it takes ThreadSanitizer, or threads and luck, to see it."""


FAULTS = [
    # schedule/window.cpp
    Fault("schedule/window.cpp", "2 * range.last - n;", "2 * range.last - n + 1;", "the mirror repeats the last frame"),
    Fault("schedule/window.cpp", "2 * range.first - n :", "range.first :", "the mirror at the start is a repetition"),
    Fault("schedule/window.cpp", "std::max(before, after)", "std::min(before, after)", "uneven windows lack frames"),
    Fault(
        "schedule/window.cpp", "n < target && !cut(n + 1)", "n < target && !cut(n)", "cuts after a frame are off by one"
    ),
    Fault("schedule/window.cpp", "n > target && !cut(n)", "n > target", "windows reach back over cuts"),
    Fault(
        "schedule/window.cpp",
        "+ stride / 2, length - 1",
        "+ (stride + 1) / 2, length - 1",
        "grid centres of even strides",
    ),
    # schedule/cache.h
    Fault(
        "schedule/cache.h", "total_ + cost > budget_ ||", "total_ + cost >= budget_ ||", "a full budget drops a value"
    ),
    Fault(
        "schedule/cache.h",
        "entries_.size() + more > keep_",
        "entries_.size() + more >= keep_",
        "one value fewer stays than promised",
    ),
    Fault("schedule/cache.h", "        total_ -= oldest->second.cost;\n", "", "what was dropped still counts"),
    Fault("schedule/cache.h", "entries_.find(order_.back())", "entries_.find(order_.front())", "the newest is dropped"),
    Fault("schedule/cache.h", "found->first < low", "found->first <= low", "the lowest key of a range is not found"),
    # locks
    Fault(
        "schedule/cache.h",
        "    Handle get(const Key& key) {\n        std::lock_guard lock(mutex_);\n",
        "    Handle get(const Key& key) {\n",
        "a cache is read without its lock",
        threads=True,
    ),
    Fault(
        "schedule/keyed_mutex.h",
        "return owner_.held_.insert(key_).second;",
        "owner_.held_.insert(key_); return true;",
        "two requests make the same run",
    ),
    Fault("schedule/recurrent_scheduler.cpp", "        std::lock_guard lock(running_);\n", "", "steps run at once"),
    # schedule/pipeline.cpp
    Fault("schedule/pipeline.cpp", "decoded_.get(n)", "decoded_.get(n / 2)", "another frame's pixels are taken"),
    Fault(
        "schedule/pipeline.cpp", "if (!options_.scene_cuts)", "if (options_.scene_cuts)", "sc is the other way round"
    ),
    Fault(
        "schedule/pipeline.cpp",
        "if (earlier.scene_change_next) return *earlier.scene_change_next;\n",
        "\n",
        "_SceneChangeNext is not read",
    ),
    Fault(
        "schedule/pipeline.cpp", "> options_.sc_threshold", ">= options_.sc_threshold + 0.02", "the threshold is higher"
    ),
    Fault("schedule/pipeline.cpp", "strength == 1 ?", "strength >= 1 ?", "strength above 1 has no effect"),
    # schedule/network.cpp
    Fault("schedule/network.cpp", "answer.data() + k * frame", "answer.data()", "every output is the first"),
    Fault("schedule/network.cpp", "++tile, ++own_state", "++tile", "tiles share a state"),
    Fault("schedule/network.cpp", "results.begin() + 1", "results.begin()", "the frame is taken for a state"),
    Fault(
        "schedule/network.cpp",
        "std::max(1, usable_cores() / options.num_streams)",
        "usable_cores()",
        "every stream takes all cores",
    ),
    # schedule/recurrent_scheduler.cpp
    Fault(
        "schedule/recurrent_scheduler.cpp",
        "!progress.state || cut(m)",
        "!progress.state",
        "a cut does not reset the state",
    ),
    Fault("schedule/recurrent_scheduler.cpp", "first_of_segment(n) - preroll_", "first_of_segment(n)", "no warm-up"),
    Fault(
        "schedule/recurrent_scheduler.cpp",
        "if (m < first_of_segment(n)) return nullptr;\n",
        "\n",
        "warm-up frames come out",
    ),
    Fault(
        "schedule/recurrent_scheduler.cpp",
        "{segment, n - 1}, newest",
        "{segment, n}, newest",
        "a state after the frame is used",
    ),
    Fault(
        "schedule/recurrent_scheduler.cpp",
        "states_.put({n / segment_, m}",
        "states_.put({0, m}",
        "segments share states",
    ),
    # schedule/window_scheduler.cpp and exposure_scheduler.cpp
    Fault(
        "schedule/window_scheduler.cpp",
        "centre + contract().offsets[k]",
        "centre - contract().offsets[k]",
        "outputs are swapped",
    ),
    Fault(
        "schedule/window_scheduler.cpp",
        "frame / stride_ != n / stride_",
        "false",
        "frames of the next grid cell are kept",
    ),
    Fault("schedule/exposure_scheduler.cpp", "pair * instants.size()", "pair", "refined instants are numbered wrong"),
    # picture/tiles.cpp
    Fault("picture/tiles.cpp", "period - within", "period - within - 1", "the mirror of tiles is off by one"),
    Fault("picture/tiles.cpp", "pixel + 0.5 - cut", "pixel - cut", "feathers lie half a pixel aside"),
    Fault(
        "picture/tiles.cpp",
        "i * room / gaps) * multiple",
        "i * room / gaps * multiple) / 2 * 2",
        "starts miss the multiple",
    ),
    Fault(
        "picture/tiles.cpp", "(tile - 2LL * overlap) / multiple", "(tile - overlap) / multiple", "tiles overlap by half"
    ),
    Fault("picture/tiles.cpp", "rows_.source[tile.y + y]", "rows_.source[y]", "every row of tiles is the first"),
    Fault("picture/tiles.cpp", "first_x - tile.x", "first_x", "tiles are read beside their place"),
    # picture/planes.cpp, chroma.cpp, colour.cpp, samples.h
    Fault("picture/planes.cpp", "at + 1 : at - 1", "at - 1 : at + 1", "the wrong chroma row is mixed in"),
    Fault("picture/planes.cpp", "gv * v[x];", "gv * u[x];", "green takes U twice"),
    Fault("picture/planes.cpp", "if (share == 0)", "if (share == 1)", "strength 1 gives the input"),
    Fault("picture/planes.cpp", "number == number ? number : old", "number", "NaN of a network reaches the picture"),
    Fault(
        "picture/chroma.cpp",
        "std::floor(offset - ratio)) + 1",
        "std::floor(offset - ratio))",
        "chroma is one luma pixel off",
    ),
    Fault("picture/colour.cpp", "219 * unit", "220 * unit", "limited range is a step too long"),
    Fault("picture/colour.cpp", "224 << (format.bits - 8)", "219 << (format.bits - 8)", "chroma has luma's range"),
    Fault(
        "picture/samples.h",
        "static_cast<int>(inside + 0.5f)",
        "static_cast<int>(inside)",
        "samples are cut, not rounded",
    ),
    Fault(
        "picture/samples.h", "above < peak ? above : peak", "above < peak + 1 ? above : peak", "the clamp is off by one"
    ),
    # picture/scene.cpp
    Fault("picture/scene.cpp", "std::min(max_shift, a.width / 4)", "0", "a pan is taken for a cut"),
    # model/ and runtime/
    Fault(
        "model/onnx_metadata.cpp",
        "field.length > end - position_",
        "field.length > end",
        "fields reach beyond their message",
    ),
    Fault("runtime/graph.cpp", "if (!known) fail", "if (false) fail", "unknown inputs of a graph are let through"),
    Fault(
        "runtime/memory.cpp", "block.bytes == bytes", "block.bytes >= bytes", "a block of another size is handed out"
    ),
]
