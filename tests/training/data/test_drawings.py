from __future__ import annotations

import torch
from torch import Generator

from tests.tolerances import EIGHT_BITS
from training.data.blur import BlurSettings, synthesise
from training.data.drawings import WHITE, drawing, with_drawings


def test_drawings_hold_plain_areas_of_every_level() -> None:
    generator = Generator().manual_seed(1)
    plain = [d for d in (drawing(32, 40, generator) for _ in range(300)) if d.flatten(1).std(1).max() == 0]
    assert 60 < len(plain) < 160
    levels = torch.stack([d[:, 0, 0] for d in plain])
    for level in (0.0, WHITE):
        assert 0.05 < (levels == level).all(1).float().mean() < 0.3
    assert (levels <= WHITE).all() and (levels >= 0).all()
    for low in torch.arange(0, 1, 0.1):
        assert ((levels >= low) & (levels < low + 0.1)).any()


def test_a_drawing_is_a_function_of_its_seed_and_of_many_kinds() -> None:
    first, again = (drawing(48, 48, Generator().manual_seed(5)) for _ in range(2))
    assert torch.equal(first, again)
    edges = [float(drawing(64, 64, Generator().manual_seed(n)).diff(dim=-1).abs().max()) for n in range(30)]
    assert any(edge > 0.2 for edge in edges) and any(0 < edge < 0.05 for edge in edges) and 0.0 in edges


def test_a_share_of_the_layers_is_drawn() -> None:
    layers = torch.full((200, 3, 16, 16), 0.123)
    generator = Generator().manual_seed(1)
    changed = (with_drawings(layers, 0.25, generator) != layers).flatten(1).any(1)
    assert 0.15 < changed.float().mean() < 0.35
    assert with_drawings(layers, 0, generator) is layers


def test_white_stays_white_and_black_black_whatever_the_gain() -> None:
    settings = BlurSettings(size=32, frames=2, subframes=3, margin=16, object_share=0, noise_share=0)
    for level, seen in ((0.0, 0.0), (WHITE, 1.0)):
        layer = torch.full((8, 3, settings.canvas, settings.canvas), level)
        blurred, sharp = synthesise(layer, layer, settings, Generator().manual_seed(1))
        assert (sharp - seen).abs().max() <= EIGHT_BITS and (blurred - seen).abs().max() <= 1.5 / 255
