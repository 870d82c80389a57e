"""Muon: momentum whose every update of a convolution is made orthogonal.

Source: Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024); the step's scale from Liu et
al., "Muon is scalable for LLM training" (2025), section 2.2, so that one learning rate serves Muon and Adam alike.

A convolution's weight (out, in, ...) is taken as the matrix out x (in * ...). Newton-Schulz iterations bring the
singular values of its momentum near 1, so directions that the gradient rarely points in are learned too: on this
project's networks the first few hundred updates go several times as far as Adam's.

Limits: for weights of two dimensions or more that lie between hidden layers; biases, scalars and last layers are
Adam's (`optimisers`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, overload

import torch
from torch import Tensor, nn

from training.loop.arithmetic import arithmetic

MOMENTUM = 0.95
ITERATIONS = 5
# Root mean square of an update at learning rate 1, about that of Adam.
UPDATE_RMS = 0.2
# Coefficients of the quintic iteration: steep at 0, and every singular value ends within 0.7 to 1.2.
QUINTIC = (3.4445, -4.7750, 2.0315)


def orthogonalised(matrix: Tensor) -> Tensor:
    """The matrix (R, C) with its singular values brought near 1; zero stays zero."""
    x = (matrix / matrix.norm().clamp(min=1e-20)).to(arithmetic(matrix.device))
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    a, b, c = QUINTIC
    for _ in range(ITERATIONS):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    if tall:
        x = x.T
    result: Tensor = x.to(matrix.dtype)
    return result


class Muon(torch.optim.Optimizer):
    """The optimiser of this module's text, with Nesterov's momentum. Parameters have two or more dimensions."""

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float, weight_decay: float = 0.0) -> None:
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay})

    @overload
    def step(self, closure: None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """One update of every parameter that has a gradient; a closure is not supported and must be None."""
        if closure is not None:
            raise ValueError("Muon takes no closure")
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, parameter.grad, group["lr"], group["weight_decay"])
        return None

    def _update(self, parameter: Tensor, gradient: Tensor, rate: float, decay: float) -> None:
        state: dict[str, Any] = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
        momentum = state["momentum"].lerp_(gradient, 1 - MOMENTUM)
        direction = orthogonalised(gradient.lerp(momentum, MOMENTUM).flatten(1))
        scale = UPDATE_RMS * max(direction.shape) ** 0.5
        parameter.mul_(1 - rate * decay)
        parameter.add_(direction.view(parameter.shape), alpha=-rate * scale)


def optimisers(
    network: nn.Module, rate: float, weight_decay: float = 0.0, last: Sequence[str] = ()
) -> list[torch.optim.Optimizer]:
    """Muon for the convolutions, Adam for the rest: biases, scalars, normalisation and near-zero last layers.

    `last` names the last layers; default: the last module that has a weight. `weight_decay` is Adam's and Muon's alike,
    decoupled from the gradient.
    """
    weighted = [name for name, module in network.named_modules() if getattr(module, "weight", None) is not None]
    apart = {f"{name}.weight" for name in last or weighted[-1:]}
    hidden = [p for name, p in network.named_parameters() if p.dim() > 1 and name not in apart]
    chosen = {id(parameter) for parameter in hidden}
    others = [parameter for parameter in network.parameters() if id(parameter) not in chosen]
    return [Muon(hidden, rate, weight_decay), torch.optim.AdamW(others, lr=rate, weight_decay=weight_decay)]
