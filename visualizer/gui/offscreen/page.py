"""One picture laid out: the canvases of a figure with title, caption and equation around them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QWidget

from visualizer.engine.frame import Picture
from visualizer.gui.canvas.base import Canvas
from visualizer.gui.figure import Figure
from visualizer.gui.theme import colour, font, theme
from visualizer.gui.widgets.math import typeset
from visualizer.gui.words.equations import equation
from visualizer.scene.model import Scene

#: Around a page, in logical pixels.
_MARGIN = 18
#: Height of the title.
_TITLE = 46
#: Size of type in the equation.
_EQUATION = 22.0
#: Below this height, in logical pixels, a picture has no room for a title.
_TITLE_FROM = 300
#: A picture of this many pixels is drawn at the size of the screen; larger ones are enlarged, type and lines with it.
AS_ON_SCREEN = 1280 * 720


@dataclass(frozen=True)
class Look:
    """How a scene is drawn.

    Attributes:
        width, height: of the result, in pixels.
        title, caption, equation: whether they stand above, above and below the picture.
        transparent: nothing behind the picture; the density fades into it.
        outlines: in an SVG, letters as curves, the same everywhere, in the place of text.
        scale: pixels to a logical one; by default type is as large, beside the picture, as on a screen of 1280 × 720.
    """

    width: int
    height: int
    title: bool = True
    caption: bool = False
    equation: bool = False
    transparent: bool = False
    outlines: bool = False
    scale: float | None = None

    @property
    def ratio(self) -> float:
        """Pixels to a logical one."""
        return self.scale or max(1.0, round(math.sqrt(self.width * self.height / AS_ON_SCREEN), 3))

    @property
    def logical(self) -> tuple[int, int]:
        """Width and height in logical pixels."""
        return math.ceil(self.width / self.ratio), math.ceil(self.height / self.ratio)


class Page:
    """Paints a moment of a scene in logical pixels.

    Args:
        scene: what is drawn.
        look: its size, and what stands around it.
        figure: the canvases that draw it; made if there are none.
    """

    def __init__(self, scene: Scene, look: Look, figure: Figure | None = None) -> None:
        self._theme = theme(scene.view.theme)
        self.scene, self.look = scene, look
        self._width, self._height = look.logical
        roomy = self._height >= _TITLE_FROM
        self._title = _TITLE if look.title and roomy and scene.title else 0
        self._caption = self._caption_height() if look.caption and roomy and scene.caption else 0
        self._header = self._title + self._caption
        self._lines = self._set_equation() if look.equation and roomy else []
        self._footer = sum(round(line.defaultSize().height()) for line in self._lines) + (20 if self._lines else 0)
        self.figure = figure or self._make_figure()
        self._image: QImage | None = None
        #: the bytes of the image, once there is one
        self.pixels: NDArray[np.uint8]

    def _make_figure(self) -> Figure:
        figure = Figure(ratio=self.look.ratio, transparent=self.look.transparent)
        figure.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
        figure.resize(self._width, self._height - self._header - self._footer)
        figure.show_scene(self.scene, self._theme)
        for canvas in figure.canvases:
            if hasattr(canvas, "handles"):
                canvas.handles.hide()
        return figure

    def lay_out(self) -> None:
        """Gives the canvases their sizes and what they show."""
        self.figure.show()
        QApplication.sendPostedEvents()
        self.figure.fit()
        QApplication.sendPostedEvents()

    def close(self) -> None:
        """Lets the canvases go."""
        self.figure.close()
        self.figure.deleteLater()

    def _caption_height(self) -> int:
        box = QRect(0, 0, self._width - 2 * _MARGIN, 10_000)
        return QFontMetrics(font(14)).boundingRect(box, Qt.TextFlag.TextWordWrap, self.scene.caption).height() + 12

    def _set_equation(self) -> list[QSvgRenderer]:
        lines = equation(self.scene.resolved_panels()[0], self._theme, None, False)
        svgs = (typeset(line, self._theme.text, _EQUATION) for line in lines)
        return [QSvgRenderer(QByteArray(svg.encode())) for svg in svgs]

    def image(self, pictures: tuple[Picture, ...]) -> QImage:
        """A moment as an image, which the next call paints over."""
        if self._image is None:
            kind = QImage.Format.Format_ARGB32_Premultiplied if self.look.transparent else QImage.Format.Format_RGB32
            width, height = self.look.width, self.look.height
            # The memory is NumPy's: what is handed on lives on when the page has gone.
            self.pixels = np.zeros((height, width, 4), np.uint8)
            self._image = QImage(self.pixels.data, width, height, 4 * width, kind)
            self._image.setDevicePixelRatio(self.look.ratio)
        if self.look.transparent:
            self._image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(self._image)
        self.paint(painter, pictures)
        painter.end()
        return self._image

    def paint(self, painter: QPainter, pictures: tuple[Picture, ...]) -> None:
        """Draws a moment in logical pixels: onto an image, or onto a page."""
        self.figure.show_pictures(pictures)
        self.paint_ground(painter)
        self.figure.render(painter, QPoint(0, self._header), renderFlags=QWidget.RenderFlag.DrawChildren)
        self._paint_words(painter)

    def paint_ground(self, painter: QPainter) -> None:
        """What lies behind everything."""
        if not self.look.transparent:
            painter.fillRect(QRect(0, 0, self._width, self._height), colour(self._theme.canvas))

    def paint_around(self, painter: QPainter) -> None:
        """Axes, titles, caption and equation: all but what lies inside the plots."""
        for canvas, words in zip(self.figure.canvases, self.figure.titles, strict=True):
            brush = canvas.backgroundBrush()
            canvas.setBackgroundBrush(Qt.BrushStyle.NoBrush)
            at = self.offset(canvas)
            canvas.render(painter, QRectF(at.x(), at.y(), canvas.width(), canvas.height()), canvas.viewport().rect())
            canvas.setBackgroundBrush(brush)
            if words.text() and not words.isHidden():
                corner = words.mapTo(self.figure, QPoint(0, self._header))
                painter.setPen(colour(self._theme.text))
                painter.setFont(words.font())
                painter.drawText(QRect(corner, words.size()), Qt.AlignmentFlag.AlignCenter, words.text())
        self._paint_words(painter)

    def offset(self, canvas: Canvas) -> QPointF:
        """Where the corner of a canvas lies."""
        return QPointF(canvas.mapTo(self.figure, QPoint(0, self._header)))

    def _paint_words(self, painter: QPainter) -> None:
        wide = self._width - 2 * _MARGIN
        left, middle = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignVCenter
        if self._title:
            painter.setPen(colour(self._theme.text))
            painter.setFont(font(20, font(20).Weight.DemiBold))
            painter.drawText(QRect(_MARGIN, 0, wide, self._title), middle | left, self.scene.title)
        if self._caption:
            painter.setPen(colour(self._theme.muted))
            painter.setFont(font(14))
            box = QRect(_MARGIN, self._title, wide, self._caption)
            painter.drawText(box, Qt.TextFlag.TextWordWrap | left, self.scene.caption)
        self._paint_equation(painter, wide)

    def _paint_equation(self, painter: QPainter, wide: int) -> None:
        y = float(self._height - self._footer + 6)
        for line in self._lines:
            size = line.defaultSize()
            fit = min(1.0, wide / size.width())
            line.render(painter, QRectF(_MARGIN, y, size.width() * fit, size.height() * fit))
            y += size.height()
