"""Numbers in a corner of the picture: entropy, cross-entropy and the two divergences of a fit."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter

from visualizer.engine.frame import Fitted
from visualizer.engine.palette import Theme
from visualizer.gui.theme import colour, font

_MARGIN, _PAD, _LINE = 10, 9, 19


def _told(nats: float) -> str:
    text = f"{nats:.3f}" if abs(nats) < 100 else f"{nats:.0f}"
    return "0.000" if text == "-0.000" else text


class FitReadout(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """Four numbers, in nats; the one that was made small is marked."""

    def __init__(self, top: bool = False) -> None:
        super().__init__()
        self._top = top
        self._theme: Theme | None = None
        self._rows: tuple[tuple[str, str, bool], ...] = ()
        self._font = font(13)
        self.setFlag(self.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setZValue(1000)
        self.hide()

    def apply_theme(self, t: Theme, scale: float) -> None:
        """Colours, and type so many times as large as usual."""
        self._theme = t
        self.setScale(scale)
        self.update()

    def place(self, corner: QPointF) -> None:
        """Its lower left corner (or upper, if it stands at the top), in the coordinates of its parent."""
        self.setPos(corner)

    def show_fit(self, fitted: Fitted | None) -> None:
        """Other numbers, or none."""
        self.setVisible(fitted is not None)
        if fitted is None:
            return
        rows = (
            ("H(p)", fitted.entropy, False), ("H(p, q)", fitted.cross_entropy, False),
            ("KL(p || q)", fitted.forward_kl, fitted.final and fitted.kind == "covering"),
            ("KL(q || p)", fitted.reverse_kl, fitted.final and fitted.kind == "seeking"),
        )  # fmt: skip
        shown = tuple((name, _told(v), least) for name, v, least in rows)
        if shown != self._rows:
            self.prepareGeometryChange()
            self._rows = shown
            self.update()

    def boundingRect(self) -> QRectF:
        high = _LINE * len(self._rows) + 2 * _PAD
        return QRectF(_MARGIN, _MARGIN if self._top else -high - _MARGIN, self._wide(), high)

    def _wide(self) -> float:
        measure = QFontMetrics(self._font)
        names = max((measure.horizontalAdvance(name) for name, _, _ in self._rows), default=0)
        return names + measure.horizontalAdvance("−000.000 nats, the least") + 2 * _PAD + 14

    def paint(self, painter: QPainter, *_: Any) -> None:
        t = self._theme
        if t is None:
            return
        box = self.boundingRect()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(t.card, 0.88))
        painter.drawRoundedRect(box, 7, 7)
        painter.setFont(self._font)
        measure = QFontMetrics(self._font)
        left = box.left() + _PAD
        numbers = left + max((measure.horizontalAdvance(name) for name, _, _ in self._rows), default=0) + 14
        for i, (name, value, least) in enumerate(self._rows):
            y = box.top() + _PAD + _LINE * i + measure.ascent()
            painter.setPen(colour(t.learned if least else t.muted))
            painter.drawText(QPointF(left, y), name)
            painter.setPen(colour(t.text))
            painter.drawText(QPointF(numbers, y), f"{value} nats" + (", the least" if least else ""))
