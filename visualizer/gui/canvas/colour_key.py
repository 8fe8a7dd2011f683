"""What the colours of a map stand for: a bar with numbers in a corner of the picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from visualizer.engine.palette import LEVELS, Theme, glow_table, signed_table
from visualizer.gui.theme import colour, font

_WIDTH, _HEIGHT, _BAR, _MARGIN = 176, 46, 8, 10
_PIXELS = _WIDTH - 2 * _MARGIN


class ColourKey(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """A name, a row of colours and what some of them stand for."""

    def __init__(self) -> None:
        super().__init__()
        self._theme: Theme | None = None
        self._bar = QImage()
        self._name = ""
        self._ticks: tuple[tuple[float, str], ...] = ()
        self.setFlag(self.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setZValue(1000)
        self.hide()

    def show_error(self, t: Theme) -> None:
        """σ‖s_θ − s‖ from 0 to 1, as the error map colours it (by its square root)."""
        levels = np.rint(np.sqrt(np.linspace(0, 1, _PIXELS)) * (LEVELS - 1)).astype(int)
        ticks = ((0.0, "0"), (0.25, "0.25"), (0.5, "0.5"), (1.0, "≥ 1"))
        self._show(t, "error  σ |s_θ − s|", glow_table(t.name, "error")[levels], ticks)

    def show_band(self, t: Theme, band: tuple[float, float], peak: float) -> None:
        """The part of p in a band of frequencies, from −`peak` to `peak`."""
        levels = np.rint(np.linspace(0, LEVELS - 1, _PIXELS)).astype(int)
        ticks = ((0.0, f"−{peak:.2g}"), (0.5, "0"), (1.0, f"{peak:.2g}"))
        name = f"pₜ within {band[0]:.3g} ≤ |ω| ≤ {band[1]:.3g}"
        self._show(t, name, signed_table(t.name, "error", "density")[levels], ticks)

    def _show(self, t: Theme, name: str, row: NDArray[np.uint32], ticks: tuple[tuple[float, str], ...]) -> None:
        if (t, name, ticks) == (self._theme, self._name, self._ticks):
            return
        self._theme, self._name, self._ticks = t, name, ticks
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
