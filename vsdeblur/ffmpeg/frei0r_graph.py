"""The filter graph for FFmpeg's ``frei0r``, which takes a frame and wants one back at once.

The plugin (ffmpeg_filter/frei0r) answers late by the frames that the network looks ahead. The graph makes up for it:

- Three rows above the picture, white, black and white, tell the plugin where rows begin: FFmpeg's versions differ.
- As many black frames follow the clip as answers are late: its first row tells the plugin that the clip has ended, so
  that it mirrors there as the VapourSynth plugin does.
- ``setpts=PREV_INPTS`` hands each frame's time to the next frame, once for each frame of look-ahead, so the answer for
  a frame leaves with that frame's own time, whatever the times are. What came out before the first answer goes.
- ``blend`` takes the picture from the answers, and everything else from the clip's own frames: alpha, pixel format,
  range and duration. So a graph gives the pixel format that it gets, packed ones as planar. The network sees 8 bits of
  RGB, whatever that format is.

Sources: vf_frei0r.c, vf_pad.c, vf_tpad.c, setpts.c, vf_blend.c of FFmpeg 5 and 8. Needs FFmpeg 4.2 for ``tpad``.
"""

from __future__ import annotations

from vsdeblur import models
from vsdeblur._engine import Error
from vsdeblur.ffmpeg.ways import CONVERTED, escaped, find_model, opacity

__all__ = ["frei0r_graph"]

# What ``blend`` can take, as far as a codec gives it; others are converted to the nearest of these.
_FORMATS = [
    *(f"yuv{kind}p" for kind in ("420", "422", "444", "440", "411", "410", "a420", "a422", "a444")),
    *(f"yuv{kind}p10le" for kind in ("420", "422", "444", "a420", "a422", "a444")),
    *(f"yuv{kind}p12le" for kind in ("420", "422", "444")),
    *(kind + suffix for kind in ("gray", "gbrp", "gbrap") for suffix in ("", "10le", "12le", "16le")),
]
_MARKS = ("white", "black", "white")  # the lowest row first


def frei0r_graph(model: str, strength: float = 1) -> str:
    """The graph that runs a model, by a shipped model's name or by a file's path, in FFmpeg with the frei0r plugin.

    One unnamed input and one unnamed output, for ``-vf`` and ``-filter_complex`` alike. ``strength`` is the share of
    the network's change, 0 to 1. Raises Error: there is no such model, it is untrained (by name), it gives several
    frames for one, or the strength is none.
    """
    path = find_model(model)
    contract = models.read_contract(path)
    if contract.subframes:
        raise Error(f"{contract.name} gives {contract.subframes} frames for each, and frei0r gives one: use vspipe")
    late = contract.window[1]
    branch = [
        CONVERTED,
        "format=rgba",
        *(f"pad=iw:ih+1:0:1:{colour}" for colour in _MARKS),
        *([f"tpad=stop={late}:stop_mode=add:color=black"] if late else []),
        f"frei0r=vsdeblur:{escaped(path, separator='|')}|auto||ffmpeg",
        f"crop=iw:ih-{len(_MARKS)}:0:{len(_MARKS)}",
        *["setpts=PREV_INPTS"] * late,
        *([f"trim=start_frame={late}"] if late else []),
        CONVERTED,
    ]
    split = f"format={'|'.join(_FORMATS)},split[vsd_clip][vsd_in]"
    # The last conversion keeps the formats that an encoder takes from deciding what the clip is converted to.
    opacities = ":".join(f"c{plane}_opacity={opacity(strength)}" for plane in range(3))
    joined = f"[vsd_clip][vsd_new]blend={opacities},{CONVERTED}"
    return f"{split};[vsd_in]{','.join(branch)}[vsd_new];{joined}"
