"""How long it takes to get out, on the line: exact passage times and Kramers' estimate."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy
import torch
from numpy.typing import NDArray

from visualizer.densities import Density
from visualizer.diagnostics.findings import Barrier, Passage
from visualizer.diagnostics.marginals import Marginal

Array = NDArray[np.float64]
#: Nodes, at least, along the line of a density that has no closed form.
_NODES = 8192
#: Nodes to a cell of its grid.
_TO_A_CELL = 2
#: log p is floored this many nats below its highest.
_DEEPEST = 600.0
#: Where log p changes by this many nats from node to node, it jumps.
_JUMP = 1.0
#: On a grid p is told from 0 when it is this many times its least value there, which is about its error.
_TELLING = 100.0
#: Nodes along the line of a heated density, and how many times `reach` they go beyond the two places.
_HEATED_NODES, _FAR = 8_001, 2.0
#: In a closed form p is told from 0 until it underflows.
_UNDERFLOW = 1e-290


@dataclass(frozen=True)
class Wells:
    """A density on the line, and the places one escapes from and to.

    Attributes:
        places: ascending.
        pdf, below, above: p(y), P(x ≤ y) and P(x > y) of y (n,).
        step: over which differences tell curvatures.
        reach: so far beyond the places there is something to see.
        nothing: what p is no more than where it is 0, or too small to be told from 0.
    """

    places: tuple[float, ...]
    pdf: Callable[[Array], Array]
    below: Callable[[Array], Array]
    above: Callable[[Array], Array]
    step: float
    reach: float
    nothing: float = 0.0

    @staticmethod
    def of(density: Density, places: Array) -> Wells:
        """A density in one dimension, in its closed form if it has one, else by splines through log p and p."""
        at = tuple(np.unique(places).tolist())
        if (mixture := density.mixture) is not None:
            m = Marginal.of(mixture, np.ones(1))
            step, reach = 1e-4 * float(m.stds.min()), 3 * float(m.stds.max())
            return Wells(at, m.pdf, m.cdf, m.survival, step, reach, _UNDERFLOW)
        ((low, high),) = density.bounds()
        cells, least = 0, 0.0
        if (grid := density.grid) is not None:
            cells, least = grid.source.table.density.shape[0], grid.least
        nodes = np.linspace(low, high, max(_NODES, _TO_A_CELL * cells))
        log_p = density.log_prob(torch.from_numpy(nodes)[:, None]).double().numpy()
        deepest = log_p.max() - _DEEPEST
        log_p = np.maximum(log_p, deepest)
        jumps = np.abs(np.diff(log_p)) > _JUMP
        energy = _curve(nodes, log_p, jumps)
        mass = _curve(nodes, np.exp(log_p), jumps).antiderivative()
        total = float(mass(high))

        def inside(y: Array) -> Array:
            return np.clip(y, low, high)

        return Wells(
            at,
            lambda y: np.exp(energy(inside(y))),
            lambda y: np.asarray(mass(inside(y))),
            lambda y: np.asarray(total - mass(inside(y))),
            2 * float(nodes[1] - nodes[0]),
            at[-1] - at[0],
            _TELLING * max(least, math.exp(deepest)),
        )

    def at(self, y: float) -> float:
        """p at one place."""
        return float(self.pdf(np.array([y]))[0])


def _curve(nodes: Array, values: Array, jumps: NDArray[np.bool_]) -> scipy.interpolate.CubicHermiteSpline:
    """Of fourth order where there is no jump within two nodes, and without ringing (modified Akima) where there is."""
    slopes = np.asarray(scipy.interpolate.Akima1DInterpolator(nodes, values, method="makima")(nodes, 1))
    smooth = ~np.lib.stride_tricks.sliding_window_view(jumps, 4).any(1)
    central = (8 * (values[3:-1] - values[1:-3]) - (values[4:] - values[:-4])) / (12 * (nodes[1] - nodes[0]))
    slopes[2:-2] = np.where(smooth, central, slopes[2:-2])
    return scipy.interpolate.CubicHermiteSpline(nodes, values, slopes)


def mean_passage_time(wells: Wells, a: float, b: float) -> float:
    """τ(a→b) = ∫_a^b dy (1/p(y)) ∫_{−∞}^y p(z) dz of dx = ∇log p dt + √2 dw in 1-D, for b > a (Gardiner 2009).

    For b < a the mirror image. In units of the dynamics' time: a step of Langevin takes h. Infinite if p is 0 between.
    """
    low, high = min(a, b), max(a, b)
    if wells.at(_barrier(wells, low, high)) <= wells.nothing:
        return math.inf
    behind = wells.below if b > a else wells.above

    def slope(y: float) -> float:
        return float(behind(np.array([y]))[0] / max(wells.at(y), 1e-300))

    inside = [m for m in wells.places if low < m < high]
    points = [*inside, _barrier(wells, low, high)]
    return float(scipy.integrate.quad(slope, low, high, points=points, limit=400, epsabs=0, epsrel=1e-7)[0])


def heated_passage_times(wells: Wells, a: float, b: float, betas: Array) -> Array:
    """τ(a→b) of p^β for each β (n,): the same target heated (β < 1) or cooled, whose barriers are β ΔU.

    By the trapezoidal rule on even nodes, in logarithms, so that a barrier of many nats does no harm.
    """
    low, high = min(a, b), max(a, b)
    nodes = np.linspace(low - _FAR * wells.reach, high + _FAR * wells.reach, _HEATED_NODES)
    log_p = np.log(np.maximum(wells.pdf(nodes), 1e-300))
    if b < a:  # the mirror image
        nodes, log_p, low, high = -nodes[::-1], log_p[::-1], -high, -low
    width = float(nodes[1] - nodes[0])
    between = (nodes >= low) & (nodes <= high)
    found = []
    for beta in betas:
        weight = beta * log_p
        behind = np.logaddexp.accumulate(weight) + math.log(width)
        behind += np.log1p(-0.5 * np.exp(weight + math.log(width) - behind))  # the last node counts half
        found.append(float(np.trapezoid(np.exp((behind - weight)[between]), nodes[between])))
    return np.array(found)


def _barrier(wells: Wells, low: float, high: float) -> float:
    """Where p is smallest between two places."""
    grid = np.linspace(low, high, 2001)
    i = int(wells.pdf(grid).argmin())
    between = (grid[max(0, i - 1)], grid[min(2000, i + 1)])
    return float(scipy.optimize.minimize_scalar(wells.at, bounds=between, method="bounded").x)


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
    return float(scipy.optimize.minimize_scalar(lambda y: -wells.at(y), bounds=(low, high), method="bounded").x)


def neighbouring_passages(wells: Wells) -> tuple[Passage, ...]:
    """The ways between neighbouring places, from the left to the right: there and back for each pair."""
    return tuple(_passage(wells, a, b) for low, high in pairwise(wells.places) for a, b in ((low, high), (high, low)))


def _passage(wells: Wells, a: float, b: float) -> Passage:
    time = mean_passage_time(wells, a, b)
    try:
        over = barrier(wells, a, b) if time < math.inf else None
    except ValueError:
        over = None
    return Passage(a, b, time, over)


def slowest_passage(wells: Wells) -> Passage | None:
    """The longest mean passage time between neighbouring places, either way; None for one place."""
    return max(neighbouring_passages(wells), key=lambda way: way.time, default=None)
