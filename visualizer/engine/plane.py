"""The 2-D picture: layers of one moment, each made again only when what it shows has changed."""

from __future__ import annotations

import math
from concurrent.futures import Executor

import contourpy
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visualizer.densities import Density, Field
from visualizer.diagnostics.marginals import conditional_along
from visualizer.diagnostics.modes import Modes
from visualizer.engine.common import Cache, axis_marginal, cell_counts, histogram_of, mode_occupancy, moment
from visualizer.engine.fields import DensityCache, Grid, log_density
from visualizer.engine.fitted import Fitter
from visualizer.engine.flow import Flow, arrow_segments, flow_velocity
from visualizer.engine.frame import Floats, Marginal, Pixels, PlanePicture, Slice, Viewport
from visualizer.engine.levels import Level, run_level, shown_level
from visualizer.engine.mode_marks import ModeMarker
from visualizer.engine.palette import THEMES, data_table, density_table, glow_table, particle_table
from visualizer.engine.signed import difference_image, sinks_image, trap_image
from visualizer.engine.simulation import Simulation
from visualizer.engine.spectrum import Spectrum
from visualizer.engine.splat import DOTS_UP_TO, dots, splat
from visualizer.engine.step_view import StepView, coloured, round_peak
from visualizer.engine.tone import tone_counts, tone_scaled

#: Contours are drawn at p = max p · exp(−½ r²) for these r: rings of one Gaussian.
CONTOUR_RADII = tuple(0.6 * i for i in range(1, 8))
#: The log scale spans this many nats below the maximum.
LOG_RANGE = 14.0
_COARSE, _FINE_BUDGET = 3, 3.0e7
_FLOW_GRID = 72
_ERROR_GRID = 160
_CONTOUR_CELLS = 240
_TRAIL = 60
_SLICE_POINTS = 384
_CELLS = 288
_OCCUPANCY_SAMPLE = 10_000


