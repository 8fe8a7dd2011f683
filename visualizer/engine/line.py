"""The 1-D picture: curves, histogram and rug, and the river of p_t(x) over time with paths across it."""

from __future__ import annotations

from concurrent.futures import Executor

import numpy as np
import torch
from torch import Tensor

from visualizer.densities import Density
from visualizer.engine.common import Cache, axis_marginal, cell_counts, histogram_of, mode_occupancy, moment
from visualizer.engine.fitted import Fitter
from visualizer.engine.frame import Floats, LinePicture, Pixels, River, Viewport
from visualizer.engine.levels import Level, shown_level
from visualizer.engine.mode_marks import ModeMarker
from visualizer.engine.palette import ThemeName, density_table
from visualizer.engine.signed import trap_curve
from visualizer.engine.simulation import Simulation
from visualizer.engine.spectrum import Spectrum
from visualizer.engine.step_view import StepView
from visualizer.engine.tone import tone

_POINTS = 640
_BINS = 120
_RUG = 400
_DATA = 1000
#: Iterations of Langevin that the river shows at once.
RIVER_ITERATIONS = 400
_RIVER_COLUMNS, _RIVER_ROWS, _MANY_TERMS = 320, 400, 4.0e7
_OCCUPANCY_SAMPLE = 20_000
#: log p where there is nothing.
_NOWHERE = -1e30


