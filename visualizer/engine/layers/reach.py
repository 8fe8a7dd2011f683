"""Which wells are hard to reach from which: the two slowest modes of Langevin as hue."""

from __future__ import annotations

from visualizer.engine.drawings import Row, Text
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.pictures.signed import reach_image

#: Names of the relaxation times, the slowest first.
_NAMES = ("1/λ₂ ≈", "1/λ₃ ≈", "1/λ₄ ≈")


@LAYERS.add
class ReachLayer(Layer):
    """The hue of (ψ₂, ψ₃), and their relaxation times; while something is dragged it is not worked out again."""

    kind = "reach"

    def plane(self, seen: Seen) -> Drawings:
        p = seen.sim.density
        if p is None or seen.dragging or p.K == 1:
            return ()

        def make() -> Drawings:
            found = reach_image(p, seen.level, seen.view, seen.theme)
            if found is None:
                return ()
            rows = (Row(name, _spoken(time)) for name, time in zip(_NAMES, found[1], strict=False))
            return seen.image(found[0]), Text(tuple(rows))

        return seen.once("reach", (p, seen.theme), make)


def _spoken(time: float) -> str:
    return f"{time:,.0f}" if time >= 100 else f"{time:.3g}"
