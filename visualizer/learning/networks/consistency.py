"""A consistency model: one stroke from any noise level to the end of the path that passes there."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor

from visualizer.densities import Density, exact_field
from visualizer.learning.networks.base import NETWORKS, Architecture, Shape, level_features
from visualizer.learning.networks.generative import Generative, mlp

#: Noise levels σ/α in units of the data, the least and the largest: between them data are noise.
LEAST, LARGEST = 0.01, 30.0
#: Levels between these, and Heun's steps from one to the next.
_LEVELS, _SUBSTEPS = 32, 3
#: How much more they crowd at small noise (Karras et al. 2022).
_RHO = 5.0
#: Paths of the exact flow that are learned from.
_PATHS = 20_000


def levels(count: int) -> Tensor:
    """Noise levels from the least to the largest, (count + 1,): even in r^(1/ρ)."""
    a, b = LEAST ** (1 / _RHO), LARGEST ** (1 / _RHO)
    even = torch.linspace(a, b, count + 1, dtype=torch.float64)
    return even.pow(_RHO)


@torch.no_grad()
def exact_paths(target: Density, x: Tensor, at: Tensor, substeps: int = _SUBSTEPS) -> Tensor:
    """Where the exact probability-flow ODE takes points (d, N) at noise level at[-1] on its way to at[0]: (L, d, N).

    dx/dr = (x − D(x; r))/r of x = x_0 + r ε, by Heun's method.

    Args:
        target: p.
        x: where it begins, at α = 1, σ = at[-1].
        at: ascending levels σ, (L,), in the target's units.
        substeps: steps from one level to the next.
    """
    field = exact_field(target)
    found = [x]
    for high, low in pairwise(at.tolist()[::-1]):
        steps = [high * (low / high) ** (k / substeps) for k in range(substeps + 1)]
        for a, b in pairwise(steps):
            slope = -a * field.score(x, 1.0, a)
            guess = x + (b - a) * slope
            x = x + 0.5 * (b - a) * (slope - b * field.score(guess, 1.0, b))
        found.append(x)
    return torch.stack(found[::-1])


class Consistency(Generative):
    """f(x, r) ≈ where the probability-flow ODE takes x = x_0 + r ε in the end; f(x, r_min) = x by construction.

    Song et al. 2023 (https://arxiv.org/abs/2303.01469): f = c_skip x + c_out F with c_skip = 1/(1 + (r − r_min)²) and
    c_out = (r − r_min)/√(1 + r²), in units of the data. It is distilled from exact paths: f at one level is drawn to
    what f says further down the same path. A sample takes one stroke, or several with new noise between them.

    Args:
        shape: its sizes.
        generator: of the first weights.
    """

    open: ClassVar[bool] = True
    paths: Tensor

    def __init__(self, shape: Shape, generator: torch.Generator) -> None:
        super().__init__(shape.d, shape.d, 1, shape.scale)
        features = level_features(torch.ones(1), torch.ones(1)).shape[1]
        self.layers = mlp(shape.d, shape.d + features, shape.width, shape.depth, generator)

    def taught_by(self, target: Density, source: Density | None, generator: torch.Generator) -> None:
        """Exact paths from noise."""
        at = levels(_LEVELS) * float(self.scale)
        noise = torch.randn(self.d, _PATHS, generator=generator)
        x = self.centre[:, None].cpu() + float(at[-1]) * noise
        paths = exact_paths(target, x, at)
        self.paths = (paths - self.centre[:, None].cpu()) / self.scale.cpu()
        if not bool(torch.isfinite(self.paths).all()):
            raise ValueError("the exact flow of this target leads to no finite numbers: a consistency model needs it")

    def end(self, y: Tensor, r: Tensor) -> Tensor:
        """f, (N, d) and (N,) → (N, d), in units of the data."""
        wide = torch.sqrt(1 + r.square())[:, None]
        away = (r - LEAST)[:, None]
        out: Tensor = self.layers(torch.cat([y / wide, level_features(torch.ones_like(r), r)], 1))
        return y / (1 + away.square()) + away / wide * out

    def loss(self, x: Tensor, generator: torch.Generator, beta: float, importance: int) -> Tensor:
        """E|f(x_n, r_n) − f(x_m, r_m)|, m < n, along exact paths, rounded off at 0; the second f is not moved by it."""
        at = levels(_LEVELS).float()
        n = torch.randint(1, _LEVELS + 1, (len(x),), generator=generator)
        m = (n * torch.rand(len(x), generator=generator)).long()
        which = torch.randint(self.paths.shape[2], (len(x),), generator=generator)
        with torch.no_grad():
            wanted = self.end(self.paths[m, :, which], at[m])
        off = self.end(self.paths[n, :, which], at[n]) - wanted
        found: Tensor = (torch.sqrt(off.square().sum(1) + _HUBER**2) - _HUBER).mean()
        return found

    @property
    def noisiest(self) -> float:
        """r of the noise that a sample begins at, in units of the data."""
        return self._level(0)

    def _level(self, k: int) -> float:
        """The noise level that stroke k begins at."""
        return float(levels(self.strokes)[self.strokes - k])

    def carry(self, x: Tensor, k: int) -> Tensor:
        """f, from noise in the first stroke; later ones leave what is clean where it is."""
        if k:
            return x
        r = self._level(0)
        return self.outside(self.end(r * self.inside(x), torch.full_like(x[:, 0], r)))

    def stroke(self, x: Tensor, k: int, generator: torch.Generator) -> Tensor:
        """Noise anew up to the level of the stroke, and f."""
        if k == 0:
            return self.carry(x, 0)
        r = self._level(k)
        y = self.inside(x) + math.sqrt(r**2 - LEAST**2) * torch.randn(x.shape, generator=generator, device=x.device)
        return self.outside(self.end(y, torch.full_like(y[:, 0], r)))


#: Where the loss turns from squares to distances (Song & Dhariwal 2024).
_HUBER = 0.02

NETWORKS.add(
    Architecture(
        "consistency",
        Consistency,
        None,
        lambda shape: "Consistency model",
        prediction="x0",
        objectives=("consistency-distillation",),
    )
)
