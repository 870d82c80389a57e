from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

import training.train
from training.networks import NETWORKS
from training.train import RECIPES, Clock, Trainer

TINY = {"batch": 2, "size": 32, "frames": 2, "long_frames": 3}


@pytest.fixture(autouse=True)
def tiny_recipes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, recipe in RECIPES.items():
        monkeypatch.setitem(training.train.RECIPES, name, replace(recipe, **TINY))


def trainer(name: str, photographs: Path, folder: Path, steps: int = 6) -> Trainer:
    return Trainer(name, photographs, folder, Clock(steps=steps), "cpu", seed=3)


def test_a_stopped_and_resumed_run_equals_an_unbroken_one(photographs: Path, tmp_path: Path) -> None:
    trainer("DTB", photographs, tmp_path / "whole").run()
    first = trainer("DTB", photographs, tmp_path / "broken")
    for _ in range(3):
        first.step()
    first.save()
    second = trainer("DTB", photographs, tmp_path / "broken")
    assert second.clock.steps == 3
    second.run()
    whole, broken = (load_file(tmp_path / run / "DTB.safetensors") for run in ("whole", "broken"))
    assert whole.keys() == broken.keys()
    assert all(torch.equal(whole[key], broken[key]) for key in whole)


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_network_with_a_recipe_trains(name: str, photographs: Path, tmp_path: Path) -> None:
    run = trainer(name, photographs, tmp_path, steps=2)
    before = {key: value.clone() for key, value in run.network.named_parameters()}
    run.run()
    moved = [key for key, value in run.network.named_parameters() if not torch.equal(value, before[key])]
    assert len(moved) > 0.9 * len(before)
    with safe_open(tmp_path / f"{name}.safetensors", "pt") as saved:
        assert saved.metadata()["name"] == name
        assert json.loads(saved.metadata()["recipe"])["batch"] == TINY["batch"]
    NETWORKS[name]().load_state_dict(load_file(tmp_path / f"{name}.safetensors"))


def test_the_loss_falls(photographs: Path, tmp_path: Path) -> None:
    run = trainer("DTB", photographs, tmp_path, steps=200)
    run.recipe = replace(run.recipe, warm_up=1)
    batch = run.batch()
    run.batch = lambda: batch  # type: ignore[method-assign]
    losses = [run.step() for _ in range(25)]
    assert losses[-1] < 0.97 * losses[0]


def test_clips_are_longer_at_the_end(photographs: Path, tmp_path: Path) -> None:
    run = trainer("DTB", photographs, tmp_path, steps=10)
    assert run.batch()[0].shape[:2] == (2, 4)
    run.clock.steps = 9
    assert run.batch()[0].shape[:2] == (1, 5)
    assert run.progress == 0.9


def test_a_time_budget_follows_the_clock(photographs: Path, tmp_path: Path) -> None:
    run = Trainer("DTB", photographs, tmp_path, Clock(seconds=60), "cpu", seed=0)
    run.clock.seconds = 45
    assert run.progress == 0.75


def test_a_failed_save_keeps_the_checkpoint_before(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trainer("DTB", photographs, tmp_path)
    run.save()
    kept = (tmp_path / "DTB.safetensors").read_bytes()

    def no_space(weights: object, path: Path, metadata: object) -> None:
        path.write_bytes(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(training.train, "save_file", no_space)
    with pytest.raises(OSError, match="No space"):
        run.save()
    assert (tmp_path / "DTB.safetensors").read_bytes() == kept