class PlaneStage:
    """Makes pictures of a 2-D simulation."""

    def __init__(self, simulation: Simulation, background: Executor | None = None) -> None:
        self.sim = simulation
        self._cache = Cache()
        self._density = DensityCache(simulation.device)
        self._flow: Flow | None = None
        self._step = StepView(simulation)
        self.fitter = Fitter(simulation, background)
        self._marker = ModeMarker(simulation)
        self._spectrum = Spectrum(simulation)

    def picture(self, view: Viewport, *, dragging: bool = False) -> PlanePicture:
        """The present moment. `dragging` draws fields coarse. Every picture moves the tracers on by a frame."""
        scene, state, p = self.sim.scene, self.sim.state, self.sim.density
        layers = scene.layers.plane
        level = shown_level(scene, self.sim.process, state.t)
        images: dict[str, Pixels] = {}
        band = self._spectrum.band_in_plane(level, view, dragging)
        if band is not None:  # in the place of p_t, of which it is a part
            images["band"] = band[0]
        elif "density" in layers and p is not None:
            images["density"] = self._density_image(p, view, level, dragging)
        if "flow" in layers:
            images["flow"] = self._flow_image(view, level)
        if "particles" in layers:
            images["particles"] = _points_image(self.sim.state.x, view, particle_table(scene.view.theme))
        if "data" in layers and (points := scene.target.points_shown) is not None:
            images["data"] = self._data_image(view, points, level.alpha)
        if "responsibilities" in layers and (modes := self.sim.modes(dragging)) is not None:
            images["responsibilities"] = self._responsibility_image(view, modes)
        truth = self.sim.truth if self.sim.net is not None else None  # to hold a network against
        if self.sim.learned is not None and truth is not None and "error" in layers:
            images["error"] = self._error_image(view, level, self.sim.learned, truth)
        if "difference" in layers and p is not None:
            images["difference"] = difference_image(self.sim, p, level, view)
        if "sinks" in layers:
            key = (self.sim.density, self.sim.field, level, view, scene.view.theme)
            images["sinks"] = self._cache.get("sinks", key, lambda: sinks_image(self.sim, level, view))
        if "traps" in layers and p is not None and (traps := self._traps(p, view, level, dragging)) is not None:
            images["traps"] = traps
        step = "step" in layers
        if step and (image := self._step.image(view)) is not None:
            images["step"] = image
        return PlanePicture(
            viewport=view,
            moment=moment(self.sim, level),
            images=images,
            contours=self._contours(p, view, level, dragging) if "contours" in layers and p is not None else (),
            tilted=self._tilted(view, level, dragging) if "tilted" in layers else (),
            arrows=self._arrows(view, level, self.sim.field) if "arrows" in layers else None,
            denoiser=self._denoiser(view, level, self.sim.field) if "denoiser" in layers else None,
            exact_arrows=self._arrows(view, level, truth) if truth is not None and "exact-arrows" in layers else None,
            exact_denoiser=(
                self._denoiser(view, level, truth) if truth is not None and "exact-denoiser" in layers else None
            ),
            trajectories=self._step.trajectories() if step else (),
            momenta=self._step.momenta() if step else None,
            tree=self._step.tree() if step else None,
            trails=self._trails(view) if "trails" in layers else None,
            marginals=self._marginals(view, level) if "marginals" in layers or scene.view.cut else None,
            slices=self._slices(p, view, level, scene.view.cut) if scene.view.cut and p is not None else None,
            fitted=self.fitter.fitted(level, view, dragging),
            fitting=self.fitter.pending,
            occupancy=mode_occupancy(self.sim, _OCCUPANCY_SAMPLE, dragging),
            modes=self._marker.marks(level, dragging) if "modes" in layers else None,
            fourier=self._spectrum.fourier(level),
            band_peak=band[1] if band is not None else None,
        )

    def _data_image(self, view: Viewport, points: NDArray[np.float64], alpha: float) -> Pixels:
        """The points whose Parzen density the target is, where they are at this level without noise: α x_0."""
        theme = self.sim.scene.view.theme

        def make() -> Pixels:
            return _points_image(torch.from_numpy((alpha * points.T).astype(np.float32)), view, data_table(theme))

        return self._cache.get("data", (self.sim.scene.target, view, theme, alpha), make)

    def _density_at(self, p: Density, view: Viewport, level: Level, dragging: bool) -> Tensor:
        divisor = 1
        while view.width * view.height / divisor**2 * max(1, p.K) > _FINE_BUDGET:
            divisor *= 2
        if dragging:
            divisor = max(divisor, _COARSE)
        w, h = max(8, math.ceil(view.width / divisor)), max(8, math.ceil(view.height / divisor))
        return self._density.get(p, level, Grid.over(view, w, h), dragging)

    def _density_image(self, p: Density, view: Viewport, level: Level, dragging: bool) -> Pixels:
        density = self._density_at(p, view, level, dragging)
        scene = self.sim.scene
        key = (id(density), view, scene.layers.scale, scene.view.theme)

        def make() -> Pixels:
            if scene.layers.scale == "log":
                unit = log_density(density)
                unit = (unit - unit.max()).div_(LOG_RANGE).add_(1.0)
            else:
                unit = density / density.max().clamp_min(1e-37)
            return tone_scaled(unit, density_table(scene.view.theme, view.transparent), (view.height, view.width))

        return self._cache.get("density", key, make)

    def _tilted(self, view: Viewport, level: Level, dragging: bool) -> tuple[Floats, ...]:
        """Lines of p_t(x)^{1−w} p_t(x | y)^w, whose score the guided field is at this level."""
        field = self.sim.field
        if not (field.guided and field.has_log_prob):
            return ()

        def make() -> tuple[Floats, ...]:
            cells = _CONTOUR_CELLS // (3 if dragging else 1)
            grid = Grid.over(view, cells, max(8, round(cells * view.height / view.width)))
            log_p, _ = field.log_prob_and_score(grid.columns(self.sim.device), level.alpha, level.sigma)
            xs, ys = grid.axes(torch.device("cpu"))
            return contour_lines(xs.numpy(), ys.numpy(), log_p.view(grid.h, grid.w).cpu().numpy())

        return self._cache.get("tilted", (field, level, view, dragging), make)

    def _contours(self, p: Density, view: Viewport, level: Level, dragging: bool) -> tuple[Floats, ...]:
        density = self._density_at(p, view, level, dragging)

        def make() -> tuple[Floats, ...]:
            every = max(1, round(max(density.shape) / (_CONTOUR_CELLS // 2 if dragging else _CONTOUR_CELLS)))
            log_p = log_density(density[::every, ::every])
            xs, ys = Grid.over(view, density.shape[1], density.shape[0]).axes(density.device)
            return contour_lines(xs[::every].cpu().numpy(), ys[::every].cpu().numpy(), log_p.cpu().numpy())

        return self._cache.get("contours", (id(density), view), make)

    def _score_grid(self, view: Viewport, level: Level, n: int, field: Field) -> tuple[Tensor, Tensor, Grid]:
        """Score (2, h, w) and cell centres (2, h, w) on about n cells along the longer side."""
        longer = max(view.width, view.height)
        grid = Grid.over(view, max(2, round(n * view.width / longer)), max(2, round(n * view.height / longer)))
        x = grid.columns(self.sim.device)
        score = field.score(x, level.alpha, level.sigma)
        return score.view(2, grid.h, grid.w), x.view(2, grid.h, grid.w), grid

    def _flow_image(self, view: Viewport, level: Level) -> Pixels:
        if self._flow is None or self._flow.view != view:
            self._flow = Flow(view, self.sim.scene.seed, self.sim.device)

        def make() -> Tensor:
            return flow_velocity(self._score_grid(view, level, _FLOW_GRID, self.sim.field)[0])

        velocity = self._cache.get("velocity", (self.sim.density, self.sim.field, level, view), make)
        self._flow.advance(velocity)
        return self._flow.image(self.sim.scene.view.theme, "score" if self.sim.field is self.sim.truth else "learned")

    def _arrows(self, view: Viewport, level: Level, field: Field) -> Floats:
        def make() -> Floats:
            score, x, grid = self._score_grid(view, level, 30, field)
            return arrow_segments(score.flatten(1), x.flatten(1), (grid.x1 - grid.x0) / grid.w)

        return self._cache.get(f"arrows {field is self.sim.truth}", (self.sim.density, field, level, view), make)

    def _denoiser(self, view: Viewport, level: Level, field: Field) -> Floats:
        def make() -> Floats:
            n = 22
            longer = max(view.width, view.height)
            grid = Grid.over(view, max(2, round(n * view.width / longer)), max(2, round(n * view.height / longer)))
            x = grid.columns(self.sim.device)
            return torch.cat([x, field.denoise(x, level.alpha, level.sigma) - x]).T.cpu().contiguous().numpy()

        return self._cache.get(f"denoiser {field is self.sim.truth}", (self.sim.density, field, level, view), make)

    def _error_image(self, view: Viewport, level: Level, field: Field, truth: Field) -> Pixels:
        """σ‖s_θ − s‖, the error of the noise prediction: opaque red at 1, the size of the noise itself."""

        def make() -> Pixels:
            learned = self._score_grid(view, level, _ERROR_GRID, field)[0]
            exact = self._score_grid(view, level, _ERROR_GRID, truth)[0]
            scale = self.sim.field_sigma(level.alpha, level.sigma)
            unit = (learned - exact).square().sum(0).sqrt().mul_(scale)
            table = glow_table(self.sim.scene.view.theme, "error")
            return tone_scaled(unit.sqrt().clamp_(max=1.0), table, (view.height, view.width))

        key = (self.sim.density, field, level, view, self.sim.scene.view.theme)
        return self._cache.get("error", key, make)

    def _responsibility_image(self, view: Viewport, modes: Modes) -> Pixels:
        """Particles in the colours of their modes."""
        colours = THEMES[self.sim.scene.view.theme].components
        at = run_level(self.sim.scene, self.sim.process, self.sim.state.t)
        which = modes.nearest(self.sim.state.x, at.alpha, at.sigma) % len(colours)
        return coloured(self.sim.state.x, which, list(colours), view)

    def _trails(self, view: Viewport) -> Floats:
        """The newest steps of the followed particles, NaN far outside the view: endless lines take endless time."""
        trails = self.sim.paths.upto(self.sim.state.step, _TRAIL)[2]
        low, high = np.array([view.x0, view.y0]), np.array([view.x1, view.y1])
        margin = 0.5 * (high - low)
        inside = (trails > (low - margin)[:, None]) & (trails < (high + margin)[:, None])
        trails[np.broadcast_to(~inside.all(1, keepdims=True), trails.shape)] = np.nan
        return trails

    def _traps(self, p: Density, view: Viewport, level: Level, dragging: bool) -> Pixels | None:
        """The slowest mode; while something is dragged it is not worked out again."""
        if dragging or p.K == 1:
            return None
        theme = self.sim.scene.view.theme
        return self._cache.get("traps", (p, level, view, theme), lambda: trap_image(p, level, view, theme))

    def _marginals(self, view: Viewport, level: Level) -> tuple[Marginal, Marginal]:
        p, x = self.sim.density, self.sim.state.x
        exact: tuple[Slice | None, ...] = (None, None)
        if p is not None:
            exact = self._cache.get(
                "marginals",
                (p, level, view),
                lambda: tuple(axis_marginal(p, level, i, *limits) for i, limits in enumerate(_limits(view))),
            )
        out = []
        for i, (low, high) in enumerate(_limits(view)):
            sums = cell_counts(x[i], low, high, _CELLS)
            out.append(Marginal(exact[i], *histogram_of(sums.cpu().numpy(), low, high, x.shape[1])))
        return out[0], out[1]

    def _slices(self, p: Density, view: Viewport, level: Level, cut: tuple[float, float]) -> tuple[Slice, Slice]:
        """The conditional densities along the lines that cut the plane."""

        def along(axis: int) -> Slice:
            low, high = _limits(view)[axis]
            grid = np.linspace(low, high, _SLICE_POINTS)
            density = conditional_along(p.noised(level.alpha, level.sigma), axis, cut, grid)
            return grid.astype(np.float32), density.astype(np.float32)

        return self._cache.get("slices", (p, level, view, cut), lambda: (along(0), along(1)))


def _points_image(x: Tensor, view: Viewport, table: NDArray[np.uint32]) -> Pixels:
    """Dots for few, counts for many."""
    if x.shape[1] <= DOTS_UP_TO:
        return dots(x, view, table)
    counts = splat(x, view)
    return tone_counts(counts, round_peak(counts), table)


def contour_lines(xs: Floats, ys: Floats, log_p: Floats) -> tuple[Floats, ...]:
    """Lines where p = max p · exp(−r²/2) for the radii of `CONTOUR_RADII`."""
    generator = contourpy.contour_generator(xs, ys, log_p)
    top = float(log_p.max())
    lines = [line for r in CONTOUR_RADII for line in generator.lines(top - 0.5 * r * r)]
    return tuple(np.asarray(line, dtype=np.float32) for line in lines)


def _limits(view: Viewport) -> tuple[tuple[float, float], tuple[float, float]]:
    return (view.x0, view.x1), (view.y0, view.y1)
