"""The curves of an experiment as a file."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
import pyqtgraph.exporters
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSizeF
from PySide6.QtGui import QImage, QPageSize, QPainter, QPdfWriter

from visualizer.gui.document.images import png_bytes

PLOT_FILES = "PNG picture (*.png);;SVG drawing (*.svg);;PDF page (*.pdf)"
#: Pixels of a picture for one on the screen.
_FINE = 2.0
_POINTS_PER_INCH = 72


def plot_bytes(plots: pg.GraphicsLayoutWidget, suffix: str) -> bytes:
    """The plots as they are on the screen: .png at twice the size, .svg, or .pdf of one page.

    Raises:
        ValueError: another ending.
    """
    if suffix not in _WRITERS:
        raise ValueError(f"expected a name that ends in {', '.join(_WRITERS)}")
    return bytes(_WRITERS[suffix](plots))


def _png(plots: pg.GraphicsLayoutWidget) -> bytes:
    image = QImage(plots.size() * _FINE, QImage.Format.Format_ARGB32)
    image.fill(plots.backgroundBrush().color())
    _paint(plots, image)
    return png_bytes(image)


def _svg(plots: pg.GraphicsLayoutWidget) -> bytes:
    exporter: Any = pg.exporters.SVGExporter(plots.scene())
    return bytes(exporter.export(toBytes=True))


def _pdf(plots: pg.GraphicsLayoutWidget) -> bytes:
    data, buffer = _buffer()
    writer = QPdfWriter(buffer)
    writer.setResolution(_POINTS_PER_INCH)
    writer.setPageSize(QPageSize(QSizeF(plots.size()), QPageSize.Unit.Point))
    writer.setPageMargins(QMarginsF())
    _paint(plots, writer)
    buffer.close()
    return bytes(data.data())


def _paint(plots: pg.GraphicsLayoutWidget, device: Any) -> None:
    painter = QPainter(device)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    plots.render(painter, QRectF(painter.viewport()))
    painter.end()


def _buffer() -> tuple[QByteArray, QBuffer]:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return data, buffer


_WRITERS = {".png": _png, ".svg": _svg, ".pdf": _pdf}
