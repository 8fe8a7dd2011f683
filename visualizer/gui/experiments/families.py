"""One target, all families of generative models: pictures, a table, who covers and who seeks, and golf."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from visualizer.engine.host.talk import SHELF, Errand
from visualizer.gui.desk import Desk
from visualizer.gui.experiments.base import EXPERIMENTS, Action, Experiment
from visualizer.scene.field import LearnedField
from visualizer.scene.model import Scene
from visualizer.scene.samplers.strokes import StrokesSampler

#: Divergences below this are drawn here: the axes are logarithmic.
_LEAST = 1e-3
#: Small pictures in a row.
_ROW = 7
#: Of the table, and what they say.
_COLUMNS = ("", "strokes", "weights", "train s", "KL(p‖q)", "KL(q‖p)", "JS", "W₂", "junk %", "occupancy %", "dropped")
_OCCUPANCY = 9
_TIPS = (
    "Double-click to watch its balls in the picture",
    "Evaluations of the network for one draw",
    "Numbers that were learned",
    "Seconds of training, two at a time",
    "Nats; large where q misses what p has. ≈: q is a smoothed cloud of draws",
    "Nats; large where q has what p has not",
    "Jensen–Shannon divergence in nats, at most 0.69",
    "Sliced W₂ of 4,000 draws; exact draws reach the floor",
    "Draws where only 0.1 % of exact draws would lie",
    "Share of the draws in each mode",
    "Modes with less than a tenth of their share",
)


@EXPERIMENTS.add
class FamiliesPage(Experiment):
    """Each family trains small on the target that is shown; the exact denoisers stand among them."""

    kind, order = "families", 35
    action = Action("All families on this target…", ("Ctrl+J",), "VAE, GAN, flow, diffusion and the rest, side by side")
    heading = "One target, all families"
    explanation = (
        "Every family trains for some seconds on the target, and is held against the exact one. On the right, above: "
        "who covers the target (small KL(p‖q)) and who keeps to it (small KL(q‖p)). Below: golf, strokes and error; "
        "the exact denoisers show what strokes alone cost. Double-click a row to watch its balls."
    )
    start_text = "Train all"
    begins = False

    def __init__(self, desk: Desk, prepared: Any = None) -> None:
        super().__init__(desk)
        self.resize(1240, 720)
        self._pictures: dict[str, Any] = {}
        self._numbers: dict[str, int] = {}
        self._box: list[tuple[float, float]] | None = None
        self._known: Any = None
        self._colours: dict[str, str] = {}
        self.small = pg.GraphicsLayoutWidget()
        self.small.setAccessibleName("Draws of each family")
        self.small.setBackground(self.theme.canvas)
        self.small.setFixedHeight(200)
        self.column.insertWidget(2, self.small)
        self._make_table()
        self.middle.insertWidget(0, self.table, 3)
        self.middle.setStretch(1, 2)
        self.plane = self.plot(0, 0, "KL(q‖p), nats", "KL(p‖q), nats")
        self.golf = self.plot(1, 0, "W₂", "strokes")
        for plot in (self.plane, self.golf):
            plot.setLogMode(x=True, y=True)
            plot.legend.hide()
        self.golf.getAxis("bottom").setTicks([[(np.log10(n), str(n)) for n in (1, 2, 4, 8, 16, 32, 64)]])
        self.golf.setXRange(-0.08, 1.95, padding=0)
        self.plane.getAxis("bottom").setTicks([[(n, f"{10.0**n:g}") for n in range(-4, 3)]])

    @classmethod
    def refusal(cls, scene: Scene) -> str:
        return "" if scene.target.known else "There is no target to learn: choose one first."

    def work(self) -> Errand:
        return Errand("visualizer.engine.experiments.families:families", self.scene, SHELF)

    def _make_table(self) -> None:
        self.table = QTableWidget(0, len(_COLUMNS))
        self.table.setAccessibleName("Families of models")
        for i, (name, tip) in enumerate(zip(_COLUMNS, _TIPS, strict=True)):
            item = QTableWidgetItem(name)
            item.setToolTip(tip)
            self.table.setHorizontalHeaderItem(i, item)
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setSectionResizeMode(_OCCUPANCY, QHeaderView.ResizeMode.Stretch)
        self.table.verticalHeader().setDefaultSectionSize(20)
        self.table.setMinimumHeight(150)
        self.table.cellDoubleClicked.connect(lambda row, _: self._watch(row))
        self.table.cellActivated.connect(lambda row, _: self._watch(row))

    def clear(self) -> None:
        super().clear()
        self._known = None
        self.table.setRowCount(0)
        self.small.clear()
        self._pictures.clear()
        self._numbers.clear()
        self._box = None

    def draw(self, value: Any) -> tuple[float, str]:
        before = 0 if self._known is None else len(self._known.found)
        fresh = self._known is None or len(value.found) != before
        self._known = value
        if fresh:
            everyone = (value.exact, *value.found)
            for family in everyone:
                self._show_draws(family)
            self._fill_table(everyone)
            self._show_plots(value)
        failed = "".join(f" {title} could not be trained: {why}" for title, why in value.failed)
        return value.done, (f"Training: {value.doing}." if value.done < 1 else "All are trained.") + failed

    # what is drawn

    def _colour(self, title: str) -> str:
        t = self.theme
        wheel = (*t.components, t.noise, t.learned, t.error, t.particles)
        return self._colours.setdefault(title, wheel[len(self._colours) % len(wheel)])

    def _number(self, title: str) -> int:
        """Of a family, in the order in which they were done."""
        return self._numbers.setdefault(title, len(self._numbers) + 1)

    def _show_draws(self, family: Any) -> None:
        if family.title in self._pictures:
            return
        place = len(self._pictures)
        name = "The target" if family.kind == "exact" else f"{self._number(family.title)}  {family.title}"
        plot = self.small.addPlot(row=place // _ROW, col=place % _ROW, enableMenu=False)
        plot.hideButtons()
        plot.setMouseEnabled(False, False)
        plot.setTitle(name, size="11px", color=self.theme.text)
        for side in ("left", "bottom"):
            plot.hideAxis(side)
        self._pictures[family.title] = plot
        value = self.theme.density if family.kind == "exact" else self.theme.particles
        x = family.draws
        if x.shape[1] == 2:
            plot.setAspectLocked(True)
            colour = pg.mkColor(value)
            colour.setAlpha(110)
            plot.addItem(pg.ScatterPlotItem(x[:, 0], x[:, 1], size=2, pen=None, brush=colour))
        else:
            heights, edges = np.histogram(x[:, 0], 60, density=True)
            plot.plot(edges, heights, stepMode="center", fillLevel=0, brush=value, pen=None)
        if self._box is None:
            low, high = np.quantile(x, (0.002, 0.998), axis=0)
            self._box = [(a - 0.1 * (b - a), b + 0.1 * (b - a)) for a, b in zip(low, high, strict=True)]
        plot.setXRange(*self._box[0], padding=0)
        if len(self._box) == 2:
            plot.setYRange(*self._box[1], padding=0)

    def _fill_table(self, everyone: tuple[Any, ...]) -> None:
        self.table.setRowCount(len(everyone))
        for row, family in enumerate(everyone):
            for column, text in enumerate(cells(family, 0 if family.kind == "exact" else self._number(family.title))):
                item = QTableWidgetItem(text)
                if column and column != _OCCUPANCY:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, item)

    def _show_plots(self, known: Any) -> None:
        self.forget()
        for family in known.found:
            kl, back = family.kl, family.reverse_kl
            if kl is not None and back is not None:  # by draws: one that is nearly 0 may be below it
                self._point(max(kl, _LEAST), max(back, _LEAST), family.title)
        if known.lightest is not None:  # what leaves the lightest mode out pays this, and more the other way
            price = float(-np.log1p(-known.lightest))
            self.keep(self.plane, self._level(price, "price of the lightest mode", self.theme.error))
        self.keep(self.golf, self._level(known.floor, "exact draws", self.theme.muted))
        for family in (known.exact, *known.found):
            strokes, w2 = np.array(family.golf).T
            colour = self.theme.text if family.kind == "exact" else self._colour(family.title)
            dash = Qt.PenStyle.DashLine if family.kind == "exact" else Qt.PenStyle.SolidLine
            curve = pg.PlotDataItem(strokes, w2, pen=pg.mkPen(colour, width=1.6, style=dash), symbol="o", symbolSize=5,
                                    symbolBrush=colour, symbolPen=None)  # fmt: skip
            self.keep(self.golf, curve)
            self._name(self.golf, strokes[-1], w2[-1], self._label(family), colour)

    @staticmethod
    def _level(height: float, name: str, colour: str) -> Any:
        dashed = pg.mkPen(colour, style=Qt.PenStyle.DashLine)
        said = {"color": colour, "position": 0.3, "anchors": [(0.5, 1), (0.5, 1)]}
        return pg.InfiniteLine(np.log10(height), angle=0, pen=dashed, label=name, labelOpts=said)

    def _label(self, family: Any) -> str:
        return "exact" if family.kind == "exact" else str(self._number(family.title))

    def _point(self, x: float, y: float, title: str) -> None:
        colour = self._colour(title)
        dot = pg.PlotDataItem([x], [y], pen=None, symbol="o", symbolSize=8, symbolBrush=colour, symbolPen=None)
        self.keep(self.plane, dot)
        self._name(self.plane, x, y, str(self._number(title)), colour)

    def _name(self, plot: Any, x: float, y: float, title: str, colour: str) -> None:
        text = pg.TextItem(title, color=colour, anchor=(0, 0.5))
        text.setPos(np.log10(x), np.log10(y))
        self.keep(plot, text)

    # watching one

    def _watch(self, row: int) -> None:
        """The picture follows the family of a row, and shows its strokes."""
        if self._known is None:
            return
        family = (self._known.exact, *self._known.found)[row]
        if not family.net:
            self.status.setText("The exact denoisers are the target's own: they are followed where no network is.")
            return
        shown = self.desk.shown
        process = shown.process if shown.process.kind == family.process else {"kind": family.process}
        strokes = StrokesSampler(strokes=family.strokes, frames=max(2, 90 // family.strokes))
        plain = shown.training.with_(coupling="independent")  # another one is for the linear process alone
        training = shown.training if shown.process.kind == family.process else plain
        scene = shown.with_(process=process, training=training, field=LearnedField(file=family.net), sampler=strokes)
        self.desk.edit_picture(scene, f"watch {family.title}")
        self.status.setText(f"{family.title} is in the picture. Play it.")


def cells(family: Any, number: int) -> tuple[str, ...]:
    """A row of the table."""
    exact = family.kind == "exact"

    def nats(value: float | None) -> str:
        about = "≈ " if family.about else ""
        return "–" if value is None else "0" if exact else f"{about}{max(0.0, value):.3f}"

    occupancy = "" if family.occupancy is None else " ".join(f"{100 * v:.0f}" for v in family.occupancy[:12])
    return (
        family.title if exact else f"{number}  {family.title}",
        str(family.strokes), f"{family.weights:,}", f"{family.seconds:.0f}", nats(family.kl),
        nats(family.reverse_kl), nats(family.js), f"{family.w2:.3f}", f"{100 * family.junk:.1f}", occupancy,
        "" if family.dropped is None else str(family.dropped),
    )  # fmt: skip
