"""Mixtures fitted to a data set, with one component and with more, and what the criterion says of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QKeySequence, QShortcut

from visualizer.engine.host.talk import Errand
from visualizer.gui.canvas.look import pen
from visualizer.gui.desk import Desk
from visualizer.gui.experiments.base import EXPERIMENTS, Experiment
from visualizer.scene.model import Scene
from visualizer.scene.targets.data import DataTarget


@EXPERIMENTS.add
class Mixtures(Experiment):
    """The criterion over the number of components; the best is taken when all are there, any other by a click."""

    kind = "mixtures"
    heading = "Mixtures for these data"
    explanation = (
        "Gaussian mixtures by expectation–maximisation. More components always fit better; BIC = −2 log L + m log n "
        "sets that against their m parameters: the least is best. Click a point to take another number of components."
    )
    start_text = "Fit"

    def __init__(self, desk: Desk, prepared: Any = None) -> None:
        super().__init__(desk)
        self.resize(880, 480)
        t, target = self.theme, self.scene.target
        assert isinstance(target, DataTarget)  # the data's own form opens it
        self._target = target
        undo = QShortcut(QKeySequence(QKeySequence.StandardKey.Undo), self)
        undo.activated.connect(desk.store.undo)
        self._found: Any = None
        self._taking = False
        self.criterion = self.plot(0, 0, "BIC for each point, less the least", "components K")
        self.criterion.legend.hide()
        self.curves = {"bic": self.curve(self.criterion, "", t.density, dots=True)}
        self._taken = pg.ScatterPlotItem(size=13, pen=pen(t.text, 2.0), brush=None)
        self.criterion.addItem(self._taken)
        self.fit = self.plot(0, 1, *(("", "") if target.d == 2 else ("p", "x")))
        self.fit.legend.setOffset((8, 6))
        dots = {"symbol": "o", "symbolSize": 3, "symbolBrush": t.muted, "symbolPen": None, "pen": None}
        bars = {"stepMode": "center", "pen": pen(t.muted, 1.0), "fillLevel": 0, "brush": pg.mkBrush(t.muted + "30")}
        name = "ellipses at 1 and 2 standard deviations" if target.d == 2 else "the mixture"
        self.data = self.fit.plot(name="the data", **(dots if target.d == 2 else bars))
        self.curves["outline"] = self.curve(self.fit, name, t.density)
        self.fit.setAspectLocked(target.d == 2)
        self.plots.scene().sigMouseClicked.connect(self._clicked)

    def work(self) -> Errand:
        return Errand("visualizer.engine.experiments.mixture_fits:fitted_mixtures", self._target.x)

    @classmethod
    def refusal(cls, scene: Scene) -> str:
        # Only data are fitted: other targets have no points of their own.
        return "" if isinstance(scene.target, DataTarget) else "There are no data to fit mixtures to: load some first."

    def follow(self, scene: Scene) -> None:
        """What is marked is what the target of the picture is, whoever has changed it."""
        present = scene.target
        if self.runner.running or self._found is None or self._taking:
            return
        mixtures = self._found.mixtures
        if present in mixtures:
            k = mixtures.index(present) + 1
            self._mark(k)
            self.status.setText(f"K = {k} is the target.")
        else:
            self._taken.setData([], [])
            self.status.setText("None of these is the target. Click a point for one.")

    def _mark(self, k: int) -> None:
        self._taken.setData([k], [self._heights()[k - 1]])
        self._outline(k)

    def _outline(self, k: int) -> None:
        self.curves["outline"].setData(*self._found.outlines[k - 1], connect="finite")

    def clear(self) -> None:
        super().clear()
        self._taken.setData([], [])

    def draw(self, value: Any) -> tuple[float, str]:
        if self._found is None or not len(value.mixtures):
            self.data.setData(*((value.edges, value.data) if len(value.edges) else value.data.T))
        self._found = value
        heights = self._heights()
        self.curves["bic"].setData(np.arange(1, len(heights) + 1), heights)
        self.criterion.setXRange(0.7, value.most + 0.3, padding=0)
        if value.done < 1:
            if value.mixtures:
                self._outline(value.best)
            return value.done, f"K = {min(len(heights) + 1, value.most)} of {value.most}."
        return 1.0, self._take(value.best)

    def _heights(self) -> Any:
        bic = np.array(self._found.bic)
        return (bic - bic.min()) / self._found.points if len(bic) else bic

    def _take(self, k: int) -> str:
        """Makes one of them the target, where the target is still the data or another of them; says what it did."""
        found = self._found
        self._mark(k)
        present = self.desk.shown.target
        # Another bandwidth is of the same data.
        data = isinstance(present, DataTarget) and present.with_(bandwidth=None) == self._target.with_(bandwidth=None)
        if not data and present not in found.mixtures:
            return f"K = {k} is shown here. The target of the picture is another by now: choose the data to take it."
        self._taking = True
        self.desk.cards.target.adopt(found.mixtures[k - 1], f"fit a mixture of {k}")
        self._taking = False
        least = "the least BIC" + (" of those tried" if found.best == found.most else "")
        if k != found.best:
            return f"K = {k} is the target now; K = {found.best} has {least}."
        back = " Ctrl+Z brings the data back." if data else ""
        return f"K = {k} has {least}: it is the target now.{back}"

    def _clicked(self, event: Any) -> None:
        box = self.criterion.getViewBox()
        if self.runner.running or self._found is None or not box.sceneBoundingRect().contains(event.scenePos()):
            return
        k = round(box.mapSceneToView(event.scenePos()).x())
        if 1 <= k <= len(self._found.mixtures):
            self.status.setText(self._take(k))
