"""φ_t over the frequencies: a curve in 1-D, an image in 2-D, with circles to be dragged."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from visualizer.engine.drawings import Pixels
from visualizer.engine.frame import Fourier
from visualizer.engine.palette import Theme
from visualizer.gui.canvas.base import name_axis, style_axes
from visualizer.gui.canvas.look import pen
from visualizer.gui.canvas.raster import RasterItem
from visualizer.gui.canvas.rings import FILTER, HIGH, LOW, Rings
from visualizer.gui.theme import font

#: Where the filter's circle stands while there is no noise, as a share of what is shown; further out is no noise.
_EDGE = 0.97
#: The edges of a band keep this ratio at least.
_APART = 0.95
_BAR = 8


class FrequencyPlot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """|φ_t| with axes. Its circles say what was asked for."""

    #: the filter's circle was dragged: σ = 1/r; 0 at the edge
    sigma_wanted = Signal(float)
    #: (low, high)
    band_wanted = Signal(tuple)
    gesture = Signal(bool)

    def __init__(self, heights: tuple[int, int] | None, parent: QWidget | None = None) -> None:
        super().__init__(parent, enableMenu=False)
        self.heights = heights
        self._reach = 1.0
        self._look: object = None
        self._flat: bool | None = None
        self.hideButtons()
        self.setMouseEnabled(False, False)
        self.image = RasterItem()
        self.curves = {name: self.plot() for name in ("filter", "phi", "product")}
        self.rings = Rings()
        self.addItem(self.image, ignoreBounds=True)
        self.addItem(self.rings, ignoreBounds=True)
        self.image.setZValue(-1)
        self.rings.dragged.connect(self._dragged)
        self.rings.gesture.connect(self.gesture)

    def show_dimension(self, d: int) -> None:
        """Curves or an image."""
        flat = d == 2
        if self.heights is not None:
            self.setFixedHeight(self.heights[flat])
        if flat == self._flat:
            return
        self._flat = flat
        self.getViewBox().setAspectLocked(flat)
        for curve in self.curves.values():
            curve.setVisible(not flat)
        self.image.set_pixels(None, (-1, 1, -1, 1), 1.0)
        self._look = None

    def apply_theme(self, t: Theme, ground: str, scale: float) -> None:
        """Colours, and type so many times as large as usual."""
        if (t, ground, scale) == self._look:
            return
        self._look = (t, ground, scale)
        self.setBackground(ground)
        style_axes(self.getPlotItem(), t, ("left", "bottom"), scale)
        self.getAxis("bottom").setTickDensity(0.6)
        self.getAxis("left").setTickDensity(0.6)
        for name, value, width in (("phi", t.muted, 1.6), ("filter", t.noise, 1.6), ("product", t.density, 2.2)):
            self.curves[name].setPen(pen(value, width * scale, dash=name == "filter"))
        for side, text in (("bottom", "ω₁" if self._flat else "ω"), ("left", "ω₂" if self._flat else "")):
            name_axis(self.getAxis(side), text, t, scale)
            self.getAxis(side).showLabel(bool(text))
        self.getAxis("bottom").setHeight(round(36 * scale))

    def show_spectrum(self, f: Fourier, sigma: float, band: tuple[float, float] | None, t: Theme) -> None:
        """Draws the spectrum of a moment."""
        if not self.rings.held:  # what is dragged must not run away
            self._show_reach(float(f.omega[-1]))
        outer = float(f.omega[-1])
        self.image.set_pixels(
            f.images.get("product"), (-outer, outer, *((-outer, outer) if f.phi.ndim == 2 else (0.0, 1.0))), 1.0
        )
        if f.phi.ndim == 1:
            for name, values in (("phi", f.phi), ("filter", f.filter), ("product", f.product)):
                self.curves[name].setData(f.omega, values)
        edge = _EDGE * self._reach
        radii = {FILTER: min(1 / sigma, edge) if sigma else edge}
        if band is not None:
            radii |= {LOW: band[0], HIGH: band[1]}
        self.rings.show_radii(radii, f.phi.ndim == 2, not sigma or 1 / sigma > edge, t)

    def _show_reach(self, reach: float) -> None:
        if reach == self._reach:
            return
        self._reach = reach
        if self._flat:
            self.setRange(QRectF(-reach, -reach, 2 * reach, 2 * reach), padding=0)
        else:
            self.setXRange(-reach, reach, padding=0)
            self.setYRange(0, 1.04, padding=0)

    def _dragged(self, which: str, radius: float) -> None:
        if which == FILTER:
            self.sigma_wanted.emit(0.0 if radius >= _EDGE * self._reach else _rounded(1 / max(radius, 1e-6)))
            return
        low, high = self.rings.radii[LOW], self.rings.radii[HIGH]
        if which == LOW:
            low = 0.0 if radius < 0.01 * self._reach else min(_rounded(radius), _rounded(_APART * high))
        else:
            high = max(_rounded(radius), _rounded(low / _APART), _rounded(0.01 * self._reach))
        self.band_wanted.emit((low, high))


class SmallImage(QWidget):
    """A square image of values over the frequencies."""

    def __init__(self, side: int, width: int = 0) -> None:
        super().__init__()
        self.setFixedHeight(side)
        self.setMinimumWidth(width)
        self._pixels: Pixels | None = None

    def show_pixels(self, pixels: Pixels | None) -> None:
        """Other pixels; the array must not change later."""
        self._pixels = pixels
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._pixels is None:
            return
        h, w = self._pixels.shape
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        side = min(self.width(), self.height())
        image = QImage(self._pixels.data, w, h, 4 * w, QImage.Format.Format_RGB32)
        painter.drawImage(QRectF((self.width() - side) / 2, 0, side, side), image)
        painter.end()


class HueBar(QWidget):
    """Which hue is which phase, from −π to π."""

    def __init__(self) -> None:
        super().__init__()
        self.setToolTip("The phase of φ about the mean of p")
        self._theme: Theme | None = None
        self._row: Any = None
        self._size = 11

    def apply_theme(self, t: Theme, row: Any, size: int) -> None:
        """Colours: (n,) pixels from −π to π; type of `size` pixels."""
        self._theme, self._row, self._size = t, row, size
        self.setFixedHeight(_BAR + 2 * size)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = self._theme
        if t is None:
            return
        painter = QPainter(self)
        inset = 1.2 * self._size
        bar = QRectF(inset, 2, self.width() - 2 * inset, _BAR)
        image = QImage(self._row.data, len(self._row), 1, 4 * len(self._row), QImage.Format.Format_RGB32)
        painter.drawImage(bar, image)
        painter.setPen(pen(t.muted))
        painter.setFont(font(self._size))
        for share, text in ((0.0, "−π"), (0.25, "−π/2"), (0.5, "phase 0"), (0.75, "π/2"), (1.0, "π")):
            at = QPointF(bar.left() + share * bar.width(), _BAR + 4)
            painter.drawText(QRectF(at.x() - 60, at.y(), 120, 1.5 * self._size), Qt.AlignmentFlag.AlignHCenter, text)
        painter.end()


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
