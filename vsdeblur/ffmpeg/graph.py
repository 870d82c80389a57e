"""Filter graphs for FFmpeg: one string with one unnamed input and one unnamed output.

They suit ``-vf`` and ``-filter_complex`` alike, one for each of the ways (``ways``).

What ``dnn`` and ``wrapper`` graphs have in common:

- A ``scale`` keeps the first frame's size, for an ffmpeg that does not rebuild its graph (``-reinit_filter 0``) when
  the size changes in mid-stream; one that does loses the frames that are in the graph.
- The frames, in their own pixel format, go to a ``blend`` that takes every plane the model gives from the model's
  branch and the others from the clip, untouched. It also keeps format, range, duration and frame rate as they were.
- Luma travels as 16-bit gray, which ``tile`` and ``pad`` can draw on, and is a float at ``dnn_processing``. RGB has 8
  bits a channel there, the only RGB that filter takes.
- Every frame has a row of 0 below it, its mark; frames put in beyond the clip's ends are all 1, and the model mirrors.
- A model that looks ahead by n frames answers n frames late. ``setpts=PREV_INPTS`` hands each frame's time to the next
  frame, n times over, so the answer for a frame leaves with that frame's own time, whatever the times are.
- ``strip_fps`` makes ``tpad`` leave the times alone: it shifts them by whole frames of the frame rate, if it knows one.

The clip is one scene: FFmpeg hands no scene cuts to ``dnn_processing``, so the graphs equal the plugin with ``sc=0``.
Sources: vf_tile.c, vf_tpad.c, setpts.c, vf_blend.c, vf_dnn_processing.c of FFmpeg 9.
"""

from __future__ import annotations

from pathlib import Path

from vsdeblur import models
from vsdeblur._engine import Error
from vsdeblur.contract import Contract
from vsdeblur.ffmpeg.frei0r_graph import frei0r_graph
from vsdeblur.ffmpeg.tall import refusal
from vsdeblur.ffmpeg.tall_cache import tall_file
from vsdeblur.ffmpeg.ways import CONVERTED, Way, escaped, find_model, opacity

__all__ = ["dnn_graph", "graph", "wrapper_graph"]

# Pixel formats whose first plane is luma, and those of RGB, as far as ``blend`` has them; others are converted first.
_YUV_LAYOUTS = {8: "420 422 444 440 411 410", 10: "420 422 444 440", 12: "420 422 444 440", 16: "420 422 444"}
_LUMA_FORMATS = [
    *(f"yuv{s}p" + ("" if bits == 8 else f"{bits}le") for bits, all in _YUV_LAYOUTS.items() for s in all.split()),
    *(f"yuva{s}p" + ("" if bits == 8 else f"{bits}le") for bits in (8, 10, 16) for s in ("420", "422", "444")),
    *("yuvj420p", "yuvj422p", "yuvj444p", "gray", "gray10le", "gray12le", "gray16le"),
]
_RGB_FORMATS = ["gbrp", "gbrp10le", "gbrp12le", "gbrp16le", "gbrap", "gbrap10le", "gbrap12le", "gbrap16le"]

# Luma to floats and back, by way of 16 bits of limited range, with room for what lies below black and above white: to
# 16 bits first and to limited range then, and without a change of chroma's size, as FFmpeg 9 is exact in these steps
# alone. It takes gray floats for limited range (libswscale/format.c: sanitize_fmt).
_DEEP_YUV = "format=pix_fmts=yuv420p16le|yuv422p16le|yuv444p16le"
_LUMA = [CONVERTED, f"{_DEEP_YUV}|gray16le", f"{CONVERTED}:out_range=limited", _DEEP_YUV, "extractplanes=planes=y"]
_LUMA_BACK = [f"{CONVERTED}:in_range=limited:out_range=limited", "format=pix_fmts=yuv420p16le", CONVERTED]


def graph(name: str, via: Way, strength: float = 1) -> str:
    """The filter graph that runs a model, by a shipped model's name or by a file's path, in one of the ways.

    ``strength`` is the share of the network's change, 0 to 1, which ``blend`` mixes in the clip's own format. Raises
    Error: no such model, one that is untrained (by name), or one that this way cannot run; or no such strength.
    """
    if via == "dnn":
        return dnn_graph(name, strength)
    if via == "wrapper":
        return wrapper_graph(name, strength)
    return frei0r_graph(name, strength)


def dnn_graph(name: str, strength: float = 1) -> str:
    """The graph for stock FFmpeg 9; it names a tall file, which is made in the user's cache if it is not there."""
    path = find_model(name)
    contract = models.read_contract(path)
    if reason := refusal(contract):
        raise Error(f"{contract.name} {reason}, which stock FFmpeg cannot run: {_other_ways(contract)}")
    reach = max(contract.window)
    window = contract.input_frames
    branch = [
        *_marked(start=window, stop=reach),
        *([f"tile=layout=1x{window}:overlap={window - 1}"] if window > 1 else []),
        *_behind(reach, dropped=reach + 1),
        _FLOATS,
        _network(tall_file(path, contract)),
    ]
    return _joined(contract, branch, strength)


def wrapper_graph(name: str, strength: float = 1) -> str:
    """The graph for FFmpeg 9 with ``libvsdeblur_dnn.so``, which looks ahead as far as it looks back."""
    path = find_model(name)
    contract = models.read_contract(path)
    if contract.subframes:
        raise Error(
            f"{contract.name} {refusal(contract)}, and FFmpeg's dnn_processing gives one: {_other_ways(contract)}"
        )
    reach = max(contract.window)
    floats = [_FLOATS] if contract.color == "luma" else []
    branch = [*_marked(start=0, stop=reach), *floats, _network(path), *_behind(reach, dropped=reach)]
    return _joined(contract, branch, strength)


def _other_ways(contract: Contract) -> str:
    return "use vspipe" if contract.subframes else "use --via wrapper or --via frei0r"


def _marked(start: int, stop: int) -> list[str]:
    """A row of 0 below every frame; frames of 1 before and behind the clip."""
    added = [f"{end}={count}" for end, count in (("start", start), ("stop", stop)) if count]
    padding = [f"tpad={':'.join(added)}:color=white"] if added else []
    return ["pad=width=iw:height=ih+1:color=black", *padding]


_FLOATS = "format=pix_fmts=grayf32le"


def _network(path: Path) -> str:
    return f"dnn_processing=dnn_backend=onnx:model={escaped(path)}"


def _behind(frames: int, dropped: int) -> list[str]:
    """Frames that come ``frames`` late get their own times back, and the first ``dropped`` ones go."""
    return ["setpts=expr=PREV_INPTS"] * frames + ([f"trim=start_frame={dropped}"] if dropped else [])


def _joined(contract: Contract, branch: list[str], strength: float) -> str:
    """The branch with what makes samples for it and brings them back, beside the clip."""
    luma = contract.color == "luma"
    formats = "|".join(_LUMA_FORMATS if luma else _LUMA_FORMATS + _RGB_FORMATS)
    there = ["setpts=expr=PTS:strip_fps=1", *(_LUMA if luma else [CONVERTED, "format=pix_fmts=rgb24"])]
    back = _LUMA_BACK if luma else [CONVERTED]
    opacities = ":".join(f"c{plane}_opacity={opacity(strength)}" for plane in range(contract.channels))
    return (
        f"{CONVERTED},format=pix_fmts={formats},split[vsd_clip][vsd_in];"
        f"[vsd_in]{','.join([*there, *branch, *back])}[vsd_out];"
        f"[vsd_clip][vsd_out]blend={opacities}"
    )
