"""State, Info and the shape every sampler has. Particles are columns, (d, N)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

#: Below this α the forward SDE's coefficients, which grow like 1/α², are taken as infinite.
SINGULAR_ALPHA = 1e-6


@dataclass(frozen=True)
class State:
    """Where a run is: particles x (d, N), the number of steps taken, and the time t it has reached."""

    x: Tensor
    step: int
    t: float


@dataclass(frozen=True)
class Info:
    """What a step did: how often it evaluated the field."""

    evaluations: int


class Sampler(Protocol):
    """`init` makes the first state from particles; `step` makes the next one.

    `steps` is the length of a run with an end, or None where a run can go on for ever.
    """

    @property
    def steps(self) -> int | None:
        """Length of the run."""
        ...

    def init(self, x: Tensor) -> State:
        """The state before the first step."""
        ...

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """The state after one more step. Pure but for drawing from `generator`."""
        ...


def noise(like: Tensor, generator: torch.Generator, std: float = 1.0) -> Tensor:
    """Normal numbers of the shape of `like`, scaled while they are drawn."""
    return torch.empty_like(like, memory_format=torch.contiguous_format).normal_(0.0, std, generator=generator)
