"""The laws of the coordinates, beside the plane."""

from __future__ import annotations

from visualizer.engine.drawings import Bars, Curve, Pen, Plot
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.pictures.common import axis_marginal

_PEN = Pen("density", 2.0)
_PLOTS: tuple[Plot, Plot] = ("top", "right")


@LAYERS.add
class MarginalsLayer(Layer):
    """Exact densities of x and of y, and the particles' histograms; of few particles, of all places they have been."""

    kind = "marginals"

    def plane(self, seen: Seen) -> Drawings:
        p = seen.sim.density
        bars = [Bars(*seen.histogram_along(axis), "particles", 0.42, plot=plot) for axis, plot in enumerate(_PLOTS)]

        def make() -> Drawings:
            if p is None:
                return ()
            laws = [axis_marginal(p, seen.level, i, *limits) for i, limits in enumerate(seen.limits)]
            return tuple(Curve(*law, _PEN, plot=plot) for law, plot in zip(laws, _PLOTS, strict=True))

        return (*bars, *seen.once("marginals", p, make))
