"""Two lines that cut the plane, to be dragged."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QObject, Signal

from visualizer.engine.palette import Theme
from visualizer.gui.canvas.look import pen
from visualizer.gui.theme import colour, font

_DIGITS = 3


class Cut(QObject):
    """The lines in the picture."""

    #: the lines cross at (x, y)
    moved = Signal(tuple)
    gesture = Signal(bool)

    def __init__(self, plane: Any) -> None:
        super().__init__()
        self._dragging = False
        self.lines = tuple(
            pg.InfiniteLine(
                angle=angle,
                movable=True,
                label=f"{name} = {{value:.2f}}",
                labelOpts={"position": 0.94},
            )
            for angle, name in ((90, "x"), (0, "y"))
        )
        for line in self.lines:
            line.setZValue(900)
            line.hide()
            plane.addItem(line, ignoreBounds=True)
            line.sigDragged.connect(self._dragged)
            line.sigPositionChangeFinished.connect(self._released)

    def apply_theme(self, t: Theme, scale: float) -> None:
        """Colours, and type so many times as large as usual."""
        for line in self.lines:
            line.setPen(pen(t.text, 1.2, 0.75, dash=True))
            line.setHoverPen(pen(t.text, 2.2, 1.0))
            line.label.setFont(font(round(11 * scale)))
            line.label.setColor(t.text)
            line.label.fill = pg.mkBrush(colour(t.card, 0.85))

    def show_cut(self, cut: tuple[float, float] | None) -> None:
        """Puts the lines where the scene says."""
        for i, line in enumerate(self.lines):
            line.setVisible(cut is not None)
            if cut is not None and not self._dragging:
                line.setValue(cut[i])

    def _dragged(self) -> None:
        if not self._dragging:
            self._dragging = True
            self.gesture.emit(True)
        self.moved.emit(tuple(round(float(line.value()), _DIGITS) for line in self.lines))

    def _released(self) -> None:
        self._dragging = False
        self.gesture.emit(False)
