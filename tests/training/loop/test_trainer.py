from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor

from training.data.pairs import write_pair
from training.loop.checkpoints import CheckpointError
from training.loop.processes import Processes
from training.loop.recipes import EASY, RECIPES, Phase
from training.loop.trainer import Clock, Plan, Trainer, any_way, shares, some_grey, train, turned_over
from training.networks import NETWORKS

TINY = (Phase(0, batch=2, size=32, frames=2, blur=EASY), Phase(0.7, batch=1, size=32, frames=3, loss="mse"))


@pytest.fixture(autouse=True)
def tiny_recipes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, recipe in RECIPES.items():
        phases = TINY if name == "DTB" else tuple(tiny(recipe.phases, frames=2 if NETWORKS[name].states else 1))
        monkeypatch.setitem(RECIPES, name, replace(recipe, phases=phases, opponent_width=8))


def tiny(phases: tuple[Phase, ...], frames: int) -> Iterator[Phase]:
    """Every kind of phase, each with an equal part of the budget. What writes a state learns from a second frame on."""
    for number, phase in enumerate(phases):
        yield replace(phase, start=number / len(phases), batch=2, size=32, frames=frames)


def trainer(name: str, photographs: Path, folder: Path, steps: int = 6, start: Path | None = None) -> Trainer:
    return Trainer(name, Plan(photographs, folder, Clock(steps=steps), seed=3, start=start))


def changed_by_a_step(run: Trainer) -> set[str]:
    """Keys of what one step leaves different in the network's state."""
    before = {key: value.clone() for key, value in run.network.state_dict().items()}
    run.step()
    return {key for key, value in run.network.state_dict().items() if not torch.equal(value, before[key])}


@pytest.mark.parametrize("uses", [1, 3])
def test_a_stopped_and_resumed_run_equals_an_unbroken_one(
    uses: int, photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RECIPES, "DTB", replace(RECIPES["DTB"], uses=uses))
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


def test_of_uses_steps_one_makes_samples_and_the_others_turn_earlier_ones(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RECIPES, "DTB", replace(RECIPES["DTB"], uses=3))
    run = trainer("DTB", photographs, tmp_path, steps=12)
    seen = []
    for steps in range(6):
        run.clock.steps = steps
        seen.append(run.batch())
    assert run._made.cache_info().misses == 2
    made = [{_content(side) for side in seen[number]} for number in (0, 3)]
    for blurred, sharp in seen:
        assert {_content(blurred), _content(sharp)} in made
    assert not any(torch.equal(seen[0][0], blurred) for blurred, _ in seen[1:3])


def _content(clip: Tensor) -> tuple[float, ...]:
    """Equal for clips that hold the same values in another order."""
    return tuple(clip.flatten().sort().values[::97].tolist())


def test_another_way_turns_both_clips_alike() -> None:
    clip = torch.rand(2, 3, 3, 8, 8)
    instants = clip[:, :, None].expand(-1, -1, 7, -1, -1, -1)
    for seed in range(20):
        blurred, sharp = any_way(clip, instants, torch.Generator().manual_seed(seed))
        assert all(torch.equal(blurred, sharp[:, :, k]) for k in range(7))
        assert blurred.shape == clip.shape


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_network_with_a_recipe_trains(name: str, photographs: Path, tmp_path: Path) -> None:
    run = trainer(name, photographs, tmp_path, steps=len(RECIPES[name].phases))
    before = {key: value.clone() for key, value in run.network.named_parameters()}
    run.run()
    moved = [key for key, value in run.network.named_parameters() if not torch.equal(value, before[key])]
    learns = [key for key in before if any(not phase.freezes(key) for phase in run.recipe.phases)]
    assert len(set(moved) & set(learns)) > 0.9 * len(learns)
    assert all(bool(torch.isfinite(value).all()) for value in run.network.parameters())
    with safe_open(tmp_path / f"{name}.safetensors", "pt") as saved:
        assert saved.metadata()["name"] == name
        assert json.loads(saved.metadata()["recipe"])["phases"][0]["batch"] == run.recipe.phases[0].batch
    NETWORKS[name]().load_state_dict(load_file(tmp_path / f"{name}.safetensors"))
    (score,) = csv.DictReader((tmp_path / f"{name}.validation.csv").open())
    assert int(score["step"]) == run.clock.steps
    assert -20 < float(score["gain"]) < 3 and 20 < float(score["sharp"]) <= 70


def test_the_loss_falls(photographs: Path, tmp_path: Path) -> None:
    run = trainer("DTB", photographs, tmp_path, steps=200)
    run.recipe = replace(run.recipe, warm_up=1)
    batch = run.batch()
    run.batch = lambda: batch  # type: ignore[method-assign]
    losses = [run.step()[0] for _ in range(25)]
    assert losses[-1] < 0.97 * losses[0]


