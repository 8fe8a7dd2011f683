"""Stein variational gradient descent."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from visualizer.samplers.base import AtLevel, Info, Setting, State, builds

#: Every particle acts on every other: time grows with the square of their number.
MAX_PARTICLES = 5_000
#: The median distance is taken over so many particles.
_MEDIAN_OF = 500
_ROWS = 512


@dataclass(frozen=True)
class SVGD(AtLevel):
    """x_i ← x_i + h φ(x_i), φ(x) = (1/N) Σ_j [k(x_j, x) ∇log p(x_j) + ∇_{x_j} k(x_j, x)].

    k(x, y) = exp(−|x − y|²/b) with the median bandwidth b = med²/ln(N + 1) (Liu & Wang 2016). Deterministic: the
    particles share the mass among themselves by repelling one another.

    Args:
        density: p, of which only the score is asked.
        step_size: h.

    Raises:
        ValueError: more than `MAX_PARTICLES` particles.
    """

    def init(self, x: Tensor, generator: torch.Generator) -> State:
        """The state before the first step."""
        if x.shape[1] > MAX_PARTICLES:
            raise ValueError(f"SVGD compares all pairs of particles: expected at most {MAX_PARTICLES:,} of them")
        return super().init(x, generator)

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One step; one evaluation of the score for each particle and N² of the kernel."""
        x = state.x
        score = self.density.score(x)
        moved = x.add(self.direction(x, score), alpha=self.step_size)
        return State(moved, state.step + 1, self.t), Info(evaluations=1)

    @staticmethod
    def bandwidth(x: Tensor) -> float:
        """b = med²/ln(N + 1), med the median distance between particles."""
        some = x[:, :_MEDIAN_OF].T.cpu()  # not every GPU can do what comes next
        count = x.shape[1]
        if count < 2:
            return 1.0
        median = float(torch.pdist(some).median())
        return max(median * median / math.log(count + 1), 1e-12)

    def direction(self, x: Tensor, score: Tensor) -> Tensor:
        """φ at every particle: (d, N), (d, N) → (d, N)."""
        b, n = self.bandwidth(x), x.shape[1]
        parts = []
        for rows in torch.split(x, _ROWS, dim=1):
            k = torch.exp(-torch.cdist(rows.T, x.T, compute_mode="donot_use_mm_for_euclid_dist").square() / b)  # (r, N)
            # Σ_j ∇_{x_j} k(x_j, x) = (2/b) Σ_j k (x − x_j)
            repulsion = (rows * k.sum(1) - x @ k.T) * (2 / b)
            parts.append((score @ k.T + repulsion) / n)
        return torch.cat(parts, 1)


@builds("svgd")
def build(run: Setting, *, step: float, **_: object) -> SVGD:
    """The sampler of a scene."""
    return SVGD(run.density, step, t=run.t)
