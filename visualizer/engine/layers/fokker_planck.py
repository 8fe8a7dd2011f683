"""The density of Langevin's particles over time, by Fokker and Planck's equation."""

from __future__ import annotations

import numpy as np
import scipy
import torch
from torch import Tensor

from visualizer.densities import Density, GaussianMixture
from visualizer.diagnostics.fokker_planck import Array, FokkerPlanck
from visualizer.engine.drawings import Curve, Lines, Pen
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.pictures.contour_lines import contour_lines
from visualizer.engine.pictures.model_density import ModelDensity
from visualizer.engine.run.levels import run_level
from visualizer.samplers import Langevin, Reverse
from visualizer.scene.model import Scene
from visualizer.scene.start import GaussianStart, ModeStart, PointStart, PriorStart, TargetStart

#: Cells along an axis, by dimension.
_CELLS = {1: 600, 2: 128}
#: The grid reaches so much beyond the target, as a share of its box.
_MARGIN = 0.15
#: Solves of the equation for a picture, at most: after a jump each takes a longer step.
_MOST = 48
#: Steps of a reverse run that are caught up with for a picture.
_AT_ONCE = 12
#: A point is as wide as this share of the target.
_POINT = 0.06
_LINES, _CURVE = Pen("particles", 1.3), Pen("particles", 2.0)
_LEAST = 1e-30


@LAYERS.add
class FokkerPlanckLayer(Layer):
    """Lines of equal density of all particles there might be; where the run starts from a law that is known."""

    kind = "fokker-planck"

    def __init__(self) -> None:
        self._target: object = None
        self._start: object = None
        self._grid: FokkerPlanck | None = None
        self._model: ModelDensity | None = None
        self._density: Array | None = None
        self._step = 0

    def plane(self, seen: Seen) -> Drawings:
        if (found := self._now(seen)) is None:
            return ()
        (xs, ys), density = (tuple(a.astype(np.float32) for a in found[0])), found[1]
        log_q = np.log(np.maximum(density, _LEAST)).astype(np.float32)
        return (Lines.of(contour_lines(xs, ys, log_q.T.copy()), _LINES),)

    def line(self, seen: Seen) -> Drawings:
        if (found := self._now(seen)) is None:
            return ()
        return (Curve(found[0][0], found[1], _CURVE, plot="density"),)

    def _now(self, seen: Seen) -> tuple[tuple[Array, ...], Array] | None:
        """The axes, and the density at the step that is shown."""
        p = seen.sim.density
        if p is not None and ModelDensity.suits(seen.sim.sampler, p):  # coarse while it plays, too
            return self._of_reverse(seen, p)
        self._model, self.behind = None, False
        density = self._of_langevin(seen)
        return None if density is None or self._grid is None else (self._grid.axes, density)

    def _of_reverse(self, seen: Seen, p: Density) -> tuple[tuple[Array, ...], Array] | None:
        """That of a reverse SDE, along a network too; a run that was jumped into is caught up with by and by."""
        sim = seen.sim
        if not isinstance(sim.scene.start, PriorStart):
            return None
        assert isinstance(sim.sampler, Reverse)  # it suits
        if self._model is None or self._model.sampler is not sim.sampler or sim.state.step < self._model.step:
            self._model = ModelDensity(sim.sampler, p, sim.device)
        with torch.no_grad():
            for _ in range(min(_AT_ONCE, sim.state.step - self._model.step)):
                self._model.advance()
        self.behind = self._model.step < sim.state.step
        return None if self.behind else (self._model.grid.axes, self._model.density)

    def _of_langevin(self, seen: Seen) -> Array | None:
        """That of Langevin with the exact score."""
        sim, p = seen.sim, seen.sim.density
        plain = sim.net is None and sim.scene.guidance.kind == "none"
        if p is None or seen.dragging or not isinstance(sim.sampler, Langevin) or not plain:
            return None
        level = run_level(sim.scene, sim.process, sim.state.t)  # the picture may look at another one
        target, step = (p, level), sim.state.step
        if target != self._target or sim.scene.start != self._start or step < self._step:
            before, at = self._grid, self._density
            noised = p.noised(level.alpha, level.sigma)
            start = start_law(sim.scene, p, noised)
            if start is None:
                self._density = None
                return None
            self._grid = FokkerPlanck(noised, _wide(noised, start), _CELLS[p.d])
            if before is not None and at is not None and sim.scene.start == self._start and step >= self._step > 0:
                self._density = _moved(at, before, self._grid)  # the target has moved on the way
            else:
                log_q = self._grid.on_cells(start)
                self._step, self._density = 0, self._grid.normalised(np.exp(log_q - log_q.max()))
            self._target, self._start = target, sim.scene.start
        if self._density is None or self._grid is None:
            return None
        if behind := step - self._step:
            solves = min(behind, _MOST)
            self._density = self._grid.advance(self._density, sim.sampler.step_size * behind / solves, solves)
            self._step = step
        return self._density


def _moved(density: Array, before: FokkerPlanck, now: FokkerPlanck) -> Array:
    """A density on another grid."""
    found = scipy.interpolate.interpn(
        before.axes, density, np.stack(np.meshgrid(*now.axes, indexing="ij"), -1), bounds_error=False, fill_value=0
    )
    return now.normalised(found)


def _wide(p: Density, start: Density) -> tuple[tuple[float, float], ...]:
    """A box that target and start lie in."""
    sides = [(min(a, c), max(b, d)) for (a, b), (c, d) in zip(p.bounds(), start.bounds(), strict=True)]
    return tuple((a - _MARGIN * (b - a), b + _MARGIN * (b - a)) for a, b in sides)


def start_law(scene: Scene, p: Density, noised: Density) -> Density | None:
    """What particles are drawn from at first; None where no formula says.

    Args:
        scene: of the run.
        p: its target.
        noised: the same at the noise level of the run; a point is a Gaussian that is narrow beside it.
    """
    start = scene.start

    def gaussian(mean: Tensor, covariance: Tensor) -> Density:
        return GaussianMixture(torch.ones(1).double(), mean[None].double(), covariance[None].double())

    if isinstance(start, TargetStart):
        return noised
    if isinstance(start, ModeStart) and scene.target.in_components and (m := p.mixture) is not None:
        return gaussian(m.means[start.index], m.covariances[start.index])
    if isinstance(start, GaussianStart):
        mean = torch.tensor(scene.point(start.mean)).double()
        return gaussian(mean, start.std**2 * torch.eye(p.d).double())
    if isinstance(start, PointStart) and not start.others:
        width = _POINT * noised.standard_deviation
        return gaussian(torch.tensor(scene.point(start.at)).double(), width**2 * torch.eye(p.d).double())
    return None