def test_phases_follow_the_budget(photographs: Path, tmp_path: Path) -> None:
    run = trainer("DTB", photographs, tmp_path, steps=10)
    assert run.batch()[0].shape[:2] == (2, 4)
    run.clock.steps = 9
    assert run.batch()[0].shape[:2] == (1, 5)
    assert run.progress == 0.9


def test_a_time_budget_follows_the_clock(photographs: Path, tmp_path: Path) -> None:
    run = Trainer("DTB", Plan(photographs, tmp_path, Clock(seconds=60)))
    run.clock.seconds = 45
    assert run.progress == 0.75


def test_a_run_begins_with_the_weights_of_a_checkpoint(photographs: Path, tmp_path: Path) -> None:
    first = trainer("DTB", photographs, tmp_path / "first", steps=2)
    first.run()
    start = tmp_path / "first" / "DTB.safetensors"
    second = trainer("DTB", photographs, tmp_path / "second", start=start)
    weights = load_file(start)
    assert all(torch.equal(value, weights[key]) for key, value in second.network.state_dict().items())


def test_a_run_skips_what_its_weights_have_behind_them(photographs: Path, tmp_path: Path) -> None:
    trainer("DTB", photographs, tmp_path / "first", steps=2).run()
    start = tmp_path / "first" / "DTB.safetensors"
    run = Trainer("DTB", Plan(photographs, tmp_path, Clock(steps=3), start=start, skip=0.7))
    assert run.recipe.phase(run.progress) is TINY[1]
    assert run.progress == pytest.approx(0.7)
    run.run()
    assert run.clock.steps == 3
    assert run.progress == 1


def test_frozen_normalisation_keeps_what_it_has_gathered(photographs: Path, tmp_path: Path) -> None:
    run = trainer("DBLRNet", photographs, tmp_path, steps=2)
    gathered = []
    for frozen in (False, True, False):
        run.recipe = replace(run.recipe, phases=(replace(run.recipe.phases[0], frozen_norm=frozen),))
        run.step()
        gathered.append(run.network.get_buffer("merge.norm2.running_var").clone())
    assert torch.equal(gathered[0], gathered[1])
    assert not torch.equal(gathered[1], gathered[2])


def test_a_frozen_submodule_stays_as_it_is_until_a_phase_lets_it_go(photographs: Path, tmp_path: Path) -> None:
    run = trainer("DTB", photographs, tmp_path)
    held = run.network.get_submodule("up")
    for frozen in ("up", ""):
        run.recipe = replace(run.recipe, phases=(replace(run.recipe.phases[0], frozen=frozen),))
        changed = changed_by_a_step(run)
        assert any(not key.startswith("up.") for key in changed)
        assert any(key.startswith("up.") for key in changed) == (frozen == "")
    assert all(parameter.requires_grad for parameter in held.parameters())


def test_a_phase_may_train_named_submodules_alone(photographs: Path, tmp_path: Path) -> None:
    run = trainer("RUNet", photographs, tmp_path)
    run.recipe = replace(run.recipe, phases=(replace(run.recipe.phases[0], only=("compare", "share")),))
    assert {key.partition(".")[0] for key in changed_by_a_step(run)} == {"compare", "share"}


def test_a_phase_may_multiply_the_rate(photographs: Path, tmp_path: Path) -> None:
    run = trainer("DTB", photographs, tmp_path)
    plain = run.rate
    run.recipe = replace(run.recipe, phases=(replace(run.recipe.phases[0], rate=30),))
    assert run.rate == pytest.approx(30 * plain)


def test_constrained_weights_are_put_back_after_every_update(photographs: Path, tmp_path: Path) -> None:
    run = trainer("RVD", photographs, tmp_path)
    run.step()
    after = {key: value.clone() for key, value in run.network.named_parameters()}
    run.network.constrain_()
    for key, value in run.network.named_parameters():
        torch.testing.assert_close(value, after[key], msg=key)


def test_another_networks_checkpoint_is_refused(photographs: Path, tmp_path: Path) -> None:
    trainer("DTB", photographs, tmp_path).save()
    with pytest.raises(CheckpointError, match=r"DTB\.safetensors is a checkpoint of DTB, not of RVD"):
        trainer("RVD", photographs, tmp_path, start=tmp_path / "DTB.safetensors")


def test_a_checkpoint_holds_the_running_mean_of_the_weights(photographs: Path, tmp_path: Path) -> None:
    run = trainer("DTB", photographs, tmp_path)
    run.recipe = replace(run.recipe, warm_up=1)
    run.run()
    saved = load_file(tmp_path / "DTB.safetensors")
    assert any(not torch.equal(saved[key], value) for key, value in run.network.state_dict().items())
    assert all(torch.equal(saved[key], value) for key, value in run.average.module.state_dict().items())


