"""A run of two tiny steps, for `torchrun`; every process writes its weights afterwards."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from safetensors.torch import save_file

from training.loop.processes import processes
from training.loop.recipes import RECIPES, Phase
from training.loop.trainer import Clock, Plan, Trainer

name, photographs, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
RECIPES[name] = replace(RECIPES[name], phases=(Phase(0, batch=1, size=32, frames=2),), warm_up=1)
with processes("cpu") as members:
    run = Trainer(name, Plan(photographs, folder, Clock(steps=2)), members)
    run.run()
    weights = {key: value.contiguous() for key, value in run.network.state_dict().items()}
    save_file(weights, folder / f"rank{members.rank}.safetensors")
