"""The smaller mixture q fitted to the density that is shown, and the read-outs of both."""

from __future__ import annotations

import numpy as np
import torch

from visualizer.densities import GaussianMixture
from visualizer.diagnostics.fits import COARSE, FINE, MAX_COMPONENTS, Surprise, fit, surprise
from visualizer.diagnostics.marginals import Marginal
from visualizer.engine.build import Level
from visualizer.engine.fields import Grid
from visualizer.engine.frame import Fitted, Floats, Viewport
from visualizer.engine.modes import basins
from visualizer.engine.simulation import Simulation

_CELLS = 160


class Fitter:
    """Keeps the last fit: the next one goes on from it, so that a drag is followed."""

    def __init__(self, simulation: Simulation) -> None:
        self._sim = simulation
        self._key: object = None
        self._q: GaussianMixture | None = None
        self._surprise: Surprise | None = None
        self._view: Viewport | None = None
        self._fitted: Fitted | None = None

    def fitted(self, level: Level, view: Viewport, dragging: bool) -> Fitted | None:
        """The fit the scene asks for; None where it asks for none."""
        part, density = self._sim.scene.fit, self._sim.density
        if part.kind == "none" or density is None:
            return None
        key = (density, level, part, dragging)
        if key != self._key:
            p = density.noised(level.alpha, level.sigma)
            parts = None
            if not isinstance(density, GaussianMixture) or density.K > MAX_COMPONENTS:
                found = basins(density, coarse=dragging)
                if found is None:
                    return None
                parts = found.parts.noised(level.alpha, level.sigma)
            self._q = fit(p, part.kind, part.components, self._q if dragging else None, parts)
            self._surprise = surprise(p, self._q, COARSE if dragging else FINE, parts)
            self._key, self._view = key, None
        if view != self._view:
            assert self._q is not None
            assert self._surprise is not None
            s, self._view = self._surprise, view
            lines, curve = self._drawn(self._q, view)
            numbers = (s.entropy, s.cross_entropy, s.forward_kl, s.reverse_kl)
            self._fitted = Fitted(part.kind, lines, curve, *numbers)
        return self._fitted

    @staticmethod
    def _drawn(q: GaussianMixture, view: Viewport) -> tuple[tuple[Floats, ...], tuple[Floats, Floats] | None]:
        from visualizer.engine.plane import contour_lines

        if q.d == 1:
            x = np.linspace(view.x0, view.x1, 4 * _CELLS)
            density = Marginal.of(q, np.ones(1)).pdf(x)
            return (), (x.astype(np.float32), density.astype(np.float32))
        grid = Grid.over(view, _CELLS, max(8, round(_CELLS * view.height / view.width)))
        log_q = q.log_prob(grid.columns(torch.device("cpu")).T.double()).view(grid.h, grid.w).numpy()
        xs, ys = grid.axes(torch.device("cpu"))
        return contour_lines(xs.numpy(), ys.numpy(), log_q), None