def test_a_batch_depends_on_seed_step_and_process_alone(photographs: Path, tmp_path: Path) -> None:
    run = trainer("DTB", photographs, tmp_path)
    first, again = run.batch(), run.batch()
    assert torch.equal(first[0], again[0])
    run.clock.steps = 1
    assert not torch.equal(first[0], run.batch()[0])
    run.clock.steps = 0
    run.members = Processes(rank=1, count=2)
    assert not torch.equal(first[0], run.batch()[0])


def test_networks_trained_in_turn_divide_the_minutes(photographs: Path, tmp_path: Path) -> None:
    assert shares(["DTB"]) == {"DTB": 1.0}
    assert sum(shares(sorted(RECIPES)).values()) == pytest.approx(1)
    train(["DTB", "DBLRNet"], Plan(photographs, tmp_path, Clock(steps=1)))
    assert (tmp_path / "DTB.safetensors").exists()
    assert (tmp_path / "DBLRNet.safetensors").exists()


def test_dblrgan_begins_with_dblrnet_and_teaches_its_opponent(photographs: Path, tmp_path: Path) -> None:
    train(["DBLRNet"], Plan(photographs, tmp_path, Clock(steps=1)))
    start = tmp_path / "DBLRNet.safetensors"
    run = trainer("DBLRGAN", photographs, tmp_path, start=start)
    weights = load_file(start)
    assert all(torch.equal(value, weights[key]) for key, value in run.network.state_dict().items())
    assert run.opponent is not None
    before = {key: value.clone() for key, value in run.opponent.network.named_parameters()}
    run.step()
    assert any(not torch.equal(value, before[key]) for key, value in run.opponent.network.named_parameters())
    assert all(parameter.requires_grad for parameter in run.opponent.network.parameters())
    run.save()
    resumed = trainer("DBLRGAN", photographs, tmp_path, start=start)
    assert resumed.opponent is not None
    assert all(
        torch.equal(value, run.opponent.network.state_dict()[key])
        for key, value in resumed.opponent.network.state_dict().items()
    )
    further = trainer("DBLRGAN", photographs, tmp_path / "further", start=tmp_path / "DBLRGAN.safetensors")
    assert all(
        torch.equal(value, further.network.state_dict()[key]) for key, value in run.average.module.state_dict().items()
    )


def test_a_turned_clip_turns_its_instants_too() -> None:
    clip = torch.rand(1, 2, 7, 3, 4, 5)
    turned = turned_over(clip)
    assert torch.equal(turned[0, 0, 0, 0], clip[0, 1, 6, 2].T)
    assert torch.equal(turned_over(turned), clip)
    assert torch.equal(turned_over(clip[:, :, 3])[0, 0, 0], clip[0, 1, 3, 2].T)


def test_a_luma_network_sees_single_channels_too(photographs: Path, tmp_path: Path) -> None:
    clip = torch.rand(4, 2, 7, 3, 4, 5)
    for turn in range(3):
        grey = some_grey(clip, turn)
        assert torch.equal(grey[::2], clip[::2])
        assert torch.equal(grey[1], clip[1, :, :, turn : turn + 1].expand(2, 7, 3, 4, 5))
        assert torch.equal(grey[3], clip[3, :, :, [(turn + 1) % 3]].expand(2, 7, 3, 4, 5))
    batches = []
    for name in ("DTB", "DBLRNet"):
        run = trainer(name, photographs, tmp_path / name)
        run._update = lambda blurred, sharp: batches.append((blurred, sharp)) or (0.0, 0.0)  # type: ignore[method-assign]
        run.step()
    for (blurred, sharp), expected in zip(batches[::2], (False, True), strict=True):
        for seen in (blurred[1], sharp[1]):
            assert (seen.std(1).max() == 0) == expected


def test_photographs_and_recorded_pairs_take_turns(photographs: Path, tmp_path: Path) -> None:
    flat = [np.full((40, 40, 3), value, np.uint8) for value in (10, 20, 30, 40, 50, 60)]
    write_pair(tmp_path / "pairs" / "clip", flat, flat)
    both = Trainer("DTB", Plan(photographs, tmp_path / "both", Clock(steps=8), pairs=(tmp_path / "pairs",)))
    spreads = []
    for both.clock.steps in range(4):
        blurred, sharp = both.batch()
        assert blurred.shape == sharp.shape
        spreads.append(float(blurred[:, :, 0].flatten(2).std(2).max()))
    assert spreads[1] == spreads[3] == 0 < min(spreads[0], spreads[2])
    alone = Trainer("DTB", Plan(None, tmp_path / "alone", Clock(steps=8), pairs=(tmp_path / "pairs",)))
    assert float(alone.batch()[0][:, :, 0].flatten(2).std(2).max()) == 0
