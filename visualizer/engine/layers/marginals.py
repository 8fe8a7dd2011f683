"""The laws of the coordinates, beside the plane."""

from __future__ import annotations

from visualizer.engine.drawings import Bars, Curve, Pen, Plot
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.pictures.common import axis_marginal, cell_counts, histogram_of

_CELLS = 288
_PEN = Pen("density", 2.0)
_PLOTS: tuple[Plot, Plot] = ("top", "right")


@LAYERS.add
class MarginalsLayer(Layer):
    """Exact densities of x and of y, and the particles' histograms; of few particles, of all places they have been."""

    kind = "marginals"

    def plane(self, seen: Seen) -> Drawings:
        p, x = seen.sim.density, seen.counted
        bars = []
        for axis, (low, high) in enumerate(seen.limits):
            counts = cell_counts(x[axis], low, high, _CELLS).cpu().numpy()
            edges, heights = histogram_of(counts, low, high, x.shape[1])
            bars.append(Bars(edges, heights, "particles", 0.42, plot=_PLOTS[axis]))

        def make() -> Drawings:
            if p is None:
                return ()
            laws = [axis_marginal(p, seen.level, i, *limits) for i, limits in enumerate(seen.limits)]
            return tuple(Curve(*law, _PEN, plot=plot) for law, plot in zip(laws, _PLOTS, strict=True))

        return (*bars, *seen.once("marginals", p, make))
