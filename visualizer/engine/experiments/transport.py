"""Entropic optimal transport from a source to a 1-D target, as a picture of its plan."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from visualizer.diagnostics.sinkhorn import sinkhorn
from visualizer.engine.experiments.fine import little_noise
from visualizer.engine.findings.transport import Transport
from visualizer.engine.targets import build_density
from visualizer.scene.model import Scene

#: Cells along each axis, pairs that are drawn as threads, and how far masses of cells may be off.
_CELLS, _THREADS, _ENOUGH = 220, 120, 1e-5
#: The source reaches so many of its standard deviations.
_REACH = 4.0
Array = NDArray[np.float64]
#: Densities of a source of mean 0 and standard deviation 1, up to a constant.
_SOURCES: dict[str, Callable[[Array], Array]] = {
    "noise": lambda z: np.exp(-0.5 * z * z),
    "uniform": lambda z: (np.abs(z) < np.sqrt(3)).astype(float),
    "two": lambda z: np.exp(-0.5 * ((np.abs(z) - 0.95) / 0.31) ** 2),
}


def transport(scene: Scene, source: str, share: float) -> Transport:
    """The plan with ε = share · Var, from a source as wide as the target."""
    p = build_density(scene.target)
    mean, spread = float(p.mean[0]), p.standard_deviation
    x = np.linspace(mean - _REACH * spread, mean + _REACH * spread, _CELLS)
    of_x = _SOURCES[source]((x - mean) / spread)
    y = np.linspace(*p.bounds(_REACH)[0], _CELLS)
    with little_noise(scene):
        of_y = p.log_prob(torch.from_numpy(y)[:, None]).double().exp().numpy()
    a, b = of_x / of_x.sum(), of_y / of_y.sum()
    epsilon = share * spread**2
    found = sinkhorn(x, a, y, b, epsilon, _ENOUGH)
    cells = (x[1] - x[0]) * (y[1] - y[0])
    below = np.cumsum(b)
    sorted_map = np.interp(np.cumsum(a) - 0.5 * a, below - 0.5 * b, y)
    drawn = np.random.default_rng(scene.seed).choice(found.plan.size, _THREADS, p=found.plan.ravel() / found.plan.sum())
    threads = np.column_stack([x[drawn // _CELLS], y[drawn % _CELLS]])
    arrays = (x, y, a / (x[1] - x[0]), b / (y[1] - y[0]), found.plan / cells, found.mean, sorted_map, threads)
    least = float((a * (x - sorted_map) ** 2).sum())
    x_, y_, of_x_, of_y_, plan, mapped, sorted_, pairs = (v.astype(np.float32) for v in arrays)
    return Transport(
        x_, y_, of_x_, of_y_, plan, mapped, sorted_, pairs, found.cost, least, found.information, epsilon, spread
    )
