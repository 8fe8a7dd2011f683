"""The smaller mixture q fitted to the density that is shown, and the read-outs of both."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch

from visualizer.densities import Density, GaussianMixture, GridDensity, GridSource, cell_places
from visualizer.diagnostics.fits import COARSE, FINE, MAX_COMPONENTS, Surprise, fit, heaviest, surprise
from visualizer.diagnostics.marginals import Marginal
from visualizer.engine.drawings import Floats
from visualizer.engine.frame import Viewport
from visualizer.engine.pictures.contour_lines import contour_lines
from visualizer.engine.pictures.fields import Grid
from visualizer.engine.run.levels import Level
from visualizer.engine.run.modes import basins
from visualizer.engine.run.simulation import Simulation
from visualizer.scene.fit import FitPart

_CELLS = 160
#: A mixture ends so many standard deviations from its means.
_AROUND = 6.5


@dataclass(frozen=True, eq=False)
class Fitted:
    """A smaller mixture q beside p_t: lines in 2-D, a curve in 1-D; H(p), H(p, q) and both divergences, in nats.

    Attributes:
        final: whether it is the best there is, and not one that follows what is dragged or played.
    """

    kind: str
    contours: tuple[Floats, ...]
    curve: tuple[Floats, Floats] | None
    entropy: float
    cross_entropy: float
    forward_kl: float
    reverse_kl: float
    final: bool = True


@dataclass(frozen=True)
class _Asked:
    """What a fit is made for."""

    density: Density
    level: Level
    part: FitPart
    coarse: bool


class Fitter:
    """Keeps the last fit: the next one goes on from it, so that a drag is followed.

    Args:
        simulation: whose density is fitted.
        background: where fits are made that take long; without it one waits for them.
    """

    def __init__(self, simulation: Simulation, background: Executor | None = None) -> None:
        self._sim = simulation
        self._background = background
        self._wanted: _Asked | None = None
        self._coming: Future[tuple[GaussianMixture, Surprise]] | None = None
        self._made: _Asked | None = None
        self._q: GaussianMixture | None = None
        self._surprise: Surprise | None = None
        self._view: Viewport | None = None
        self._fitted: Fitted | None = None
        #: what was asked for last, as it was answered
        self.shown: Fitted | None = None

    def fitted(self, level: Level, view: Viewport, dragging: bool) -> Fitted | None:
        """The fit the scene asks for; while a better one is made, one that was made while something was dragged.

        None where there is neither, and where the scene asks for none.
        """
        self.shown = self._asked_for(level, view, dragging)
        return self.shown

    def _asked_for(self, level: Level, view: Viewport, dragging: bool) -> Fitted | None:
        part, density = self._sim.scene.fit, self._sim.density
        if part.kind == "none" or density is None:
            self._wanted = None
            return None
        asked = _Asked(density, level, part, dragging)
        if asked == self._made:
            self._wanted = asked
        elif self._background is None or dragging:
            self._wanted = asked
            self._take(asked, *_fitted_to(asked, self._q if dragging else None, lambda: None))
        elif asked != self._wanted:
            self._wanted = asked
            self._coming = self._background.submit(self._make, asked)
        elif self.arrived:
            assert self._coming is not None
            self._take(asked, *self._coming.result())
        if self._made is None or replace(self._made, coarse=dragging) != asked:
            return None  # the last one is of something else, and its numbers are not of this
        if view != self._view:
            assert self._q is not None
            assert self._surprise is not None
            s, self._view = self._surprise, view
            lines, curve = self._drawn(self._q, view)
            numbers = (s.entropy, s.cross_entropy, s.forward_kl, s.reverse_kl)
            self._fitted = Fitted(part.kind, lines, curve, *numbers, final=not self._made.coarse)
        return self._fitted

    @property
    def pending(self) -> bool:
        """Whether a fit is being made."""
        return self._wanted is not None and self._wanted != self._made

    @property
    def arrived(self) -> bool:
        """Whether a fit has been made that is not shown yet."""
        return self.pending and self._coming is not None and self._coming.done()

    def stop(self) -> None:
        """What is under way is not wanted any more."""
        self._wanted = None

    def _take(self, asked: _Asked, q: GaussianMixture, found: Surprise) -> None:
        self._made, self._q, self._surprise, self._view = asked, q, found, None

    def _make(self, asked: _Asked) -> tuple[GaussianMixture, Surprise]:
        from visualizer.engine.run.memory import prepare_thread

        prepare_thread()

        def check() -> None:
            if self._wanted != asked:
                raise CancelledError

        return _fitted_to(asked, None, check)

    @staticmethod
    def _drawn(q: GaussianMixture, view: Viewport) -> tuple[tuple[Floats, ...], tuple[Floats, Floats] | None]:
        if q.d == 1:
            x = np.linspace(view.x0, view.x1, 4 * _CELLS)
            density = Marginal.of(q, np.ones(1)).pdf(x)
            return (), (x.astype(np.float32), density.astype(np.float32))
        grid = Grid.over(view, _CELLS, max(8, round(_CELLS * view.height / view.width)))
        log_q = q.log_prob(grid.columns(torch.device("cpu")).T.double()).view(grid.h, grid.w).numpy()
        xs, ys = grid.axes(torch.device("cpu"))
        return contour_lines(xs.numpy(), ys.numpy(), log_q), None


def _fitted_to(
    asked: _Asked, warm: GaussianMixture | None, check: Callable[[], None]
) -> tuple[GaussianMixture, Surprise]:
    density, level, part = asked.density, asked.level, asked.part
    parts = None
    mixture = density.mixture
    if mixture is None or mixture.K > MAX_COMPONENTS:
        found = basins(density, coarse=asked.coarse)
        if found is None:  # so many components, or so narrow ones, that the heaviest must do
            assert mixture is not None  # the basins of what is on a grid are always found
            parts = heaviest(mixture, MAX_COMPONENTS).noised(level.alpha, level.sigma)
        else:
            parts = found.parts.noised(level.alpha, level.sigma)
            if mixture is not None:
                density = _on_grid(mixture, len(found.axes[0]))
    p = density.noised(level.alpha, level.sigma)
    assert part.kind != "none"  # else nobody asks
    q = fit(p, part.kind, part.components, warm, parts, check)
    check()
    return q, surprise(p, q, COARSE if asked.coarse else FINE, parts)


@lru_cache(maxsize=2)
def _on_grid(p: GaussianMixture, cells: int) -> GridDensity:
    """A mixture of hundreds, as of data: looked up on a grid it is a hundred times as fast."""
    bounds = p.bounds(_AROUND)
    values = p.to(dtype=torch.float64).log_prob(cell_places(bounds, cells)).exp().reshape((cells,) * p.d)
    low, high = (tuple(side[i] for side in bounds) for i in (0, 1))
    return GridDensity(GridSource(values, low, high))
