"""Mixtures fitted to a data set, with one component and with more, and what the criterion says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from visualizer.engine.palette import Theme
from visualizer.gui.canvas.base import pen
from visualizer.gui.experiments.base import Experiment
from visualizer.scene.data_target import DataTarget


class MixturesDialog(Experiment):
    """The criterion over the number of components; the best is taken when all are there, any other by a click."""

    heading = "Mixtures for these data"
    explanation = (
        "Gaussian mixtures by expectation–maximisation. More components always fit better; BIC = −2 log L + m log n "
        "sets that against their m parameters: the least is best. Click a point to take another number of components."
    )
    start_text = "Fit"

    #: (mixture, K) to be the target
    chosen = Signal(object, int)

    def __init__(self, target: DataTarget, t: Theme, parent: QWidget | None = None) -> None:
        super().__init__(t, parent)
        self.resize(640, 480)
        self._target = target
        self._found: Any = None
        self.criterion = self.plot(0, 0, "BIC for each point, less the least", "components K")
        self.criterion.legend.hide()
        self.curves = {"bic": self.curve(self.criterion, "", t.density, dots=True)}
        self._taken = pg.ScatterPlotItem(size=13, pen=pen(t.text, 2.0), brush=None)
        self.criterion.addItem(self._taken)
        self.plots.scene().sigMouseClicked.connect(self._clicked)

    def work(self) -> Callable[[], Iterator[object]]:
        target = self._target

        def run() -> Iterator[object]:
            from visualizer.engine.mixture_fits import fitted_mixtures

            return fitted_mixtures(target.x)

        return run

    def clear(self) -> None:
        super().clear()
        self._taken.setData([], [])

    def draw(self, value: Any) -> tuple[float, str]:
        self._found = value
        heights = self._heights()
        self.curves["bic"].setData(np.arange(1, len(heights) + 1), heights)
        self.criterion.setXRange(0.7, value.most + 0.3, padding=0)
        if value.done < 1:
            return value.done, f"K = {min(len(heights) + 1, value.most)} of {value.most}."
        self._take(value.best)
        return 1.0, self._told(value.best)

    def _heights(self) -> Any:
        bic = np.array(self._found.bic)
        return (bic - bic.min()) / self._found.points if len(bic) else bic

    def _told(self, k: int) -> str:
        if k == self._found.best:
            return f"K = {k} has the least BIC: it is the target now. Ctrl+Z brings the data back."
        return f"K = {k} is the target now; K = {self._found.best} has the least BIC."

    def _take(self, k: int) -> None:
        self._taken.setData([k], [self._heights()[k - 1]])
        self.chosen.emit(self._found.mixtures[k - 1], k)

    def _clicked(self, event: Any) -> None:
        box = self.criterion.getViewBox()
        if self.runner.running or self._found is None or not box.sceneBoundingRect().contains(event.scenePos()):
            return
        k = round(box.mapSceneToView(event.scenePos()).x())
        if 1 <= k <= len(self._found.mixtures):
            self._take(k)
            self.status.setText(self._told(k))
