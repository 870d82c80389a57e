"""The arithmetic that training computes in: bfloat16 where the device has it, else float32."""

from __future__ import annotations

import torch


def arithmetic(device: torch.device) -> torch.dtype:
    """bfloat16, or float32 on a CPU without bfloat16's instructions, where a step would take fifty times as long."""
    if device.type != "cpu" or torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported():
        return torch.bfloat16
    return torch.float32


def autocast(device: torch.device) -> torch.autocast:
    """The context in which networks run in training; it does nothing where `arithmetic` is float32."""
    dtype = arithmetic(device)
    return torch.autocast(device.type, torch.bfloat16, enabled=dtype is torch.bfloat16)
