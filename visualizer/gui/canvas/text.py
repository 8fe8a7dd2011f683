"""Text in a corner of the picture: a table of names and values in a box, or a line without one."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter

from visualizer.engine.drawings import Row, Text
from visualizer.gui.canvas.look import Look
from visualizer.gui.theme import colour, font

#: Distance of the box from the corner, in pixels.
_MARGIN = 10
#: Room within the box.
_PAD = 9
#: From one line to the next.
_LINE = 19
#: The part of the plot's height and width that a box may cover, and the least type it shrinks to for that.
_HEIGHT_PART, _WIDTH_PART, _LEAST_TYPE = 0.25, 0.4, 0.75
#: Where a line without a box begins.
_LEFT = 14.0
#: Its baseline.
_BASE = 21.0


class TextItem(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """Names and values; names that stand out are in the colour of what was fitted. On the line it stands at the top."""

    def __init__(self) -> None:
        super().__init__()
        self._top = False
        self._look: Look | None = None
        self._rows: tuple[Row, ...] = ()
        self._font = font(13)
        self.setFlag(self.GraphicsItemFlag.ItemIgnoresTransformations)

    def show(self, drawing: Text, look: Look) -> None:
        """Other rows."""
        if (drawing.rows, look) == (self._rows, self._look):
            return
        self.prepareGeometryChange()
        self._rows, self._look, self._top = drawing.rows, look, drawing.plot != "plane"
        self.update()

    def place(self, room: QRectF) -> None:
        """In the lower left corner of the plot, or in the upper one."""
        self.setPos(room.topLeft() if self._top else room.bottomLeft())
        box = self.boundingRect()
        fits = min(_HEIGHT_PART * room.height() / box.height(), _WIDTH_PART * room.width() / box.width())
        self.setScale((self._look.type_scale if self._look else 1.0) * min(1.0, max(fits, _LEAST_TYPE)))

    def boundingRect(self) -> QRectF:
        high = _LINE * len(self._rows) + 2 * _PAD
        return QRectF(_MARGIN, _MARGIN if self._top else -high - _MARGIN, self._wide(), high)

    def _wide(self) -> float:
        measure = QFontMetrics(self._font)
        names = max((measure.horizontalAdvance(row.name) for row in self._rows), default=0)
        values = max(measure.horizontalAdvance(value) for value in ("−000.000", *(row.value for row in self._rows)))
        return names + values + 2 * _PAD + 14

    def paint(self, painter: QPainter, *_: Any) -> None:
        if self._look is None:
            return
        t = self._look.theme
        if not any(row.value for row in self._rows):
            painter.setFont(font(12))
            painter.setPen(colour(t.text))
            painter.drawText(QPointF(_LEFT, _BASE), self._rows[0].name)
            return
        box = self.boundingRect()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(t.card, 0.88))
        painter.drawRoundedRect(box, 7, 7)
        painter.setFont(self._font)
        measure = QFontMetrics(self._font)
        left = box.left() + _PAD
        numbers = left + max((measure.horizontalAdvance(row.name) for row in self._rows), default=0) + 14
        for i, row in enumerate(self._rows):
            y = box.top() + _PAD + _LINE * i + measure.ascent()
            painter.setPen(colour(t.learned if row.marked else t.muted))
            painter.drawText(QPointF(left, y), row.name)
            painter.setPen(colour(t.text))
            painter.drawText(QPointF(numbers, y), row.value)
