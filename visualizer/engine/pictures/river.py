"""The river of a 1-D run: p_t(x) over the time of the run, and the paths of followed particles across it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from visualizer.densities import Density
from visualizer.engine.drawings import Floats, Pixels
from visualizer.engine.frame import Viewport
from visualizer.engine.palette import density_table
from visualizer.engine.pictures.common import Cache
from visualizer.engine.pictures.tone import tone
from visualizer.engine.run.levels import Level
from visualizer.engine.run.simulation import Simulation

#: Iterations that the river shows at once, of a sampler that does not move along the process.
RIVER_ITERATIONS = 400
#: Columns of the river: times.
_COLUMNS = 320
#: Rows of the river: places.
_ROWS = 400
#: With more terms than these the river has fewer rows.
_MANY_TERMS = 4.0e7
#: log p where there is nothing.
_NOWHERE = -1e30


def along_process(sim: Simulation) -> bool:
    """Whether the time of the river is that of the process; else iterations are its time."""
    return sim.scene.sampler.clock == "t"


def river_span(sim: Simulation) -> tuple[float, float]:
    """The times at both ends of the river."""
    if along_process(sim):
        return 0.0, sim.process.t_max
    begin = max(0, sim.state.step - RIVER_ITERATIONS)
    return float(begin), float(begin + RIVER_ITERATIONS)


def river_now(sim: Simulation) -> float:
    """Where the run is."""
    return sim.state.t if along_process(sim) else float(sim.state.step)


def river_name(sim: Simulation) -> str:
    """What its time is, and which way the run goes."""
    if not along_process(sim):
        return "iteration k, the run goes →"
    goes_back = sim.scene.sampler.begins(sim.process.t_max) > 0
    return f"{sim.scene.process.time_axis}, the run goes {'←' if goes_back else '→'}"


def river_paths(sim: Simulation) -> tuple[Floats, Floats]:
    """Times (S,) and places (S, M) of followed particles."""
    if along_process(sim):
        _, times, x = sim.paths.upto(sim.state.step, sim.scene.sampler.steps + 1)
    else:
        times, _, x = sim.paths.upto(sim.state.step, RIVER_ITERATIONS + 1)
    return times, x[:, 0]


def river_image(sim: Simulation, cache: Cache, level: Level, view: Viewport, dragging: bool) -> Pixels | None:
    """p_t(x) over time and x; None where there is no target."""
    theme = sim.scene.view.theme
    if along_process(sim):
        q = sim.process

        def make() -> Pixels | None:
            columns = _COLUMNS // (4 if dragging else 1)
            t = (np.arange(columns) + 0.5) / columns * q.t_max
            return _image(sim, np.array([q.alpha(s) for s in t]), np.array([q.sigma(s) for s in t]), view)

        return cache.get("river", (sim.density, sim.scene.process, view, theme, dragging), make)
    sigma = np.array([level.sigma] * 2)
    if sim.scene.sampler.clock == "sigma":
        begin = int(river_span(sim)[0])
        sigma = np.array([sim.sampler.clock(begin + i) for i in range(0, RIVER_ITERATIONS, 4)])
    key = (sim.density, level.alpha, sigma.tobytes(), view, theme)
    return cache.get("river", key, lambda: _image(sim, np.full(len(sigma), level.alpha), sigma, view))


def _image(sim: Simulation, alpha: Floats, sigma: Floats, view: Viewport) -> Pixels | None:
    """p_t(x) with x upwards and one column for each (α, σ), each column relative to its own maximum."""
    p, rows = sim.density, _ROWS
    if p is None:
        return None
    while rows > 64 and rows * len(alpha) * p.K > _MANY_TERMS:
        rows //= 2
    x = torch.linspace(view.x1, view.x0, rows, dtype=torch.float32)
    log_p = torch.nan_to_num(_columns(p, alpha, sigma, x), nan=_NOWHERE).clamp_min_(_NOWHERE)
    unit = torch.exp(log_p - log_p.amax(0, keepdim=True))
    return tone(unit, density_table(sim.scene.view.theme, view.transparent))


def _columns(p: Density, alpha: Floats, sigma: Floats, x: Tensor) -> Tensor:
    """log p_t at x (n,) for each (α, σ) as a column, (n, levels)."""
    if (mixture := p.mixture) is None:
        columns = [p.noised(a, s).log_prob(x[:, None]) for a, s in zip(alpha.tolist(), sigma.tolist(), strict=True)]
        return torch.stack(columns, 1)
    mean = torch.from_numpy(alpha[:, None] * mixture.means64[:, 0].numpy()).float()
    variance = torch.from_numpy(alpha[:, None] ** 2 * mixture.variances[:, 0].numpy() + sigma[:, None] ** 2).float()
    coef = torch.log(mixture.weights64.float()) - 0.5 * torch.log(variance)
    columns = [
        torch.logsumexp(c - 0.5 * (x[:, None] - m) ** 2 / v, 1) for m, v, c in zip(mean, variance, coef, strict=True)
    ]
    return torch.stack(columns, 1)
