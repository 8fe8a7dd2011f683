"""An image layer: pixels made for exactly this view are copied one to one, others stretched until new ones come."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter, QTransform

from visualizer.engine.drawings import Image, Pixels
from visualizer.gui.canvas.look import Look


class RasterItem(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """Premultiplied ARGB pixels over a rectangle of the plane, row 0 at the top."""

    def __init__(self, opaque: bool = False) -> None:
        super().__init__()
        self._opaque = opaque
        self._pixels: Pixels | None = None
        self._image = QImage()
        self._rect = QRectF()
        self._ratio = 1.0

    def set_opaque(self, opaque: bool) -> None:
        """Whether the pixels to come cover what is below; then they are copied, not blended."""
        self._opaque = opaque

    def set_pixels(self, pixels: Pixels | None, rect: tuple[float, float, float, float], ratio: float) -> None:
        """Pixels over x0, x1, y0, y1 with `ratio` of them to a logical pixel. The array must not change later."""
        new_rect = QRectF(rect[0], rect[2], rect[1] - rect[0], rect[3] - rect[2])
        if new_rect != self._rect:
            self.prepareGeometryChange()
            self._rect = new_rect
        if pixels is not self._pixels:
            self._pixels = pixels
            if pixels is None:
                self._image = QImage()
            else:
                h, w = pixels.shape
                kind = QImage.Format.Format_RGB32 if self._opaque else QImage.Format.Format_ARGB32_Premultiplied
                self._image = QImage(pixels.data, w, h, 4 * w, kind)
        self._ratio = ratio
        self.update()

    def show(self, drawing: Image, look: Look) -> None:
        """Other pixels."""
        self.set_opaque(drawing.opaque)
        self.set_pixels(drawing.pixels, drawing.box, drawing.ratio)

    def boundingRect(self) -> QRectF:
        return self._rect

    def paint(self, painter: QPainter, *_: Any) -> None:
        if self._image.isNull():
            return
        world = painter.worldTransform()
        top_left = world.map(QPointF(self._rect.left(), self._rect.bottom()))
        bottom_right = world.map(QPointF(self._rect.right(), self._rect.top()))
        r, size = self._ratio, self._image.size()
        width, height = bottom_right.x() - top_left.x(), bottom_right.y() - top_left.y()
        painter.save()
        if abs(width * r - size.width()) < r and abs(height * r - size.height()) < r:
            # An image with a ratio of its own would be scaled, if by 1: Qt takes four times as long for it.
            painter.setWorldTransform(QTransform.fromScale(1 / r, 1 / r))
            painter.drawImage(QPointF(round(top_left.x() * r), round(top_left.y() * r)), self._image)
        else:
            painter.setWorldTransform(QTransform())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(top_left, bottom_right), self._image)
        painter.restore()
