"""Walk–jump on handwritten digits, in a window of its own: the lecture's picture, live."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QPushButton

from visualizer.engine.findings.digits import CLASSES, SHIPPED, DigitFacts, DigitLesson, DigitSigmas, DigitWalk, Walking
from visualizer.engine.host.talk import SHELF, Errand
from visualizer.gui.canvas.look import pen
from visualizer.gui.desk import Desk
from visualizer.gui.document.asking import ask_to_save
from visualizer.gui.experiments.base import EXPERIMENTS, Action, Experiment
from visualizer.gui.experiments.films import FILMS, Film
from visualizer.gui.theme import colour
from visualizer.gui.widgets.card import Choice
from visualizer.gui.widgets.number import NumberSlider, Range
from visualizer.gui.widgets.strips import Row, Strips, class_colours

_ENGINE = "visualizer.engine.experiments.digits"
#: σ that are measured.
_SIGMAS = (0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8)
#: States that are kept for a film.
_FILMED = 600


@EXPERIMENTS.add
class Digits(Experiment):
    """Two running strips above; below, where the chain is, how long its noise is, and what it has visited."""

    kind, order = "digits", 40
    action = Action("Walk–jump on digits…", ("Ctrl+Shift+W",), "The same sampler in 64 dimensions: handwritten digits")
    heading = "Walk–jump on handwritten digits"
    explanation = (
        "Each picture is a point in 64 dimensions. The walk y moves by Langevin steps over digits smoothed by σ; the "
        "jump x̂ = E[x | y] cleans it, and never feeds back. Small σ: clean digits, and the walk stays in one class. "
        "Large σ: it visits all ten, and the jumps are blurred."
    )
    start_text = "Walk"
    cancel_text = "Stop"
    alone = True

    def __init__(self, desk: Desk, prepared: DigitFacts) -> None:
        super().__init__(desk)
        self.resize(1240, 700)
        self._facts = prepared
        self._doing = "walk"
        self._net = SHIPPED
        self._walk: DigitWalk | None = None
        self._film = Film(_FILMED)
        self._changing = False
        self._path = Path()
        self._make_numbers()
        self.strips = Strips(self.theme, rows=2)
        self.strips.setAccessibleName("Walk and jumps, the newest at the right")
        self.column.insertWidget(2, self.strips)
        self._make_plots()
        self._make_more_buttons()

    @classmethod
    def prepare(cls, scene: Any) -> Errand:
        """The digits themselves, whatever the scene."""
        return Errand(f"{_ENGINE}:facts")

    def _make_numbers(self) -> None:
        self.sigma = NumberSlider("σ", Range(0.15, 1.0, log=True), "Noise of the walk; ink is 1. Jumps: y + σ² s_σ(y)")
        self.pace = NumberSlider("h / σ²", Range(0.02, 1.0, log=True), "Step of the walk, in units of σ²")
        classes = [("", "Any digit"), *((str(i), f"Towards {i}") for i in range(CLASSES))]
        self.label = Choice(classes, "Guidance: s + w (s(y | digit) − s)", "Class")
        self.guidance = NumberSlider("w", Range(0.0, 4.0), "Guidance: 1 is the class itself, more is beyond it")
        followed = [("net", "Learned denoiser"), ("exact", "Exact for the 1,797 digits")]
        self.followed = Choice(followed, "The exact one makes nothing but the digits it knows", "Denoiser")
        for slider, value in ((self.sigma, Walking().sigma), (self.pace, Walking().pace), (self.guidance, 1.0)):
            slider.show_value(value)
            slider.edited.connect(slider.show_value)
            slider.edited.connect(self._changed)
        for choice in (self.label, self.followed):
            choice.activated.connect(self._changed)
        for widget, share in ((self.sigma, 3), (self.pace, 3), (self.followed, 3), (self.label, 2), (self.guidance, 2)):
            self.numbers.addWidget(widget, share)
        self.guidance.setEnabled(False)

    def _make_plots(self) -> None:
        t, f = self.theme, self._facts
        self.plane = self.plot(0, 0, "2nd principal component", "1st principal component")
        self.lengths = self.plot(0, 1, "density", "‖y − x̂‖ / σ√64")
        self.classes = self.plot(0, 2, "jumps", "read as")
        self.rates = self.plot(0, 3, "%", "σ")
        for column, share in enumerate((4, 3, 3, 4)):
            self.plots.ci.layout.setColumnStretchFactor(column, share)
        colours = class_colours(t)
        for i in range(CLASSES):
            x, y = f.places[f.labels == i].T
            self.plane.addItem(pg.ScatterPlotItem(x, y, size=3.5, pen=None, brush=colour(colours[i], 0.45)))
            middle = pg.TextItem(str(i), color=colours[i], anchor=(0.5, 0.5))
            middle.setPos(float(np.median(x)), float(np.median(y)))
            self.plane.addItem(middle)
        self.plane.legend.hide()
        for d, law in f.laws.items():
            self.lengths.plot(f.lengths, law, pen=pen(t.density if d > 2 else t.muted, 2.0, dash=d == 2),
                              name=f"‖ε‖/√d, d = {d}")  # fmt: skip
        self.lengths.setXRange(0.4, 1.6, padding=0)
        self.lengths.setYRange(0, 8, padding=0)
        self.bars = pg.BarGraphItem(x=range(CLASSES), height=[0] * CLASSES, width=0.7, brushes=colours, pen=None)
        self.classes.addItem(self.bars)
        self.classes.legend.hide()
        self.classes.getAxis("bottom").setTicks([[(i, str(i)) for i in range(CLASSES)]])
        self.rates.setLogMode(x=True, y=False)
        self.rates.setYRange(0, 105, padding=0)
        self.rates.getAxis("bottom").setTicks([[(np.log10(s), f"{s:g}") for s in _SIGMAS[::2]]])
        self._unmeasured = pg.TextItem("Measure over σ fills this plot", color=t.muted, anchor=(0.5, 0.5))
        self._unmeasured.setPos(float(np.log10(_SIGMAS[0] * _SIGMAS[-1]) / 2), 50)
        self.rates.addItem(self._unmeasured)
        self.rates.setXRange(float(np.log10(_SIGMAS[0])), float(np.log10(_SIGMAS[-1])), padding=0.04)
        self.curves = {
            "path": self.plane.plot(pen=pen(t.text, 1.2)),
            "now": self.plane.plot(pen=None, symbol="o", symbolSize=11, symbolBrush=t.particles, symbolPen=t.canvas),
            "lengths": self.lengths.plot([0, 1], [0], stepMode="center", fillLevel=0,
                                         brush=colour(t.particles, 0.6), pen=pg.mkPen(None), name="the walk's"),
            "visited": self.curve(self.rates, "classes visited in 2,000 steps, of ten", t.particles, dots=True),
            "recognised": self.curve(self.rates, "jumps recognised", t.density, dots=True),
        }  # fmt: skip
        self.rates.legend.setOffset((-8, -6))
        self._now = pg.InfiniteLine(np.log10(self.sigma.value), pen=pen(t.text, 1.0))
        self.rates.addItem(self._now)

    def _make_more_buttons(self) -> None:
        more = (
            ("Measure over σ", self._measure_sigmas, "Mixing against quality: about a minute"),
            ("Train anew", self._train, "The denoiser learns from noisy digits: about two minutes"),
            ("Save film…", self._ask_for_film, "The strips of the last steps, 600 at most, as MP4, GIF, WebM or WebP"),
        )
        for i, (text, slot, tip) in enumerate(more):
            button = QPushButton(text)
            button.setToolTip(tip)
            button.clicked.connect(slot)
            self.buttons.insertWidget(1 + i, button)

    # what is done

    @property
    def asked(self) -> Walking:
        """What is walked."""
        return Walking(
            sigma=self.sigma.value,
            pace=self.pace.value,
            label=int(self.label.value) if self.label.value else None,
            guidance=self.guidance.value,
            net=self._net if self.followed.value == "net" else "",
        )

    def work(self) -> Errand:
        if self._doing == "train":
            return Errand(f"{_ENGINE}:lesson", SHELF)
        if self._doing == "film":
            return self._film.errand(str(self._path), self.strips)
        if self._doing == "sigmas":
            return Errand(f"{_ENGINE}:over_sigma", self.asked, SHELF, _SIGMAS)
        return Errand(f"{_ENGINE}:walking", self.asked, SHELF, self._walk)

    def _do(self, what: str) -> None:
        """Goes over to another kind of work."""
        self._changing = True  # what is stopped by that was not cancelled
        self._doing = what
        self.measure()
        self._changing = False
        self.bar.setVisible(what != "walk")

    def measure(self) -> None:
        if not self._changing:
            self._do("walk")
            return
        super().measure()

    def clear(self) -> None:
        """What was measured stays until something else is."""

    def _changed(self, *_: object) -> None:
        """Another number: the walk goes on with it."""
        self.guidance.setEnabled(bool(self.label.value))
        self._now.setPos(float(np.log10(self.sigma.value)))
        if self._doing == "walk" and self.runner.running:
            self._do("walk")

    def _measure_sigmas(self) -> None:
        self._do("sigmas")

    def _train(self) -> None:
        self.followed.show_value("net")
        self._do("train")

    def _finished(self, whole: bool) -> None:
        if self._changing:
            return
        super()._finished(whole)
        if whole and self._doing == "train":  # and on it goes, with what was learned
            self._do("walk")

    def _cancelled(self, text: str) -> str:
        return f"Stopped. {text}"

    # what is shown

    def draw(self, value: Any) -> tuple[float, str]:
        if isinstance(value, float):
            made = f"{self._path}: the strips of the last {len(self._film):,} steps"
            return value, f"Saved {made}." if value == 1 else f"Writing {made}."
        if isinstance(value, DigitLesson):
            return self._show_lesson(value)
        if isinstance(value, DigitSigmas):
            return self._show_sigmas(value)
        return self._show_walk(value)

    def _show_walk(self, v: DigitWalk) -> tuple[float, str]:
        self._walk = v
        s = self.asked.sigma
        rows = (Row("walk y", v.walk, -2 * s, 1 + 2 * s), Row("jump x̂", v.jumps))
        self.strips.show_rows(rows, v.reads, v.sure)
        self._film.add(v, rows, self.strips)
        self.curves["path"].setData(*v.path[-60:].T)
        self.curves["now"].setData(*v.path[-1:].T)
        self.bars.setOpts(height=v.visited)
        seen, width = v.counted, float(v.edges[1] - v.edges[0])
        self.curves["lengths"].setData(v.edges, v.norms / (max(1, seen) * width), stepMode="center")
        if not seen:
            return 0.0, f"Step {v.step:,}. The chain gets used to the new numbers."
        visited = int((v.visited > 0).sum())
        return 0.0, (
            f"{visited} of ten classes in {seen:,} steps, {v.recognised / seen:.0%} of the jumps recognised, "
            f"{v.far / seen:.2f} to the nearest digit (among themselves: {self._facts.neighbour:.2f})."
        )

    def _show_sigmas(self, v: DigitSigmas) -> tuple[float, str]:
        self._unmeasured.hide()
        sigma = np.array([p.sigma for p in v.points])
        self.curves["visited"].setData(sigma, np.array([10 * p.classes for p in v.points]))
        self.curves["recognised"].setData(sigma, np.array([100 * p.recognised for p in v.points]))
        said = f"{len(v.points)} of {len(_SIGMAS)} σ, twenty chains each."
        if v.points:
            best = max(v.points, key=lambda p: min(p.classes / CLASSES, p.recognised))
            said += (
                f" Best of both at σ = {best.sigma:g}: {best.classes:.1f} classes, {best.recognised:.0%} recognised."
            )
        return v.done, said

    def _show_lesson(self, v: DigitLesson) -> tuple[float, str]:
        self._net = v.name
        s = v.sigma
        rows = (Row("noisy y", v.noisy, -2 * s, 1 + 2 * s), Row("x̂_θ(y)", v.denoised))
        none = np.empty(0)
        self.strips.show_rows(rows, none.astype(np.int8), none.astype(bool))
        error = float(((v.denoised - v.clean) ** 2).sum(1).mean())
        return v.step / v.steps, f"Step {v.step:,} of {v.steps:,}. E‖x − x̂‖² of these at σ = {s:g}: {error:.2f}."

    # a film

    def _ask_for_film(self) -> None:
        if not len(self._film):
            self.status.setText("Let it walk first: a film shows the steps that were taken.")
            return
        path = ask_to_save(self, "Save film", "digits.mp4", FILMS, ".mp4")
        if path is None:
            return
        self._path = path
        self._do("film")
