"""The density of a network whose law is known: beside the exact one."""

from __future__ import annotations

from visualizer.engine.drawings import Curve, Lines, Pen
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.layers.contours import CONTOUR_CELLS
from visualizer.engine.pictures.common import axis_marginal
from visualizer.engine.pictures.contour_lines import contour_lines
from visualizer.engine.pictures.fields import density_on_grid, log_density

_LINES = Pen("learned", 1.2)  # opaque: where segments join, others are seen twice
_CURVE = Pen("learned", 2.0)


@LAYERS.add
class LawLayer(Layer):
    """p_θ at the noise level that is shown."""

    kind = "law"

    def plane(self, seen: Seen) -> Drawings:
        law = None if seen.sim.net is None else seen.sim.net.law
        if law is None:
            return ()

        def make() -> Drawings:
            grid = seen.grid_of(CONTOUR_CELLS // 2 if seen.dragging else CONTOUR_CELLS)
            log_p = log_density(density_on_grid(law, seen.level, grid))
            xs, ys = (v.cpu().numpy() for v in grid.axes(log_p.device))
            return (Lines.of(contour_lines(xs, ys, log_p.cpu().numpy()), _LINES),)

        return seen.once("law", (law, seen.dragging), make)

    def line(self, seen: Seen) -> Drawings:
        law = None if seen.sim.net is None else seen.sim.net.law
        if law is None:
            return ()

        def make() -> Drawings:
            _, p = axis_marginal(law, seen.level, 0, seen.view.x0, seen.view.x1, len(seen.along))
            return (Curve(seen.along, p, _CURVE, plot="density"),)

        return seen.once("law", law, make)
