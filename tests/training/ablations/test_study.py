from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

import training.ablations.study as ablations
from tests.training.conftest import picture
from training.ablations.__main__ import main
from training.ablations.study import Result, Settings, checksum, clips_of, markdown, measure
from training.ablations.tables import TABLES, Table, Variant
from training.data.material import DataError, pack_photographs
from training.loop.objectives import OBJECTIVES
from training.loop.recipes import RECIPES
from training.loop.trainer import Trainer
from training.networks import DTB, RVD, DBLRNet, Network, SharpSequence

ROWS = [(name, variant) for name, table in TABLES.items() for variant in table.variants]


@pytest.fixture(autouse=True)
def few_small_clips(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    monkeypatch.setattr(ablations, "CLIPS", 2)
    monkeypatch.setattr(ablations, "SETTINGS", replace(ablations.SETTINGS, size=32, frames=11))
    yield
    torch.set_num_threads(threads)


def command(photographs: Path, out: Path, *more: str) -> list[str]:
    tiny = ["--steps", "1", "--size", "32", "--batch", "1", "--device", "cpu"]
    return ["dblrnet-convolutions", "--photos", str(photographs), "--out", str(out), *tiny, *more]


@pytest.mark.parametrize(("name", "variant"), ROWS, ids=[f"{name}: {variant.label}" for name, variant in ROWS])
def test_every_variant_can_be_trained(name: str, variant: Variant) -> None:
    table = TABLES[name]
    recipe = table.recipe(variant, 64, 4)
    assert all(phase.loss in OBJECTIVES and (phase.size, phase.batch) == (64, 4) for phase in recipe.phases)
    assert not any(phase.frozen for phase in recipe.phases)
    assert recipe.phases[0].start == 0
    assert sorted({phase.start for phase in recipe.phases}) == [phase.start for phase in recipe.phases]
    if variant.loss:
        assert (recipe.phase(0.5).loss, recipe.phase(0.49).loss) == (
            variant.loss,
            RECIPES[table.network].phases[0].loss,
        )
    assert sum(table.build(variant).window) <= 2 * ablations.WIDEST


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_one_default_and_no_variant_twice(name: str) -> None:
    table = TABLES[name]
    assert len({table.key(variant) for variant in table.variants}) == len(table.variants)
    chosen = [variant for variant in table.variants if variant.label == table.chosen]
    assert len(chosen) == 1
    assert chosen[0].switches == {}


def test_variants_are_what_their_labels_say() -> None:
    built = {
        (name, variant.label): TABLES[name].build(variant)
        for name, variant in ROWS
        if name in ("dtb-frames", "dblrnet-frames")
    }
    for (name, label), network in built.items():
        *model, frames = label.removesuffix(" frames").split(", ")
        assert sum(network.window) + 1 == int(frames)
        if name == "dtb-frames":
            assert len(network.states) == {"CNN": 0, "STRCNN": 1, "STRCNN+DTB": 2}[model[0]]


def test_two_tables_share_the_variants_that_they_have_in_common() -> None:
    three = {TABLES["dtb-recurrence"].key(variant) for variant in TABLES["dtb-recurrence"].variants}
    nine = {TABLES["dtb-frames"].key(variant) for variant in TABLES["dtb-frames"].variants}
    assert len(three) == 3
    assert three < nine
    assert ablations.count(["dtb-recurrence", "dtb-frames"]) == 9


def test_the_command_writes_a_table_and_does_not_train_again(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(command(photographs, out)) == 0
    text = (out / "dblrnet-convolutions.md").read_text()
    assert text in capsys.readouterr().out
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("| DBLR")]
    assert [row[:3] for row in rows] == [
        ["DBLRNet (single)", "29.98", "-3.06"],
        ["DBLRNet (multi)", "31.56", "-1.48"],
        ["DBLRNet", "33.04", "+0.00"],
    ]
    found = json.loads((out / "DBLRNet.json").read_text())
    gain = found["psnr"] - found["input_psnr"]
    assert rows[2][3:] == [f"{gain:+.2f}", "+0.00", "1,878,017", "1"]

    def refuse(_: Trainer) -> None:
        raise AssertionError("a finished variant is trained again")

    monkeypatch.setattr(Trainer, "step", refuse)
    assert main(command(photographs, out)) == 0
    assert (out / "dblrnet-convolutions.md").read_text() == text


def test_an_interrupted_variant_goes_on(photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table("t", "s", "DTB", "CNN", (Variant("CNN", 1.0, {"model": "CNN"}),))
    monkeypatch.setitem(ablations.TABLES, "dtb-recurrence", table)
    arguments = command(photographs, tmp_path / "out", "--steps", "3")[1:]
    step, steps = Trainer.step, []

    def interrupted(run: Trainer) -> tuple[float, float]:
        steps.append(run.clock.steps)
        if len(steps) == 3:
            run.save()
            raise KeyboardInterrupt
        return step(run)

    monkeypatch.setattr(Trainer, "step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        main(["dtb-recurrence", *arguments])
    assert main(["dtb-recurrence", *arguments]) == 0
    assert steps == [0, 1, 2, 2]
    assert main(["dtb-recurrence", *command(photographs, tmp_path / "whole", "--steps", "3")[1:]]) == 0
    first, second = ((tmp_path / run / "DTB_model-CNN.json").read_text() for run in ("out", "whole"))
    assert first == second


@pytest.mark.parametrize("loss", ["order-free-adversarial", "sharp-sequence"])
def test_a_variant_with_another_loss_trains(
    loss: str, photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = replace(TABLES["sharp-sequence-losses"], chosen="x", variants=(Variant("x", loss=loss),))
    monkeypatch.setitem(ablations.TABLES, "sharp-sequence-losses", table)
    monkeypatch.setitem(RECIPES, "SharpSequence", replace(RECIPES["SharpSequence"], opponent_width=8))
    arguments = command(photographs, tmp_path / "out", "--steps", "2")[1:]
    assert main(["sharp-sequence-losses", *arguments]) == 0
    assert "| x |  |  | " in (tmp_path / "out" / "sharp-sequence-losses.md").read_text()


def test_what_was_made_with_other_settings_is_refused(
    photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ablations.agree(tmp_path, Settings(steps=2), material=0)
    assert main(command(photographs, tmp_path)) == 1
    assert f"{tmp_path / 'settings.json'} says " in capsys.readouterr().err


def test_a_damaged_result_is_named(photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "DBLRNet_frames-1_volumetric-False.json").write_text("{")
    assert main(command(photographs, tmp_path)) == 1
    assert "DBLRNet_frames-1_volumetric-False.json is damaged; remove it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["rvd-speed", "--steps", "1"], "there is no table rvd-speed; there are dtb-recurrence, "),
        (["rvd-blocks", "--steps", "-1"], "a budget must be above 0"),
        (["rvd-blocks", "--steps", "1", "--size", "48"], "--size must be a positive multiple of 32, not 48"),
        (["rvd-blocks", "--steps", "1", "--batch", "0"], "--batch must be at least 1, not 0"),
    ],
)
def test_arguments_that_mean_nothing_are_refused(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*arguments, "--photos", "p.zip", "--out", str(tmp_path)])
    assert sentence in capsys.readouterr().err


def test_one_photograph_is_too_few(tmp_path: Path) -> None:
    Image.fromarray(picture(0)).save(tmp_path / "0.png")
    pack_photographs(tmp_path, tmp_path / "one.zip")
    with pytest.raises(DataError, match=r"one\.zip holds no photograph to hold back of at least"):
        clips_of(tmp_path / "one.zip", torch.device("cpu"))


def test_the_checksum_tells_archives_apart(photographs: Path, tmp_path: Path) -> None:
    Image.fromarray(picture(9)).save(tmp_path / "photographs" / "9.png")
    pack_photographs(tmp_path / "photographs", tmp_path / "more.zip")
    assert checksum(photographs) == checksum(photographs) != checksum(tmp_path / "more.zip")


@pytest.mark.parametrize("network", [DTB(), DTB(model="CNN", frames=7), DBLRNet(frames=11), RVD(1), SharpSequence()])
def test_a_network_that_changes_nothing_gains_nothing(network: Network, photographs: Path) -> None:
    clips = clips_of(photographs, torch.device("cpu"))
    last = [module for module in network.modules() if isinstance(module, torch.nn.Conv2d)][-1]
    with torch.no_grad():
        last.weight.zero_()
    before, after = measure(network, clips)
    assert after == before
    assert 10 < before < 60


def test_perfect_frames_are_found_perfect(photographs: Path) -> None:
    """The middle frame of RVD's five, and no other, is compared with the sharp one of its time."""

    class Oracle(RVD):
        def forward(self, frames: torch.Tensor) -> tuple[torch.Tensor]:
            out = torch.zeros_like(frames)
            out[:, 2] = sharp_of[frames[:, 2].sum().item()]
            return (out,)

    clips = clips_of(photographs, torch.device("cpu"))
    network = Oracle(1)
    sharp_of = {
        ablations.to_network(blurred, network)[0, n, 0].sum().item(): ablations.to_network(sharp, network)[0, n]
        for blurred, sharp in clips
        for n in range(blurred.shape[1])
    }
    assert measure(network, clips)[1] == 100


def test_the_clips_are_the_same_every_time(photographs: Path) -> None:
    first, second = (clips_of(photographs, torch.device("cpu")) for _ in range(2))
    assert all(torch.equal(a, b) for one, two in zip(first, second, strict=True) for a, b in zip(one, two, strict=True))


def test_a_number_that_the_paper_does_not_print_stays_out() -> None:
    table = TABLES["sharp-sequence-losses"]
    results = [Result(25.0, 25.0 + number, 7, 3) for number in range(4)]
    text = markdown(table, results, Settings(steps=3))
    assert "| content |  |  | +0.00 | -3.00 | 7 | 3 |" in text
    assert "| content, adversarial | 29.12 | -0.50 | +1.00 | -2.00 | 7 | 3 |" in text
    assert "above the input's 25.00 dB, Y." in text