class LineStage:
    """Makes pictures of a 1-D simulation."""

    def __init__(self, simulation: Simulation, background: Executor | None = None) -> None:
        self.sim = simulation
        self._cache = Cache()
        self._step = StepView(simulation)
        self.fitter = Fitter(simulation, background)
        self._marker = ModeMarker(simulation)
        self._spectrum = Spectrum(simulation)

    def picture(self, view: Viewport, *, dragging: bool = False) -> LinePicture:
        """The present moment over the x range of `view`. Nothing here is slow enough to be drawn coarse."""
        scene, state, p = self.sim.scene, self.sim.state, self.sim.density
        level = shown_level(scene, self.sim.process, state.t)
        grid = np.linspace(view.x0, view.x1, _POINTS).astype(np.float32)
        target, density, score = (None, None, None) if p is None else self._curves(p, view, level, grid)
        edges, histogram = self._histogram(state.x[0], view)
        return LinePicture(
            x0=view.x0,
            x1=view.x1,
            moment=moment(self.sim, level),
            grid=grid,
            target=target,
            density=density,
            score=score,
            learned=self._learned(grid, level),
            edges=edges,
            histogram=histogram,
            rug=state.x[0, :_RUG].cpu().numpy(),
            data=self._data(level) if "data" in scene.layers.line else None,
            step=self._step.line(_RUG) if "step" in scene.layers.line else None,
            traps=self._traps(p, grid, density, level, dragging)
            if "traps" in scene.layers.line and p is not None and density is not None
            else None,
            river=self._river(view, level, dragging) if scene.view.picture == "river" else None,
            fitted=self.fitter.fitted(level, view, dragging),
            fitting=self.fitter.pending,
            occupancy=mode_occupancy(self.sim, _OCCUPANCY_SAMPLE, dragging),
            modes=self._marker.marks(level, dragging) if "modes" in scene.layers.line else None,
            tilted=self._tilted(grid, level) if "tilted" in scene.layers.line else None,
            band=self._spectrum.band_on_line(level, grid),
            fourier=self._spectrum.fourier(level),
        )

    def _curves(self, p: Density, view: Viewport, level: Level, grid: Floats) -> tuple[Floats, Floats, Floats]:
        def make() -> tuple[Floats, Floats, Floats]:
            _, target = axis_marginal(p, Level(1.0, 0.0, 0.0), 0, view.x0, view.x1, _POINTS)
            _, density = axis_marginal(p, level, 0, view.x0, view.x1, _POINTS)
            x = torch.from_numpy(grid.astype(np.float64))[:, None]
            score = p.noised(level.alpha, level.sigma).score(x)[:, 0].numpy().astype(np.float32)
            return target, density, score

        return self._cache.get("curves", (p, level, view), make)

    def _data(self, level: Level) -> Floats | None:
        """Points of the data set that the target is, chosen at random where there are many, as α x_0 below curves."""
        target = self.sim.scene.target
        points = target.points_shown
        if points is None:
            return None

        def make() -> Floats:
            x = points[:, 0]
            chosen = np.random.default_rng(0).permutation(len(x))[:_DATA]
            return x[chosen].astype(np.float32)

        shown = self._cache.get("data", target, make)
        return shown if self.sim.scene.view.picture == "river" else (level.alpha * shown).astype(np.float32)

    def _learned(self, grid: Floats, level: Level) -> Floats | None:
        """The score that is followed, where it is not the target's own, on the grid."""
        field = self.sim.field
        if field is self.sim.truth:
            return None

        def make() -> Floats:
            x = torch.from_numpy(grid)[None].to(self.sim.device)
            return field.score(x, level.alpha, level.sigma)[0].cpu().numpy()

        return self._cache.get("learned", (field, level, grid.tobytes()), make)

    def _tilted(self, grid: Floats, level: Level) -> Floats | None:
        """p_t(x)^{1−w} p_t(x | y)^w, normalised over the grid."""
        field = self.sim.field
        if not (field.guided and field.has_log_prob):
            return None

        def make() -> Floats:
            x = torch.from_numpy(grid)[None].to(self.sim.device)
            log_p = field.log_prob_and_score(x, level.alpha, level.sigma)[0].double()
            p = torch.exp(log_p - log_p.max()).cpu().numpy()
            return np.asarray(p / (p.sum() * (grid[1] - grid[0])), dtype=np.float32)

        return self._cache.get("tilted", (field, level, grid.tobytes()), make)

    def _histogram(self, x: Tensor, view: Viewport) -> tuple[Floats, Floats]:
        counts = cell_counts(x, view.x0, view.x1, _BINS)
        return histogram_of(counts.cpu().numpy(), view.x0, view.x1, x.shape[0], bins=_BINS)

    def _traps(self, p: Density, grid: Floats, density: Floats, level: Level, dragging: bool) -> Floats | None:
        """The slowest mode; while something is dragged it is not worked out again."""
        if dragging or p.K == 1:
            return None
        key = (p, level, grid.tobytes())
        return self._cache.get("traps", key, lambda: trap_curve(p, level, grid, density))

    def _river(self, view: Viewport, level: Level, dragging: bool) -> River:
        sim = self.sim
        theme = sim.scene.view.theme
        if sim.scene.sampler.clock != "t":
            return self._iterations(view, level, theme)
        q = sim.process
        _, path_times, x = sim.paths.upto(sim.state.step, sim.scene.sampler.steps + 1)

        def make() -> Pixels | None:
            columns = _RIVER_COLUMNS // (4 if dragging else 1)
            t = (np.arange(columns) + 0.5) / columns * q.t_max
            return river_image(sim, np.array([q.alpha(s) for s in t]), np.array([q.sigma(s) for s in t]), view)

        key = (sim.density, sim.scene.process, view, theme, dragging)
        image = self._cache.get("river", key, make)
        reverse = sim.scene.sampler.begins(q.t_max) > 0
        return River(image, (0.0, q.t_max), path_times, x[:, 0], sim.state.t, sim.scene.process.time_axis, reverse)

    def _iterations(self, view: Viewport, level: Level, theme: ThemeName) -> River:
        """The river of a sampler that does not move along the process: iterations are its time."""
        sim = self.sim
        steps, _, x = sim.paths.upto(sim.state.step, RIVER_ITERATIONS + 1)
        begin = max(0, sim.state.step - RIVER_ITERATIONS)
        sigma = np.array([level.sigma] * 2)
        if sim.scene.sampler.clock == "sigma":
            sigma = np.array([sim.sampler.clock(begin + i) for i in range(0, RIVER_ITERATIONS, 4)])
        image = self._cache.get(
            "river",
            (sim.density, level.alpha, sigma.tobytes(), view, theme),
            lambda: river_image(sim, np.full(len(sigma), level.alpha), sigma, view),
        )
        times = (float(begin), float(begin + RIVER_ITERATIONS))
        return River(image, times, steps, x[:, 0], float(sim.state.step), "iteration k", False)


def river_image(sim: Simulation, alpha: Floats, sigma: Floats, view: Viewport) -> Pixels | None:
    """p_t(x) with x upwards and one column for each (α, σ), each column relative to its own maximum.

    None where there is no target.
    """
    p, rows = sim.density, _RIVER_ROWS
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
