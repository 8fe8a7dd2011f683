"""The latent space beside the data: point into the one, and see where it lies in the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from visualizer.engine.findings.latents import Floats, Latents, Posterior
from visualizer.engine.host.talk import SHELF, Errand, Gone
from visualizer.gui.canvas.look import pen
from visualizer.gui.desk import Desk
from visualizer.gui.experiments.base import EXPERIMENTS, Action, Experiment
from visualizer.gui.experiments.one_stroke import joined
from visualizer.gui.theme import colour
from visualizer.gui.widgets.card import Choice
from visualizer.scene.model import Scene

_DRAWN = (
    ("", "No draws"),
    ("of_prior", "Draws, z from the prior p(z)"),
    ("of_codes", "Draws, z from the codes, q(z)"),
)
#: Lines of the lattice are so many values of z apart.
_EVERY = 6
_CIRCLE = np.linspace(0, 2 * np.pi, 121)
#: Bins of the codes on a line.
_BINS = 80
#: How high draws of one dimension lie, below the codes.
_BELOW = -3.6


@EXPERIMENTS.add
class LatentSpace(Experiment):
    """Left the data with the decoder's curve or lattice, right the codes; what the mouse points at is in both."""

    kind, order = "latents", 30.5
    docks = stacks = True
    action = Action("Latent space…", ("Z",), "Codes of the data, their exact posterior, and where the decoder goes")
    heading = "Latent space of an autoencoder"
    explanation = (
        "Point at the data: at the right, what the encoder says of that x, q(z | x) (green), and the exact posterior "
        "p(z | x) (dashed). Point at a code: at the left, where the decoder takes it, g(z), with a circle of τ. Where "
        "codes q(z) leave holes in the prior, draws from the prior land between the modes."
    )
    alone = True
    start_text = "Draw"
    cancel_text = "Stop"

    def __init__(self, desk: Desk, prepared: str) -> None:
        super().__init__(desk)
        self.resize(1180, 640)
        t = self.theme
        self._known: Latents | None = None
        self._asking = False
        self._wanted: tuple[float, ...] | None = None
        self._said_of_all = ""
        self.drawn = Choice(
            list(_DRAWN), "What the decoder makes of either; junk is where p has hardly any mass", "Draws"
        )
        self.drawn.show_value("of_prior")
        self.drawn.activated.connect(self._show)
        self.numbers.addWidget(self.drawn, 1)
        self.numbers.addStretch(2)
        self.data = self.plot(0, 0, "", "data x")
        self.codes = self.plot(0, 1, "", "latent z")
        self.curves = {
            "places": self.data.plot(pen=pen(t.text, 2.0), symbol="+", symbolSize=12, symbolPen=t.text),
            "x": self.data.plot(pen=None, symbol="x", symbolSize=12, symbolPen=pen(t.text, 2.0)),
            "encoder": self.curve(self.codes, "encoder q(z | x)", t.learned),
            "exact": self.curve(self.codes, "exact p(z | x)", t.text, dash=True),
            "prior": self.curve(self.codes, "prior p(z)", t.noise, dash=True),
            "z": self.codes.plot(pen=None, symbol="x", symbolSize=12, symbolPen=pen(t.text, 2.0)),
        }
        for curve in self.curves.values():
            curve.setZValue(10)
        self._dot("draws of the model", t.particles)
        self._dot("data, by mode", t.components[0])
        self.plots.scene().sigMouseMoved.connect(self._pointed)

    @classmethod
    def refusal(cls, scene: Scene) -> str:
        if not scene.target.known:
            return "There is no target whose codes could be shown: choose one first."
        learned = scene.field.kind == "learned"
        return "" if learned else "The exact score is followed: choose or train a VAE first (Ctrl+T)."

    @classmethod
    def prepare(cls, scene: Scene) -> Errand:
        """What the network is; one without an encoder is refused."""
        return Errand("visualizer.engine.experiments.nats:autoencoder", scene, SHELF)

    def work(self) -> Errand:
        self.scene = self.desk.shown
        return Errand("visualizer.engine.experiments.latents:latents", self.scene, SHELF)

    def follow(self, scene: Scene) -> None:
        """Another network or target is looked at at once."""
        if (scene.field, scene.target) != (self.scene.field, self.scene.target) and not self.refusal(scene):
            self.measure()

    def clear(self) -> None:
        super().clear()
        self._known = None

    def draw(self, value: Latents) -> tuple[float, str]:
        self._known = value
        return 1.0, self._show()

    def _show(self, *_: object) -> str:
        v = self._known
        if v is None:
            return ""
        self.forget()
        flat = v.data.shape[1] == 2
        for plot, square in ((self.data, flat), (self.codes, v.codes.shape[1] == 2)):
            plot.setAspectLocked(square)
        self.data.getAxis("left").setLabel("" if flat else "code z")
        self._draw_data(v, flat)
        (self._draw_plane if v.codes.shape[1] == 2 else self._draw_line)(v)
        holes = " and ".join(f"{share:.1%} of z from {of}" for share, of in zip(v.junk, ("p(z)", "q(z)"), strict=True))
        said = f"{v.words}. Junk, where p has hardly any mass: {holes}."
        self._said_of_all = said
        self.status.setText(said)
        return said

    # what is drawn

    def _dots(self, plot: Any, x: Floats, ink: str, alpha: float, size: float = 3.5) -> None:
        self.keep(plot, pg.ScatterPlotItem(*x.T, size=size, pen=None, brush=colour(ink, alpha)))

    def _dot(self, name: str, ink: str) -> None:
        """A dot of a colour in the legend of the data."""
        self.data.plot([], [], pen=None, symbol="o", symbolSize=6, symbolBrush=ink, symbolPen=None, name=name)

    def _line(
        self, plot: Any, points: NDArray[Any], ink: str, width: float, *, dash: bool = False, alpha: float = 1.0
    ) -> None:
        drawn = pen(ink, width, dash=dash)
        drawn.setColor(colour(ink, alpha))
        self.keep(plot, pg.PlotCurveItem(*points.T, pen=drawn))

    def _draw_data(self, v: Latents, flat: bool) -> None:
        t = self.theme
        draws = getattr(v, self.drawn.value) if self.drawn.value else None
        if flat:
            data, carried = v.data, v.carried
            if v.codes.shape[1] == 1:
                tube = pg.mkPen(colour(t.learned, 0.16), width=2 * v.tau)
                tube.setCosmetic(False)
                self.keep(self.data, pg.PlotCurveItem(*carried.T, pen=tube))
                self._line(self.data, carried, t.learned, 2.2)
            else:
                for i in range(0, len(v.axis), _EVERY):
                    for line in (carried[i], carried[:, i]):
                        self._line(self.data, line, t.learned, 1.0, alpha=0.55)
        else:
            data, curve = np.hstack([v.data, v.codes]), np.column_stack([v.carried[:, 0], v.axis])
            self._line(self.data, curve, t.learned, 2.2)
            for side in (-v.tau, v.tau):
                self._line(self.data, curve + np.array([side, 0.0]), t.learned, 1.0, alpha=0.5)
            if draws is not None:
                draws = np.column_stack([draws[:, 0], np.full(len(draws), _BELOW)])
        if draws is not None:
            self._dots(self.data, draws, t.particles, 0.5)
        for k in np.unique(v.modes):
            self._dots(self.data, data[v.modes == k], t.components[k % len(t.components)], 0.55)

    def _draw_plane(self, v: Latents) -> None:
        t = self.theme
        circle = np.column_stack([np.cos(_CIRCLE), np.sin(_CIRCLE)])
        self.curves["prior"].setData(*joined((circle, 2 * circle) if v.plain else ()))
        for k in np.unique(v.modes):
            self._dots(self.codes, v.codes[v.modes == k], t.components[k % len(t.components)], 0.6)

    def _draw_line(self, v: Latents) -> None:
        t = self.theme
        if v.plain:
            prior = np.exp(-0.5 * v.axis**2) / np.sqrt(2 * np.pi)
            self.curves["prior"].setData(v.axis, prior)
        edges = np.linspace(v.axis[0], v.axis[-1], _BINS + 1)
        below = np.zeros(_BINS)
        for k in np.unique(v.modes):
            counts = np.histogram(v.codes[v.modes == k, 0], edges)[0] / (len(v.codes) * (edges[1] - edges[0]))
            bars = pg.BarGraphItem(x0=edges[:-1], x1=edges[1:], y0=below, height=counts, pen=None,
                                   brush=colour(t.components[k % len(t.components)], 0.6))  # fmt: skip
            self.keep(self.codes, bars)
            below = below + counts

    # what the mouse points at

    def _pointed(self, at: Any) -> None:
        v = self._known
        if v is None:
            return
        for plot, told in ((self.data, self._point_at_data), (self.codes, self._point_at_code)):
            box = plot.getViewBox()
            if box.sceneBoundingRect().contains(at):
                place = box.mapSceneToView(at)
                told(v, float(place.x()), float(place.y()))

    def _point_at_data(self, v: Latents, x: float, y: float) -> None:
        self.curves["x"].setData([x], [y])
        for name in ("places", "z"):
            self.curves[name].setData([], [])
        self._wanted = (x, y)[: v.data.shape[1]]
        self._ask()

    def _ask(self) -> None:
        """One question at a time; the newest place counts."""
        if self._asking or self._wanted is None:
            return
        self._asking, at, self._wanted = True, self._wanted, None
        errand = Errand("visualizer.engine.experiments.latents:posterior", self.scene, SHELF, at)
        self.desk.player.ask(self, errand, self._show_posterior, self._not_known)

    def _not_known(self, error: Exception) -> None:
        self._asking = False
        if not isinstance(error, ValueError):
            raise error
        if not isinstance(error, Gone):
            self.status.setText(str(error))

    def _show_posterior(self, found: Posterior) -> None:
        self._asking = False
        v = self._known
        if v is not None and len(found.mean) == 2:
            circle = np.column_stack([np.cos(_CIRCLE), np.sin(_CIRCLE)])
            self.curves["encoder"].setData(*joined(tuple(found.mean + r * found.std * circle for r in (1, 2))))
            self.curves["exact"].setData(*joined(found.rings))
        elif v is not None:
            law = np.exp(-0.5 * ((v.axis - found.mean) / found.std) ** 2) / (found.std * np.sqrt(2 * np.pi))
            self.curves["encoder"].setData(v.axis, law)
            self.curves["exact"].setData(*([], []) if found.curve is None else (v.axis, found.curve))
        if found.gap is not None:
            self.status.setText(
                f"At this x the encoder is {found.gap:.3g} nats from the exact posterior. {self._said_of_all}"
            )
        self._ask()

    def _point_at_code(self, v: Latents, x: float, y: float) -> None:
        for name in ("x", "encoder", "exact"):
            self.curves[name].setData([], [])
        z = (x, y)[: v.codes.shape[1]]
        self.curves["z"].setData([x], [y])
        g = carried_to(v, z)
        if v.data.shape[1] == 2:
            ring = g + v.tau * np.column_stack([np.cos(_CIRCLE), np.sin(_CIRCLE)])
            self.curves["places"].setData(*ring.T, symbol=None)
        else:
            self.curves["places"].setData([g[0] - v.tau, g[0] + v.tau], [z[0], z[0]], symbol="+")


def carried_to(v: Latents, z: tuple[float, ...]) -> Floats:
    """g(z) between the values of z that are known, (d,)."""
    at = np.clip((np.array(z) - v.axis[0]) / (v.axis[1] - v.axis[0]), 0, len(v.axis) - 1.001)
    low = at.astype(int)
    u = at - low
    found = v.carried
    for i, share in zip(low, u, strict=True):  # the first axis of what is left is that of the next latent
        found = (1 - share) * found[i] + share * found[i + 1]
    return np.asarray(found, np.float32)
