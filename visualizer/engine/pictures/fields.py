"""Density and score on grids, cached by what they depend on, cheap while one component is dragged."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from visualizer.densities import Density, GaussianMixture, exact_field
from visualizer.engine.frame import Viewport
from visualizer.engine.run.levels import Level

_TINY = 1e-37
#: Fields of pictures are the CPU's work: contours and flow are drawn there, and a GPU has the particles.
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Grid:
    """Centres of w × h cells over a rectangle, row 0 at the top (or at `y0` where `up`)."""

    x0: float
    x1: float
    y0: float
    y1: float
    w: int
    h: int

    @staticmethod
    def over(view: Viewport, w: int, h: int) -> Grid:
        """A grid over a viewport, row 0 at the top."""
        return Grid(view.x0, view.x1, view.y1, view.y0, w, h)

    def axes(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """x of the columns (w,) and y of the rows (h,)."""
        xs = self.x0 + (torch.arange(self.w, dtype=torch.float64) + 0.5) * (self.x1 - self.x0) / self.w
        ys = self.y0 + (torch.arange(self.h, dtype=torch.float64) + 0.5) * (self.y1 - self.y0) / self.h
        return xs.float().to(device), ys.float().to(device)

    def columns(self, device: torch.device) -> Tensor:
        """All cell centres as columns (2, h·w), row by row."""
        xs, ys = self.axes(device)
        return torch.stack([xs.repeat(self.h), ys.repeat_interleave(self.w)])


def density_on_grid(p: Density, level: Level, grid: Grid, device: torch.device = CPU) -> Tensor:
    """p_t on a 2-D grid, (h, w) float32."""
    log_p, _ = exact_field(p, device=device).log_prob_and_score(grid.columns(device), level.alpha, level.sigma)
    return log_p.exp_().view(grid.h, grid.w)


class DensityCache:
    """p_t on a grid; where only one component has changed since, only that one is computed again.

    The sum over the other components is kept (by whichever component was changed last), so a drag
    costs one Gaussian on the grid, whatever the number of components.
    """

    def __init__(self) -> None:
        self._key: tuple[Grid, Level] | None = None
        self._last: Density | None = None
        self._density: Tensor | None = None
        self._rest: tuple[int, Tensor] | None = None

    def get(self, p: Density, level: Level, grid: Grid, dragging: bool = False) -> Tensor:
        """p_t, (h, w). With `dragging` a single changed component of a mixture is added to the kept rest."""
        key = (grid, level)
        if self._density is not None and self._key == key and self._last is p:
            return self._density
        new, old = p.mixture, None if self._last is None else self._last.mixture
        known = dragging and self._key == key and new is not None and old is not None
        one = single_change(old, new) if known and new is not None and old is not None else None
        if one is not None and new is not None:
            density = self._with_component(new, level, grid, one)
        else:
            self._rest = None
            density = density_on_grid(p, level, grid)
        self._key, self._last, self._density = key, p, density
        return density

    def _with_component(self, mixture: GaussianMixture, level: Level, grid: Grid, k: int) -> Tensor:
        """π_k N_k plus the rest, which holds Σ_{j≠k} π_j N_j / (1 − π_k)."""
        weight = float(mixture.weights64[k])
        if self._rest is None or self._rest[0] != k:
            others = torch.arange(mixture.K) != k
            rest = GaussianMixture(mixture.weights64[others], mixture.means64[others], mixture.covariances64[others])
            self._rest = (k, density_on_grid(rest, level, grid))
        term = gaussian_on_grid(mixture, level, grid, k)
        return term.add_(self._rest[1], alpha=1.0 - weight)


def single_change(old: GaussianMixture, new: GaussianMixture) -> int | None:
    """The one component in which `new` differs from `old`, weights apart; None where there is none, or more."""
    if old.K != new.K or new.K < 2:
        return None
    differs = (old.means64 != new.means64).any(1) | (old.variances != new.variances).any(1)
    differs |= (old.axes != new.axes).flatten(1).any(1)
    # Weights are normalised, so one that changed scales the others: compare ratios to find it.
    which = differs.nonzero()[:, 0].tolist()
    if len(which) != 1:
        return None
    k = int(which[0])
    others = torch.arange(new.K) != k
    ratio = new.weights64[others] / old.weights64[others]
    return k if bool((ratio - ratio[0]).abs().max() <= 1e-9) else None


def gaussian_on_grid(mixture: GaussianMixture, level: Level, grid: Grid, k: int) -> Tensor:
    """π_k N(x; α μ_k, C_k) on a grid, (h, w), in five passes over it."""
    xs, ys = grid.axes(CPU)
    mean = [level.alpha * v for v in mixture.means64[k].tolist()]
    (v0, v1), ((a00, a01), (a10, a11)) = mixture.variances[k].tolist(), mixture.axes[k].tolist()
    w0, w1 = (level.alpha**2 * v + level.sigma**2 for v in (v0, v1))
    p00, p01 = a00 * a00 / w0 + a01 * a01 / w1, a00 * a10 / w0 + a01 * a11 / w1
    half = math.sqrt(math.log2(math.e) / 2)
    l11 = math.sqrt(p00)
    l12, l22 = p01 / l11, math.sqrt(1.0 / (w0 * w1)) / l11
    dx, dy = xs - mean[0], ys - mean[1]
    z = torch.add((dx * (l11 * half))[None, :], (dy * (l12 * half))[:, None])
    weight = float(mixture.weights64[k])
    constant = math.log2(weight / (2 * math.pi * math.sqrt(w0 * w1))) if weight > 0 else -math.inf
    rows = constant - (dy * (l22 * half)) ** 2
    return torch.addcmul(rows[:, None], z, z, value=-1).exp2_()


def log_density(density: Tensor) -> Tensor:
    """log p, floored far below anything that is drawn."""
    return torch.log(density.clamp_min(_TINY))
