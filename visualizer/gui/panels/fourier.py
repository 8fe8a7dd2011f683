"""The characteristic function, the filter that noise is, and their product: as a card, and large beside a lecture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from visualizer.engine.frame import Floats, Picture
from visualizer.engine.palette import LEVELS, Theme, spectrum_table
from visualizer.gui.canvas.base import pen, style_axes
from visualizer.gui.theme import colour
from visualizer.gui.widgets.card import Card, muted
from visualizer.scene.model import Scene

_TITLES = {"phi": "|φ(αω)|", "filter": "filter", "product": "product |φₜ|"}


class FourierView(QWidget):
    """Curves in 1-D, three images in 2-D.

    Args:
        height: of the plot in 1-D, in pixels.
        side: of each image in 2-D.
        upright: whether the images stand one below the other.
    """

    def __init__(self, height: int, side: int, upright: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = pg.PlotWidget()
        self.plot.setFixedHeight(height)
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setMouseEnabled(False, False)
        self._look: object = None
        self.curves = {name: self.plot.plot() for name in ("filter", "phi", "product")}
        self.images = {name: _Spectrum(side) for name in _TITLES}
        self._titles: list[QLabel] = []
        self.gallery = QWidget()
        grid = QGridLayout(self.gallery)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(6)
        for i, (name, image) in enumerate(self.images.items()):
            title = muted(_TITLES[name])
            title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            self._titles.append(title)
            grid.addWidget(image, 2 * i if upright else 0, 0 if upright else i)
            grid.addWidget(title, 2 * i + 1 if upright else 1, 0 if upright else i)
        self.note = muted("|φ| × exp(−σ²ω²/2): noise removes high frequencies")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.plot, self.gallery, self.note):
            layout.addWidget(widget)
        if upright:
            layout.addStretch(1)

    def show_scene(self, scene: Scene, t: Theme, ground: str, size: int = 13) -> None:
        """Follows the scene, on a ground of this colour, in type of `size` pixels."""
        self.plot.setVisible(scene.target.d == 1)
        self.gallery.setVisible(scene.target.d == 2)
        if (t, ground, size) == self._look:
            return
        self._look = (t, ground, size)
        self.plot.setBackground(ground)
        style_axes(self.plot.getPlotItem(), t, ("left", "bottom"), size / 13)
        for name, value, width in (("phi", t.density, 1.6), ("filter", t.noise, 1.6), ("product", t.particles, 2.2)):
            self.curves[name].setPen(pen(value, width * size / 13, dash=name == "filter"))
        for label in (*self._titles, self.note):
            label.setStyleSheet(f"font-size: {size}px; color: {colour(t.muted).name()};")

    def show_picture(self, picture: Picture, t: Theme) -> None:
        """Draws the spectrum of a moment."""
        f = picture.fourier
        if f is None:
            return
        sigma = f"σ = {picture.moment.sigma:.3g}"
        self.note.setText(f"|φ(αω)| × exp(−σ²|ω|²/2), {sigma}: noise removes high frequencies")
        for name, values in (("phi", f.phi), ("filter", f.filter), ("product", f.product)):
            if values.ndim == 1:
                self.curves[name].setData(f.omega, values)
            else:
                self.images[name].show_values(values, spectrum_table(t.name, name))


class FourierPanel(Card):
    """The view with a switch."""

    wanted = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Fourier", parent)
        self.switch = QCheckBox("show the characteristic function")
        self.switch.setToolTip("φ_t(ω) = φ_0(αω) · exp(−σ²|ω|²/2): noise removes high frequencies (F)")
        self.switch.toggled.connect(self.wanted)
        self.view = FourierView(150, 78)
        self.body.addWidget(self.switch)
        self.body.addWidget(self.view)

    def show_scene(self, scene: Scene, t: Theme) -> None:
        """Follows the scene."""
        self.switch.blockSignals(True)
        self.switch.setChecked(scene.view.fourier)
        self.switch.blockSignals(False)
        self.view.setVisible(scene.view.fourier)
        self.view.show_scene(scene, t, t.card)

    def show_picture(self, picture: Picture, t: Theme) -> None:
        """Draws the spectrum of a moment."""
        self.view.show_picture(picture, t)


class _Spectrum(QWidget):
    """A square image of values in 0…1."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.setFixedHeight(side)
        self._pixels: Any = None

    def show_values(self, values: Floats, table: Any) -> None:
        index = np.clip(np.sqrt(values) * (LEVELS - 1), 0, LEVELS - 1).astype(np.int32)
        self._pixels = np.ascontiguousarray(table[index])
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
