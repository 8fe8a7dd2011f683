"""The density of Langevin's particles over time, by Fokker and Planck's equation."""

from __future__ import annotations

import numpy as np
import torch
from scipy.interpolate import interpn
from torch import Tensor

from visualizer.densities import Density, GaussianMixture
from visualizer.diagnostics.fokker_planck import Array, FokkerPlanck
from visualizer.engine.drawings import Curve, Lines, Pen
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.pictures.contour_lines import contour_lines
from visualizer.samplers import Langevin
from visualizer.scene.model import Scene
from visualizer.scene.start import GaussianStart, ModeStart, PointStart, TargetStart

#: Cells along an axis, by dimension.
_CELLS = {1: 600, 2: 128}
#: The grid reaches so much beyond the target, as a share of its box.
_MARGIN = 0.15
#: Solves of the equation for a picture, at most: after a jump each takes a longer step.
_MOST = 48
#: A point is this many cells wide.
_POINT = 1.5
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
        self._density: Array | None = None
        self._step = 0

    def plane(self, seen: Seen) -> Drawings:
        density = self._now(seen)
        if density is None or self._grid is None:
            return ()
        xs, ys = (a.astype(np.float32) for a in self._grid.axes)
        log_q = np.log(np.maximum(density, _LEAST)).astype(np.float32)
        return (Lines.of(contour_lines(xs, ys, log_q.T.copy()), _LINES),)

    def line(self, seen: Seen) -> Drawings:
        density = self._now(seen)
        if density is None or self._grid is None:
            return ()
        return (Curve(self._grid.axes[0], density, _CURVE, plot="density"),)

    def _now(self, seen: Seen) -> Array | None:
        """The density at the step that is shown."""
        sim, p = seen.sim, seen.sim.density
        if p is None or seen.dragging or not isinstance(sim.sampler, Langevin) or sim.net is not None:
            return None
        target, step = (p, seen.level), sim.state.step
        if target != self._target or sim.scene.start != self._start or step < self._step:
            before, at = self._grid, self._density
            noised = p.noised(seen.level.alpha, seen.level.sigma)
            self._grid = FokkerPlanck(noised, _wide(noised), _CELLS[p.d])
            if before is not None and at is not None and sim.scene.start == self._start and step >= self._step > 0:
                self._density = _moved(at, before, self._grid)  # the target has moved on the way
            else:
                self._step, self._density = 0, _begun(sim.scene, p, noised, self._grid)
            self._target, self._start = target, sim.scene.start
        if self._density is None or self._grid is None:
            return None
        if behind := step - self._step:
            solves = min(behind, _MOST)
            self._density = self._grid.advance(self._density, sim.sampler.step_size * behind / solves, solves)
            self._step = step
        return self._density


def _begun(scene: Scene, p: Density, noised: Density, grid: FokkerPlanck) -> Array | None:
    """The law of the start on a grid."""
    start = start_law(scene, p, noised, grid.widths)
    if start is None:
        return None
    log_q = grid.on_cells(start)
    return grid.normalised(np.exp(log_q - log_q.max()))


def _moved(density: Array, before: FokkerPlanck, now: FokkerPlanck) -> Array:
    """A density on another grid."""
    found = interpn(
        before.axes, density, np.stack(np.meshgrid(*now.axes, indexing="ij"), -1), bounds_error=False, fill_value=0
    )
    return now.normalised(found)


def _wide(p: Density) -> tuple[tuple[float, float], ...]:
    return tuple((a - _MARGIN * (b - a), b + _MARGIN * (b - a)) for a, b in p.bounds())


def start_law(scene: Scene, p: Density, noised: Density, widths: tuple[float, ...]) -> Density | None:
    """What particles are drawn from at first; None where no formula says.

    Args:
        scene: of the run.
        p: its target.
        noised: the same at the noise level of the run.
        widths: of the cells: a point is a narrow Gaussian.
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
        wide = torch.tensor([(_POINT * w) ** 2 for w in widths]).double()
        return gaussian(torch.tensor(scene.point(start.at)).double(), torch.diag(wide))
    return None
