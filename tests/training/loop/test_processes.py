"""Two processes started by torchrun, as a user starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

ROOT = Path(__file__).parents[3]

# Each process has a gradient of its own number; the mean of 0 and 1 is a half.
AVERAGE = """
import sys
from pathlib import Path
import torch
from training.loop.processes import processes
layer = torch.nn.Linear(2, 3)
with processes("cpu") as members:
    for parameter in layer.parameters():
        parameter.grad = torch.full_like(parameter, float(members.rank))
    members.average_gradients(layer)
    means = {float(value) for p in layer.parameters() for value in p.grad.flatten()}
    agreed = members.agree(members.rank + 7.0, torch.device("cpu"))
    Path(sys.argv[1], str(members.rank)).write_text(f"{means} {agreed} {members.first}")
"""


def torchrun(*arguments: str) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", *arguments]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_gradients_are_averaged(tmp_path: Path) -> None:
    script = tmp_path / "average.py"
    script.write_text(AVERAGE)
    torchrun(str(script), str(tmp_path))
    assert (tmp_path / "0").read_text() == "{0.5} 7.0 True"
    assert (tmp_path / "1").read_text() == "{0.5} 7.0 False"


@pytest.mark.parametrize("network", ["DTB"])
def test_two_processes_train_one_network(network: str, photographs: Path, tmp_path: Path) -> None:
    torchrun("-m", "tests.training.loop.tiny_run", network, str(photographs), str(tmp_path / "two"))
    both = [load_file(tmp_path / "two" / f"rank{rank}.safetensors") for rank in range(2)]
    assert all(torch.equal(both[0][key], both[1][key]) for key in both[0])
    assert (tmp_path / "two" / f"{network}.safetensors").exists()
