"""Over the picture while presenting: the pointer's spot, marks with a few words, or nothing but black."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QRadialGradient
from PySide6.QtWidgets import QWidget

from visualizer.engine.palette import Theme
from visualizer.gui.canvas.base import Canvas
from visualizer.gui.figure import Figure
from visualizer.gui.theme import colour, font
from visualizer.scene.tour import Mark

_SPOT = 26.0
#: The pointer's spot goes when the mouse has rested so long.
SPOT_SECONDS = 2.5
#: A window of this height has type of the usual size on its axes.
_USUAL_HEIGHT = 620
#: Radius of the ring around the pointer, in pixels.
_RING = 22.0
#: Distance of a mark's text from its place.
_GAP = 14.0


def type_scale(height: int) -> float:
    """How much larger than usual the axes' type is in a window of this height."""
    return max(1.0, height / _USUAL_HEIGHT)


class Overlay(QWidget):
    """Lies over the figure; the mouse goes through it, so that everything stays live."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(figure)
        self._figure = figure
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self._marks: tuple[Mark, ...] = ()
        self._theme: Theme | None = None
        self._size = 18
        self._spot: QPoint | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(round(1000 * SPOT_SECONDS))
        self._timer.timeout.connect(self._forget_spot)
        self.hide()

    def show_marks(self, marks: tuple[Mark, ...], t: Theme, size: int) -> None:
        """What to look at, with words in type of `size` pixels."""
        self._marks, self._theme, self._size = marks, t, size
        self.cover()

    def cover(self) -> None:
        """Lies over the whole figure."""
        self.setGeometry(self._figure.rect())
        self.raise_()
        self.update()

    def move_spot(self, at: QPoint) -> None:
        """The mouse has moved: the spot follows, and goes after a while."""
        self.set_spot(at)
        self._timer.start()

    def set_spot(self, at: QPoint | None) -> None:
        """Where the spot is, if there is one."""
        self._spot = at
        self.update()

    def _forget_spot(self) -> None:
        self.set_spot(None)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = self._theme
        if t is None or not self._figure.canvases:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        canvas = self._figure.canvases[0]
        for mark in self._marks:
            self._paint_mark(painter, canvas, mark, t)
        if self._spot is not None:
            self._paint_spot(painter, QPointF(self._spot), t)
        painter.end()

    def _paint_spot(self, painter: QPainter, at: QPointF, t: Theme) -> None:
        glow = QRadialGradient(at, _SPOT)
        glow.setColorAt(0.0, colour(t.error, 0.9))
        glow.setColorAt(0.35, colour(t.error, 0.55))
        glow.setColorAt(1.0, colour(t.error, 0.0))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(glow)
        painter.drawEllipse(at, _SPOT, _SPOT)

    def _paint_mark(self, painter: QPainter, canvas: Canvas, mark: Mark, t: Theme) -> None:
        at = QPointF(canvas.mapTo(self._figure, canvas.place(mark.at).toPoint()))
        radius = _RING
        if mark.radius is not None:
            edge = canvas.place((mark.at[0] + mark.radius, *mark.at[1:]))
            centre = canvas.place(mark.at)
            radius = max(6.0, abs(edge.x() - centre.x()) + abs(edge.y() - centre.y()))
        for ink, width in ((colour(t.canvas, 0.8), 6.0), (QColor(t.text), 2.4)):
            painter.setPen(QPen(ink, width))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(at, radius, radius)
        if mark.text:
            self._paint_label(painter, at, radius, mark.text, t)

    def _paint_label(self, painter: QPainter, at: QPointF, radius: float, text: str, t: Theme) -> None:
        """To the right of the ring, or to its left where there is no room."""
        painter.setFont(font(self._size))
        box = painter.fontMetrics().boundingRect(text)
        wide, high = box.width() + 20.0, box.height() + 10.0
        left = at.x() + radius + _GAP
        if left + wide > self.width() - 8:
            left = at.x() - radius - _GAP - wide
        top = min(max(at.y() - high / 2, 4.0), self.height() - high - 4.0)
        frame = QRectF(left, top, wide, high)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(t.card, 0.92))
        painter.drawRoundedRect(frame, 7, 7)
        painter.setPen(QColor(t.text))
        painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, text)


class Blank(QWidget):
    """Nothing to look at but the lecturer."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet("background: black;")
        self.hide()

    def toggle(self) -> bool:
        """Black, or the picture again; says which."""
        parent = self.parentWidget()
        if parent is not None:
            self.setGeometry(parent.rect())
        blank = self.isHidden()
        self.setVisible(blank)
        self.raise_()
        return blank
