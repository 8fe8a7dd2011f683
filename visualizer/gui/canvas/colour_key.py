"""What the colours of the error map stand for: a bar with numbers in a corner of the picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from visualizer.engine.palette import LEVELS, Theme, glow_table
from visualizer.gui.theme import colour, font

_WIDTH, _HEIGHT, _BAR, _MARGIN = 168, 46, 8, 10
_TICKS = (0.0, 0.25, 0.5, 1.0)


class ErrorKey(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """σ‖s_θ − s‖ from 0 to 1, as the error map colours it (by its square root)."""

    def __init__(self) -> None:
        super().__init__()
        self._theme: Theme | None = None
        self._bar = QImage()
        self.setFlag(self.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setZValue(1000)
        self.hide()

    def apply_theme(self, t: Theme) -> None:
        """Colours."""
        self._theme = t
        errors = np.linspace(0, 1, _WIDTH - 2 * _MARGIN)
        row = glow_table(t.name, "error")[np.rint(np.sqrt(errors) * (LEVELS - 1)).astype(int)]
        self._bar = QImage(row.tobytes(), len(row), 1, QImage.Format.Format_ARGB32_Premultiplied).copy()
        self.update()

    def place(self, corner: QPointF) -> None:
        """Its lower right corner, in the coordinates of its parent."""
        self.setPos(corner)

    def boundingRect(self) -> QRectF:
        return QRectF(-_WIDTH - _MARGIN, -_HEIGHT - _MARGIN, _WIDTH, _HEIGHT)

    def paint(self, painter: QPainter, *_: Any) -> None:
        t = self._theme
        if t is None:
            return
        box = self.boundingRect()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(t.canvas, 0.8))
        painter.drawRoundedRect(box, 6, 6)
        painter.setPen(colour(t.text))
        painter.setFont(font(11))
        inner = box.adjusted(_MARGIN, 5, -_MARGIN, -4)
        painter.drawText(inner, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, "error  σ |s_θ − s|")
        bar = QRectF(inner.left(), inner.top() + 16, inner.width(), _BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawImage(bar, self._bar)
        painter.setPen(colour(t.muted))
        for value in _TICKS:
            x = bar.left() + value * bar.width()
            label = f"{value:g}" if value < 1 else "≥ 1"
            around = QRectF(x - 20, bar.bottom() + 1, 40, 14)
            painter.drawText(around.translated(_inward(value), 0), Qt.AlignmentFlag.AlignCenter, label)


def _inward(value: float) -> float:
    """The first and the last label stay above their ends of the bar."""
    return {0.0: 3.0, 1.0: -8.0}.get(value, 0.0)
