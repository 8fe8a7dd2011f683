"""How long it takes to get out, on the line: exact passage times and Kramers' estimate."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.interpolate import CubicSpline
from scipy.optimize import minimize_scalar

from visualizer.densities import Density, GaussianMixture
from visualizer.diagnostics.marginals import Marginal

Array = NDArray[np.float64]
#: Nodes along the line of a density that has no closed form.
_NODES = 8192
#: log p is floored so many nats below its highest: next to nothing is there, and splines do not ring.
_DEEPEST = 600.0


@dataclass(frozen=True)
class Wells:
    """A density on the line, and the places one escapes from and to.

    Attributes:
        places: ascending.
        pdf, below, above: p(y), P(x ≤ y) and P(x > y) of y (n,).
        step: over which differences tell curvatures.
        reach: so far beyond the places there is something to see.
    """

    places: tuple[float, ...]
    pdf: Callable[[Array], Array]
    below: Callable[[Array], Array]
    above: Callable[[Array], Array]
    step: float
    reach: float

    @staticmethod
    def of(density: Density, places: Array) -> Wells:
        """A density in one dimension, in its closed form if it has one, else by splines through log p and p."""
        at = tuple(np.unique(places).tolist())
        if isinstance(density, GaussianMixture):
            m = Marginal.of(density, np.ones(1))
            return Wells(at, m.pdf, m.cdf, m.survival, 1e-4 * float(m.stds.min()), 3 * float(m.stds.max()))
        ((low, high),) = density.bounds()
        nodes = np.linspace(low, high, _NODES)
        log_p = density.log_prob(torch.from_numpy(nodes)[:, None]).double().numpy()
        energy = CubicSpline(nodes, np.maximum(log_p, log_p.max() - _DEEPEST))
        mass = CubicSpline(nodes, np.exp(log_p)).antiderivative()
        total = float(mass(high))

        def inside(y: Array) -> Array:
            return np.clip(y, low, high)

        return Wells(
            at,
            lambda y: np.exp(energy(inside(y))),
            lambda y: np.asarray(mass(inside(y))),
            lambda y: np.asarray(total - mass(inside(y))),
            2 * float(nodes[1] - nodes[0]),
            0.5 * (high - low),
        )

    def at(self, y: float) -> float:
        """p at one place."""
        return float(self.pdf(np.array([y]))[0])


def mean_passage_time(wells: Wells, a: float, b: float) -> float:
    """τ(a→b) = ∫_a^b dy (1/p(y)) ∫_{−∞}^y p(z) dz of dx = ∇log p dt + √2 dw in 1-D, for b > a (Gardiner 2009).

    For b < a the mirror image. In units of the dynamics' time: a step of Langevin takes h.
    """
    low, high = min(a, b), max(a, b)
    behind = wells.below if b > a else wells.above

    def slope(y: float) -> float:
        return float(behind(np.array([y]))[0] / max(wells.at(y), 1e-300))

    inside = [m for m in wells.places if low < m < high]
    points = [*inside, _barrier(wells, low, high)]
    return float(quad(slope, low, high, points=points, limit=400, epsabs=0, epsrel=1e-9)[0])


def _barrier(wells: Wells, low: float, high: float) -> float:
    """Where p is smallest between two places."""
    grid = np.linspace(low, high, 2001)
    i = int(wells.pdf(grid).argmin())
    between = (grid[max(0, i - 1)], grid[min(2000, i + 1)])
    return float(minimize_scalar(wells.at, bounds=between, method="bounded").x)


@dataclass(frozen=True)
class Barrier:
    """The way out of a well: where its bottom and the barrier are, how high, and Kramers' time over it."""

    bottom: float
    top: float
    height: float
    kramers_time: float


def barrier(wells: Wells, a: float, b: float) -> Barrier:
    """The barrier between the well of a and b, with τ ≈ 2π e^{ΔU}/√(U''(bottom) |U''(top)|), U = −log p (Kramers 1940).

    Raises:
        ValueError: p has no minimum between a and b.
    """
    top = _barrier(wells, min(a, b), max(a, b))
    bottom = _bottom(wells, a, top)

    def energy(y: float) -> float:
        return -math.log(max(wells.at(y), 1e-300))

    def curvature(y: float) -> float:
        step = wells.step
        return (energy(y + step) - 2 * energy(y) + energy(y - step)) / step**2

    height, inner, outer = energy(top) - energy(bottom), curvature(bottom), -curvature(top)
    if not (height > 0 and inner > 0 and outer > 0):
        raise ValueError("there is no barrier between these places")
    return Barrier(bottom, top, height, 2 * math.pi * math.exp(height) / math.sqrt(inner * outer))


def _bottom(wells: Wells, a: float, top: float) -> float:
    """Where one comes to rest going downhill from a: the nearest minimum of U on this side of the barrier."""
    grid = np.linspace(a - wells.reach if a < top else a + wells.reach, top, 4001)
    density = wells.pdf(grid)
    i = int(np.abs(grid - a).argmin())
    while 0 < i < len(grid) - 1 and max(density[i - 1], density[i + 1]) > density[i]:
        i += 1 if density[i + 1] > density[i - 1] else -1
    low, high = sorted((grid[max(0, i - 1)], grid[min(len(grid) - 1, i + 1)]))
    return float(minimize_scalar(lambda y: -wells.at(y), bounds=(low, high), method="bounded").x)


@dataclass(frozen=True)
class Passage:
    """The slowest way from one mode to the next in 1-D: places, exact mean time, and the barrier if there is one."""

    start: float
    end: float
    time: float
    barrier: Barrier | None


def slowest_passage(wells: Wells) -> Passage | None:
    """The longest mean passage time between neighbouring places, either way; None for one place."""
    found: Passage | None = None
    for low, high in pairwise(wells.places):
        for a, b in ((low, high), (high, low)):
            time = mean_passage_time(wells, a, b)
            if found is None or time > found.time:
                try:
                    over = barrier(wells, a, b)
                except ValueError:
                    over = None
                found = Passage(a, b, time, over)
    return found
