"""Beside the picture: the jumps of walk–jump on digits, one after another, as on a page of a lecture."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from visualizer.engine.findings.digits import SIDE, DigitSheet
from visualizer.engine.host.talk import Errand
from visualizer.engine.palette import Theme
from visualizer.gui.run.player import Ask
from visualizer.gui.widgets.card import muted
from visualizer.gui.widgets.strips import Row, shaded

#: Pictures in a row, and rows.
_COLUMNS, _ROWS = 12, 12


class _Page(QWidget):
    """The pictures, row by row."""

    def __init__(self) -> None:
        super().__init__()
        self.theme: Theme | None = None
        self.sheet: DigitSheet | None = None

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.sheet is None or self.theme is None:
            return
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self.theme.canvas))
        side = self.width() // _COLUMNS
        for i, image in enumerate(shaded(Row("", self.sheet.jumps), self.theme)):
            pixels = np.ascontiguousarray(image)
            at = QRect(i % _COLUMNS * side, i // _COLUMNS * side, side - 1, side - 1)
            painter.drawImage(at, QImage(pixels.data, SIDE, SIDE, QImage.Format.Format_RGB32))
        painter.end()


class SheetView(QWidget):
    """All steps of one chain with one σ."""

    def __init__(self, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ask = ask
        self.page, self.note = _Page(), muted()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.page)
        layout.addWidget(self.note)
        layout.addStretch(1)
        self._wanted = 0.0

    def show_sheet(self, sigma: float, t: Theme, wide: int, size: int) -> None:
        """With this σ, in so many pixels, and type of `size` pixels."""
        side = wide // _COLUMNS
        self.page.theme = t
        self.page.setFixedSize(_COLUMNS * side, _ROWS * side)
        self.page.update()
        self.note.setStyleSheet(f"font-size: {size}px; color: {t.muted};")
        if sigma != self._wanted:
            self._wanted = sigma
            self._ask(self, Errand("visualizer.engine.experiments.digits:sheet", sigma, _ROWS * _COLUMNS), self._show)

    def _show(self, found: DigitSheet) -> None:
        if found.sigma != self._wanted:
            return
        self.page.sheet = found
        self.page.update()
        classes = len(np.unique(found.reads))
        named = f"{classes} classes" if classes > 1 else "one class"
        self.note.setText(f"σ = {found.sigma:g}: {len(found.reads)} steps of one chain, row by row; {named}")
        self.setAccessibleDescription("reads " + " ".join(map(str, found.reads)))
