"""Typeset formulas: set by ziamath in a worker, drawn as vectors."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any

from PySide6.QtCore import QByteArray, QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy, QWidget

from visualizer.gui.jobs import run_in_background
from visualizer.gui.sizes import factor, sized

_SIZE = 19.0
_GAP = 8
_ONE_AT_A_TIME = threading.Lock()


@lru_cache(maxsize=256)
def typeset(tex: str, colour: str, size: float = _SIZE) -> str:
    """LaTeX → SVG text."""
    import ziamath

    with _ONE_AT_A_TIME:  # its font's glyphs are read and kept without a lock: two threads mix them up
        ziamath.config.svg2 = False  # with SVG 2 Qt draws nothing but the fraction bars
        try:
            return str(ziamath.Latex(tex, size=size, color=colour).svg())
        except Exception:  # whatever its parser stumbles over
            raise ValueError(f"this line of mathematics cannot be typeset: {tex}") from None


class MathLabel(QWidget):
    """One or more lines of mathematics, shrunk to the width there is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wanted: object = None
        self._given: tuple[tuple[str, ...], str, float | None] | None = None
        self._lines: list[QSvgRenderer] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        sized(self, MathLabel._again)

    def _again(self) -> None:
        if self._given is not None:
            self.show_tex(*self._given)

    def show_tex(self, lines: tuple[str, ...], colour: str, size: float | None = None) -> None:
        """Shows these lines, in type of `size` pixels or as large as other type, as soon as they are set."""
        self._given = (lines, colour, size)
        size = _SIZE * factor() if size is None else size
        key = (lines, colour, size)
        if key == self._wanted:
            return
        self._wanted = key
        self.setAccessibleName(" ".join(lines))
        run_in_background(
            self,
            lambda: (key, tuple(typeset(line, colour, size) for line in lines)),
            self._show,
            lambda _: self._show((key, ())),  # what cannot be set is not shown
        )

    def _show(self, answer: Any) -> None:
        key, svgs = answer
        if key != self._wanted:
            return
        self._lines = [QSvgRenderer(QByteArray(svg.encode())) for svg in svgs]
        self.setFixedHeight(self._height())
        self.update()

    def _height(self) -> int:
        return sum(line.defaultSize().height() for line in self._lines) + _GAP * max(0, len(self._lines) - 1) + 4

    def sizeHint(self) -> QSize:
        return QSize(200, self._height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        y = 2.0
        widest = max((line.defaultSize().width() for line in self._lines), default=1)
        scale = min(1.0, self.width() / widest)
        for line in self._lines:
            size = line.defaultSize()
            line.render(painter, QRectF(0, y, size.width() * scale, size.height() * scale))
            y += size.height() * scale + _GAP
        painter.end()
