"""The training loop.

Blur is made on the training device from still photographs (training.data.blur), by the network's recipe
(training.loop.recipes), or read from folders of recorded pairs; with both, they take turns.
Every batch serves two updates: as it is, and turned over in space, time and colour. The learning rate rises at first
and then falls linearly to zero. The budget of a run is a number of batches ("steps"), or of minutes: then the rate
follows the time that is used up. It is kept over interruptions. Several names are trained in turn, and share the
minutes as their recipes say; `all` is every network with a recipe.

One photograph in eight is held back; at every checkpoint the mean weights are measured on samples of those
(training.loop.validation), outside the budget.

Batch n is a pure function of the seed, n and the process's number, so a run that was stopped goes on from its files
(training.loop.checkpoints) and, with a budget in steps, ends as an unbroken one would. `torchrun -m --
training.train ...` trains with several processes (training.loop.processes).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

import torch
from torch import Generator, Tensor, nn
from tqdm import tqdm

from training.data.blur import BlurSettings, synthesise
from training.data.ends import with_ends
from training.data.material import Photographs, Recordings
from training.data.pictures import DataError
from training.loop.arithmetic import autocast
from training.loop.averages import running_mean
from training.loop.checkpoints import load_state, load_weights, save_state, save_weights
from training.loop.muon import optimisers
from training.loop.objectives import JUDGED, OBJECTIVES, Opponent
from training.loop.processes import Processes, processes
from training.loop.progress import Progress
from training.loop.recipes import RECIPES, Phase, Recipe
from training.loop.validation import Validation
from training.losses import clip_outputs
from training.networks import NETWORKS, Network

# A recipe that takes samples again chooses among so many batches, the last that were made.
KEPT_BATCHES = 48
# Of a clip that a recurrent network is measured on, at least: a state goes on for longer than training may show it.
VALIDATED_FRAMES = 8


@dataclass
class Clock:
    """Steps made and seconds spent; both survive an interruption. As a budget, the one that is not 0 counts."""

    steps: int = 0
    seconds: float = 0.0

    def share_of(self, budget: Clock) -> float:
        """How much of the budget is used up, 0..1."""
        used = self.steps / budget.steps if budget.steps else self.seconds / budget.seconds
        return min(1.0, used)


@dataclass(frozen=True)
class Plan:
    """What a run is to do, whatever the network.

    Material is an archive of photographs, folders of pairs, or both. `start` is a checkpoint of weights to begin with,
    and `skip` the share of the recipe, 0..1, that they have behind them: the budget is for the rest.
    """

    photographs: Path | None
    folder: Path
    budget: Clock
    pairs: tuple[Path, ...] = ()
    device: str = "cpu"
    seed: int = 0
    start: Path | None = None
    skip: float = 0.0


class Trainer:
    """One run: network, optimisers, data and clock."""

    def __init__(
        self,
        name: str,
        plan: Plan,
        members: Processes | None = None,
        build: Callable[[], Network] | None = None,
        recipe: Recipe | None = None,
    ) -> None:
        """Goes on where the run in `plan.folder` stopped, if there is one.

        `build` and `recipe` take the place of what `name` stands for, which then names the run's files alone.
        Raises DataError when there is no material, CheckpointError when a file to begin with cannot be used.
        """
        self.name, self.plan, self.members = name, plan, members or Processes()
        self.recipe, self.device, self.clock = recipe or RECIPES[name], torch.device(plan.device), Clock()
        torch.manual_seed(plan.seed)
        self.network: Network = (build or NETWORKS[name])()
        if plan.start is not None:
            load_weights(self.network, {self.recipe.begins_with or name, name}, plan.start)
        self.network.to(self.device)
        for parameter in self.network.parameters():
            if parameter.dim() == 4:  # channels last is faster for 2-D convolutions and not defined for others
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
        self.average = running_mean(self.network, self.recipe.average)
        decay, last = self.recipe.weight_decay, self.network.last_layers
        self.optimisers = optimisers(self.network, self.recipe.rate, decay, last)
        self.opponent = self._opponent()
        largest = max(self._settings(phase).canvas for phase in self.recipe.phases)
        self.photographs = Photographs(plan.photographs, largest) if plan.photographs else None
        self.validation = self._validation(largest)
        largest = max(phase.size for phase in self.recipe.phases)
        self.recordings = Recordings(plan.pairs, largest) if plan.pairs else None
        self._made = lru_cache(maxsize=KEPT_BATCHES if self.recipe.uses > 1 else 1)(self._make)
        plan.folder.mkdir(parents=True, exist_ok=True)
        self._resume()

    @property
    def progress(self) -> float:
        """Share of the recipe that is done, 0..1."""
        return 1 - (1 - self.plan.skip) * (1 - self.clock.share_of(self.plan.budget))

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        warm = min(1.0, (self.clock.steps + 1) / self.recipe.warm_up)
        return self.recipe.rate * self.recipe.phase(self.progress).rate * warm * (1 - self.progress)

    def _settings(self, phase: Phase) -> BlurSettings:
        return replace(phase.blur, size=phase.size, frames=phase.frames + sum(self.network.window))

    def _opponent(self) -> Opponent | None:
        judged = [phase for phase in self.recipe.phases if phase.loss in JUDGED]
        if not judged:
            return None
        name, size = JUDGED[judged[0].loss], judged[0].size
        return Opponent(name, size, self.recipe.opponent_rate, self.recipe.opponent_width, self.device)

    def _validation(self, largest: int) -> Validation | None:
        """None without a photograph that can be held back."""
        if self.plan.photographs is None or not self.members.first:
            return None
        try:
            apart = Photographs(self.plan.photographs, largest, held_back=True)
        except DataError:
            return None
        last = self.recipe.phases[-1]
        if self.network.states:
            last = replace(last, frames=max(last.frames, VALIDATED_FRAMES))
        return Validation(apart, self._settings(last), self.device)

    def _resume(self) -> None:
        saved = load_state(self.plan.folder / f"{self.name}.resume.pt", self.device)
        if saved is None:
            return
        self.network.load_state_dict(saved["network"])
        self.average.load_state_dict(saved["average"])
        for optimiser, state in zip(self.optimisers, saved["optimisers"], strict=True):
            optimiser.load_state_dict(state)
        if self.opponent is not None:
            self.opponent.load_state_dict(saved["opponent"])
        self.clock = Clock(**saved["clock"])

    def save(self) -> None:
        """Writes both checkpoint files. Raises CheckpointError; files before it are then kept."""
        material = [f"{len(self.photographs.pictures)} scaled photographs"] if self.photographs else []
        material += [f"{len(self.recordings.clips)} recorded clips"] if self.recordings else []
        metadata = {
            "name": self.name,
            "trained_on": f"{' and '.join(material)}, {self.clock.steps} steps",
            "recipe": json.dumps(asdict(self.recipe)),
        }
        save_weights(self.plan.folder / f"{self.name}.safetensors", self.average.module.state_dict(), metadata)
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "opponent": self.opponent.state_dict() if self.opponent is not None else None,
            "clock": asdict(self.clock),
        }
        save_state(self.plan.folder / f"{self.name}.resume.pt", state)

    def batch(self) -> tuple[Tensor, Tensor]:
        """The next step's blurred and sharp clips, (N, F, 3, size, size) each."""
        phase = self.recipe.phase(self.progress)
        made, again = divmod(self.clock.steps, self.recipe.uses)
        if not again:
            return self._made(phase, made)
        where = Generator().manual_seed(self._seed(self.clock.steps))
        earlier = max(0, made - int(torch.randint(KEPT_BATCHES, (1,), generator=where)))
        return any_way(*self._made(phase, earlier), where)

    def _seed(self, number: int) -> int:
        return (self.plan.seed * 1_000_003 + number) * self.members.count + self.members.rank

    def _make(self, phase: Phase, number: int) -> tuple[Tensor, Tensor]:
        """Batch `number` of this process."""
        seed = self._seed(number)
        settings, count, where = self._settings(phase), phase.batch, Generator().manual_seed(seed)
        if self.recordings is not None and (self.photographs is None or number % 2):
            pair = self.recordings.crops(count, settings.frames, settings.size, where, settings.instants)
            return pair[0].to(self.device), pair[1].to(self.device)
        assert self.photographs is not None
        crops = self.photographs.crops(2 * count, settings.canvas, where).to(self.device)
        clips = synthesise(crops[:count], crops[count:], settings, Generator(self.device).manual_seed(seed))
        return with_ends(*clips, self.network.window, settings.end_share, where)

    def step(self) -> tuple[float, float]:
        """One batch, which is two updates; returns the mean loss and the gradient's norm before it was limited."""
        started = time.monotonic()
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = self.rate
        with torch.no_grad():
            blurred, sharp = self.batch()
            if self.network.color == "luma":
                blurred, sharp = (some_grey(clip, self.clock.steps) for clip in (blurred, sharp))
        one = self._update(blurred, sharp)
        two = self._update(turned_over(blurred), turned_over(sharp))
        self.clock.steps += 1
        # One process's clock counts, or they would part where phases change.
        self.clock.seconds = self.members.agree(self.clock.seconds + time.monotonic() - started, self.device)
        return (one[0] + two[0]) / 2, (one[1] + two[1]) / 2

    def _update(self, blurred: Tensor, sharp: Tensor) -> tuple[float, float]:
        phase = self.recipe.phase(self.progress)
        objective = phase.loss
        opponent = self.opponent if objective in JUDGED else None
        for module in self.network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.train(not phase.frozen_norm)
        for key, parameter in self.network.named_parameters():
            parameter.requires_grad_(not phase.freezes(key))
        with autocast(self.device):
            output, target = clip_outputs(self.network, blurred, sharp)
            logits = opponent.judge(output) if opponent else None
            loss = OBJECTIVES[objective](self.network, output, target, logits)
        self.network.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.members.average_gradients(self.network)
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip_norm)
        for optimiser in self.optimisers:
            optimiser.step()
        self.network.constrain_()
        self.average.update_parameters(self.network)
        if opponent:
            opponent.learn(output, target, self.members.average_gradients)
        return float(loss.detach()), float(norm)

    def run(self, save_every: float = 180) -> None:
        """Trains until the budget is used up, and saves every so many seconds. Raises CheckpointError."""
        if not self.members.first:
            while self.progress < 1:
                self.step()
            return
        saved = time.monotonic()
        with Progress(self.plan.folder, self.name) as progress:
            while self.progress < 1:
                rate = self.rate
                loss, gradient = self.step()
                progress.step(self.clock.steps, self.clock.seconds, self.progress, loss, rate, gradient)
                if time.monotonic() - saved > save_every:
                    self._save_and_show(progress)
                    saved = time.monotonic()
            self._save_and_show(progress)

    def _save_and_show(self, progress: Progress) -> None:
        self.save()
        if self.validation is not None:
            mean: Network = self.average.module  # type: ignore[assignment]
            progress.validated(self.clock.steps, self.clock.seconds, self.validation.score(mean))
        progress.draw()


