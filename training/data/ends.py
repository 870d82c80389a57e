"""The first and the last frame of a scene, as the engine shows them: it mirrors the frames that a window lacks."""

from __future__ import annotations

import torch
from torch import Generator, Tensor


def with_ends(
    blurred: Tensor, sharp: Tensor, window: tuple[int, int], share: float, generator: Generator
) -> tuple[Tensor, Tensor]:
    """Clips (N, F, ...) of which a share begins, and as many end, with their scene: neighbours there are mirrored.

    `window` is how many frames on either side are neighbours alone, F at least twice that and one. A share of 0 draws
    nothing.
    """
    before, after = window
    if not share or not before + after:
        return blurred, sharp
    frames = blurred.shape[1]
    if frames <= 2 * max(window):
        raise ValueError(
            f"a window of {before} and {after} neighbours needs {2 * max(window) + 1} frames, not {frames}"
        )
    chance = torch.rand(len(blurred), generator=generator, device=generator.device).tolist()
    order = torch.arange(frames).repeat(len(blurred), 1)
    for n, drawn in enumerate(chance):
        if drawn < share / 2:
            order[n, :before] = torch.arange(2 * before, before, -1)
        elif drawn < share:
            order[n, frames - after :] = torch.arange(frames - after - 2, frames - 2 * after - 2, -1)
    which = torch.arange(len(blurred))[:, None]
    return blurred[which, order], sharp[which, order]
