"""What layers share: the moment they draw, and their register."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from functools import cached_property
from typing import ClassVar, TypeVar

import numpy as np
import torch
from torch import Tensor

from visualizer.densities import Density, Field
from visualizer.engine.drawings import Drawing, Floats, Image, Pixels
from visualizer.engine.frame import Viewport
from visualizer.engine.palette import ThemeName, particle_table
from visualizer.engine.pictures.common import Cache, axis_marginal, cell_counts, histogram_of
from visualizer.engine.pictures.crowd import Crowd
from visualizer.engine.pictures.few import over_time
from visualizer.engine.pictures.fields import CPU, DensityCache, Grid
from visualizer.engine.pictures.fitted import Fitter
from visualizer.engine.run.levels import Level
from visualizer.engine.run.simulation import Simulation
from visualizer.register import Register
from visualizer.scene.model import Scene

#: Pixels to a cell of the density while something is dragged.
_COARSE = 3
#: Cells of the density to a standard deviation of what smooths it, and pixels to a cell at most.
_CELLS_TO_H, _SMOOTH = 12, 4
#: Terms that are summed over a picture, at most, and while something is dragged or the density changes as it plays.
_FINE_BUDGET, _COARSE_BUDGET = 3.0e7, 8.0e6
#: Points of a curve on the line.
_POINTS = 640
#: Bins of a histogram on the line.
_BINS = 120
T = TypeVar("T")
Drawings = tuple[Drawing, ...]


class Seen:
    """A moment of a simulation through a viewport, and what several layers draw of it.

    Args:
        sim: the simulation.
        level: the noise level that fields are shown at.
        view: what of the world is seen, on how many pixels.
        dragging: whether something is dragged, so that what is slow is drawn coarse.
        cache: of the picture, from moment to moment.
        kept: the density on the picture's grid, cheap while one component is dragged.
        fitter: the smaller mixture that is fitted.
    """

    def __init__(
        self,
        sim: Simulation,
        level: Level,
        view: Viewport,
        dragging: bool,
        cache: Cache,
        kept: DensityCache,
        fitter: Fitter,
    ) -> None:
        self.sim, self.level, self.view, self.dragging = sim, level, view, dragging
        self.cache, self.fitter = cache, fitter
        self._kept = kept

    @property
    def scene(self) -> Scene:
        """The scene of the simulation."""
        return self.sim.scene

    @property
    def theme(self) -> ThemeName:
        """Dark or light."""
        return self.sim.scene.view.theme

    @property
    def truth(self) -> Field | None:
        """The target's own field, where there is a network to hold against it."""
        return self.sim.truth if self.sim.net is not None else None

    @property
    def role(self) -> str | None:
        """The colour of what is not the target's own score; None where the target's own is followed."""
        followed = self.scene.field.kind == "learned" or self.scene.guidance.kind != "none"
        return "learned" if followed else None

    def once(self, name: str, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, kept until the key, the noise level or the view is another one."""
        return self.cache.get(name, (key, self.level, self.view), make)

    def image(self, pixels: Pixels, *, opaque: bool = False, lift: float = 0.0) -> Image:
        """Pixels over the whole view."""
        v = self.view
        return Image(pixels, (v.x0, v.x1, v.y0, v.y1), v.ratio, opaque, lift=lift)

    # in the plane

    @property
    def limits(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The view along x and along y."""
        return (self.view.x0, self.view.x1), (self.view.y0, self.view.y1)

    def density_at(self, p: Density) -> Tensor:
        """p_t on a grid over the view, (h, w), as fine as there is something to be seen.

        It is coarser where there are many components, and while one is dragged.
        """
        view = self.view
        divisor = _COARSE if self.dragging else self._pixels_to_a_cell(p)  # what is dragged stays on one grid
        while view.width * view.height / divisor**2 * max(1, p.K) > (_COARSE_BUDGET if self.dragging else _FINE_BUDGET):
            divisor *= 2
        w, h = max(8, math.ceil(view.width / divisor)), max(8, math.ceil(view.height / divisor))
        return self._kept.get(p, self.level, Grid.over(view, w, h), self.dragging)

    def _pixels_to_a_cell(self, p: Density) -> int:
        """Between cells of h/12, p is linear to h²/1152 p″ along each axis: to less than can be seen."""
        view, level = self.view, self.level
        pixel = max((view.x1 - view.x0) / view.width, (view.y1 - view.y0) / view.height)
        h = math.hypot(level.alpha * p.bandwidth, level.sigma)
        return min(_SMOOTH, max(1, int(h / (_CELLS_TO_H * pixel))))

    def score_grid(self, n: int, field: Field) -> tuple[Tensor, Tensor, Grid]:
        """Score (2, h, w) and cell centres (2, h, w) on about n cells along the longer side, on the CPU."""
        grid = self.grid_of(n)
        x, (asked, device) = grid.columns(CPU), self.beside(field)
        score = asked.score(x.to(device), self.level.alpha, self.level.sigma).to(CPU)
        return score.view(2, grid.h, grid.w), x.view(2, grid.h, grid.w), grid

    def beside(self, field: Field) -> tuple[Field, torch.device]:
        """A field for the few places of a picture, and where: a network where it is, an exact field on the CPU."""
        if field is self.sim.truth and self.sim.beside is not None:
            return self.sim.beside, CPU
        return field, self.sim.device

    def grid_of(self, n: int) -> Grid:
        """About n cells along the longer side of the view."""
        view, longer = self.view, max(self.view.width, self.view.height)
        return Grid.over(view, max(2, round(n * view.width / longer)), max(2, round(n * view.height / longer)))

    @cached_property
    def crowd(self) -> Crowd:
        """What is counted in the plane: its picture, and how many are in cells along both axes; a GPU is asked once."""
        return Crowd(self.counted, self.view, particle_table(self.theme), self.sim.watch)

    def histogram_along(self, axis: int) -> tuple[Floats, Floats]:
        """Edges and the density of the particles between them along one axis of the view."""
        return histogram_of(*self.crowd.along(axis), self.counted.shape[1])

    # on the line

    @cached_property
    def along(self) -> Floats:
        """Places of curves, (n,)."""
        return np.linspace(self.view.x0, self.view.x1, _POINTS).astype(np.float32)

    @cached_property
    def curves(self) -> tuple[Floats, Floats, Floats] | None:
        """p_0, p_t and its score along the view; None where there is no target."""
        p = self.sim.density
        if p is None:
            return None

        def make() -> tuple[Floats, Floats, Floats]:
            _, target = axis_marginal(p, Level(1.0, 0.0, 0.0), 0, self.view.x0, self.view.x1, _POINTS)
            _, density = axis_marginal(p, self.level, 0, self.view.x0, self.view.x1, _POINTS)
            x = torch.from_numpy(self.along.astype(np.float64))[:, None]
            score = p.noised(self.level.alpha, self.level.sigma).score(x)[:, 0].numpy().astype(np.float32)
            return target, density, score

        return self.once("curves", p, make)

    @cached_property
    def learned(self) -> Floats | None:
        """The score that is followed along the view, where it is not the target's own."""
        field = self.sim.field
        if field is self.sim.truth:
            return None

        def make() -> Floats:
            x = torch.from_numpy(self.along)[None].to(self.sim.device)
            return field.score(x, self.level.alpha, self.level.sigma)[0].cpu().numpy()

        return self.once("learned", field, make)

    @cached_property
    def histogram(self) -> tuple[Floats, Floats]:
        """Edges and the density of the particles between them."""
        x, view = self.counted[0], self.view
        counts = cell_counts(x, view.x0, view.x1, _BINS, self.sim.watch)
        return histogram_of(counts.cpu().numpy(), view.x0, view.x1, x.shape[0], bins=_BINS)

    @property
    def counted(self) -> Tensor:
        """What histograms count, (d, N): the particles, or where few of them have been in a run without end."""
        places = over_time(self.sim)
        return self.sim.state.x if places is None else torch.from_numpy(places.T.copy()).to(self.sim.state.x)

    @property
    def edges(self) -> Floats:
        """Of cells around the places of curves."""
        half = 0.5 * (self.along[1] - self.along[0])
        return np.append(self.along - half, self.along[-1] + half).astype(np.float32)


class Layer:
    """Draws one layer of the pictures of one simulation. It may remember what it drew before."""

    #: its name in scenes
    kind: ClassVar[str]
    #: whether it moves on while the run stands still
    moving: ClassVar[bool] = False
    #: whether its last picture was not yet that of the moment, and the next one is nearer
    behind: bool = False

    def plane(self, seen: Seen) -> Drawings:
        """The drawings of a moment in 2-D, from the bottom up."""
        return ()

    def line(self, seen: Seen) -> Drawings:
        """The drawings of a moment in 1-D."""
        return ()


#: The class of each layer.
LAYERS: Register[type[Layer]] = Register("visualizer.engine.layers", "layer")
