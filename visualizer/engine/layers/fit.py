"""The smaller mixture that is fitted, with its numbers."""

from __future__ import annotations

from visualizer.engine.drawings import Curve, Lines, Pen, Row, Text
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.pictures.common import Same
from visualizer.engine.pictures.fitted import Fitted

#: Of the ellipses in the plane.
_LINES = Pen("learned", 1.6, 0.95)
#: Of the curve on the line.
_CURVE = Pen("learned", 2.2)


@LAYERS.add
class FitLayer(Layer):
    """q beside p_t, and H(p), H(p, q) and both divergences in nats; drawn where the scene asks for a fit."""

    kind = "fit"

    def plane(self, seen: Seen) -> Drawings:
        fitted = seen.fitter.fitted(seen.level, seen.view, seen.dragging)
        if fitted is None:
            return ()
        return seen.cache.get("fit", Same(fitted), lambda: (Lines.of(fitted.contours, _LINES), Text(rows(fitted))))

    def line(self, seen: Seen) -> Drawings:
        fitted = seen.fitter.fitted(seen.level, seen.view, seen.dragging)
        if fitted is None or fitted.curve is None:
            return ()
        curve, river = fitted.curve, seen.scene.view.picture == "river"

        def make() -> Drawings:
            drawn: Drawings = (Curve(*curve, _CURVE, plot="density"),)
            return drawn if river else (*drawn, Text(rows(fitted), plot="density"))

        return seen.cache.get("fit", (Same(fitted), river), make)


def rows(fitted: Fitted) -> tuple[Row, ...]:
    """The four numbers; the one that was made small is marked."""
    numbers = (
        ("H(p)", fitted.entropy, False), ("H(p, q)", fitted.cross_entropy, False),
        ("KL(p || q)", fitted.forward_kl, fitted.final and fitted.kind == "covering"),
        ("KL(q || p)", fitted.reverse_kl, fitted.final and fitted.kind == "seeking"),
    )  # fmt: skip
    return tuple(Row(name, f"{_told(v)} nats" + (", the least" if least else ""), least) for name, v, least in numbers)


def _told(nats: float) -> str:
    text = f"{nats:.3f}" if abs(nats) < 100 else f"{nats:.0f}"
    return "0.000" if text == "-0.000" else text
