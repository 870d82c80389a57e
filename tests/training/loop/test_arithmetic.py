from __future__ import annotations

import pytest
import torch

from training.loop.arithmetic import arithmetic, autocast


def test_a_cpu_without_the_instructions_computes_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    assert arithmetic(torch.device("cpu")) is torch.float32
    assert arithmetic(torch.device("cuda")) is torch.bfloat16
    with autocast(torch.device("cpu")):
        assert (torch.eye(2) @ torch.eye(2)).dtype is torch.float32


def test_a_cpu_with_them_computes_in_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    with autocast(torch.device("cpu")):
        assert (torch.eye(2) @ torch.eye(2)).dtype is torch.bfloat16