def turned_over(clip: Tensor) -> Tensor:
    """A clip (N, F, 3, H, W) transposed in space, backwards in time and with the colour channels exchanged.

    Sharp instants (N, F, K, 3, H, W) of each exposure run backwards too.
    """
    return clip.transpose(-1, -2).flip(*range(1, clip.dim() - 2))


def any_way(blurred: Tensor, sharp: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Both clips (N, F, ..., 3, H, W) turned by the same quarter turns, mirrored or not, their colours in the same
    random order."""
    turns, mirror = (int(torch.randint(limit, (1,), generator=generator)) for limit in (4, 2))
    order = torch.randperm(3, generator=generator).to(blurred.device)

    def turned(clip: Tensor) -> Tensor:
        clip = torch.rot90(clip.index_select(-3, order), turns, (-2, -1))
        return clip.flip(-1) if mirror else clip

    return turned(blurred), turned(sharp)


def some_grey(clip: Tensor, turn: int) -> Tensor:
    """A clip (N, F, ..., 3, H, W) whose every second sample shows one of its channels in all three, each in its turn.

    For a network of one channel, which the engine lets see the luma of YUV frames and each channel of RGB frames.
    """
    result = clip.clone()
    for n in range(1, len(clip), 2):
        channel = (turn + n // 2) % 3
        result[n] = clip[n, ..., channel : channel + 1, :, :]
    return result


def shares(names: list[str]) -> dict[str, float]:
    """How a budget in minutes is divided: each network's part of 1, as the recipes weigh them."""
    total = sum(RECIPES[name].share for name in names)
    return {name: RECIPES[name].share / total for name in names}


def train(names: list[str], plan: Plan) -> None:
    """Trains networks in turn; a budget in minutes is divided between them, one in steps is each one's."""
    with processes(plan.device) as members:
        for name, share in tqdm(shares(names).items(), unit="network", disable=len(names) == 1 or not members.first):
            budget = replace(plan.budget, seconds=plan.budget.seconds * share)
            before = plan.folder / f"{RECIPES[name].begins_with}.safetensors"
            start = plan.start or (before if before.exists() else None)
            Trainer(name, replace(plan, budget=budget, start=start), members).run()
