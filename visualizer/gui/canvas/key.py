"""What the colours of a map stand for: a bar with numbers in a corner of the picture."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from visualizer.engine.drawings import Key
from visualizer.engine.palette import Theme
from visualizer.gui.canvas.look import Look
from visualizer.gui.theme import colour, font

#: Size of the key, in pixels.
_WIDTH = 176
#: Its height.
_HEIGHT = 46
#: Height of its bar.
_BAR = 8
#: Distance from the corner.
_MARGIN = 10


class KeyItem(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """A name, a row of colours and what some of them stand for."""

    def __init__(self) -> None:
        super().__init__()
        self._theme: Theme | None = None
        self._bar = QImage()
        self._name = ""
        self._ticks: tuple[tuple[float, str], ...] = ()
        self._shown: object = None
        self.setFlag(self.GraphicsItemFlag.ItemIgnoresTransformations)

    def show(self, drawing: Key, look: Look) -> None:
        """Another key. The same one again costs nothing."""
        if (drawing, look) == self._shown:
            return
        self._shown = (drawing, look)
        self._theme, self._name, self._ticks = look.theme, drawing.name, drawing.ticks
        row = drawing.colours
        self._bar = QImage(row.tobytes(), len(row), 1, QImage.Format.Format_ARGB32_Premultiplied).copy()
        self.setScale(look.type_scale)
        self.update()

    def place(self, room: QRectF) -> None:
        """In the lower right corner of the plot."""
        self.setPos(room.bottomRight())

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
        painter.drawText(inner, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, self._name)
        bar = QRectF(inner.left(), inner.top() + 16, inner.width(), _BAR)
        painter.drawImage(bar, self._bar)
        painter.setPen(colour(t.muted))
        measure = painter.fontMetrics()
        for share, text in self._ticks:
            half = 0.5 * measure.horizontalAdvance(text)
            # The first and the last stay above their ends of the bar.
            x = min(max(bar.left() + share * bar.width(), bar.left() + half), bar.right() - half)
            painter.drawText(QRectF(x - 40, bar.bottom() + 1, 80, 14), Qt.AlignmentFlag.AlignCenter, text)
