"""Lines of equal density."""

from __future__ import annotations

from visualizer.engine.drawings import Lines, Pen
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.pictures.common import Same
from visualizer.engine.pictures.contour_lines import contour_lines
from visualizer.engine.pictures.fields import Grid, log_density

#: Cells along the longer side that lines are looked for on; a third of them are enough while something is dragged.
CONTOUR_CELLS = 240
_PEN = Pen("contour", 1.0, 0.33)


@LAYERS.add
class ContoursLayer(Layer):
    """For one Gaussian they are its ellipses at r = 0.6, 1.2, … standard deviations."""

    kind = "contours"

    def plane(self, seen: Seen) -> Drawings:
        p, view = seen.sim.density, seen.view
        if p is None:
            return ()
        density = seen.density_at(p)

        def make() -> Drawings:
            cells = CONTOUR_CELLS // 2 if seen.dragging else CONTOUR_CELLS
            every = max(1, round(max(density.shape) / cells))
            log_p = log_density(density[::every, ::every])
            xs, ys = Grid.over(view, density.shape[1], density.shape[0]).axes(density.device)
            lines = contour_lines(xs[::every].cpu().numpy(), ys[::every].cpu().numpy(), log_p.cpu().numpy())
            return (Lines.of(lines, _PEN),)

        return seen.cache.get("contours", (Same(density), view), make)
