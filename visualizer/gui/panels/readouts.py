"""What one reads: the equation, mode occupancy, the Fourier view."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QWidget

from visualizer.engine.frame import Floats, Fourier, Moment, Picture
from visualizer.engine.palette import LEVELS, Theme, spectrum_table
from visualizer.gui.canvas.base import pen, style_axes
from visualizer.gui.equations import equation, explanation
from visualizer.gui.theme import colour, font
from visualizer.gui.widgets.card import Card, muted
from visualizer.gui.widgets.math import MathLabel
from visualizer.scene.model import Scene


class DynamicsPanel(Card):
    """The equation of what is running, and on request the present numbers in it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Dynamics", parent)
        self.math = MathLabel()
        self.numbers = QCheckBox("with the present numbers")
        self.numbers.setToolTip("Put the current values into the equation, and list them (N)")
        self.note = muted("Each term wears the colour of its layer.")
        for widget in (self.math, self.numbers, self.note):
            self.body.addWidget(widget)
        self._scene: Scene | None = None
        self._theme: Theme | None = None
        self._moment: Moment | None = None
        self.numbers.toggled.connect(self._refresh)

    def show_scene(self, scene: Scene, t: Theme) -> None:
        """Follows the scene."""
        self._scene, self._theme = scene, t
        self._refresh()

    def show_moment(self, moment: Moment) -> None:
        """Follows the run."""
        stale = self._moment is None or self.numbers.isChecked() or (self._moment.sigma > 0) != (moment.sigma > 0)
        self._moment = moment
        if stale:
            self._refresh()

    def _refresh(self) -> None:
        if self._scene is None or self._theme is None:
            return
        numbers = self.numbers.isChecked()
        self.math.show_tex(equation(self._scene, self._theme, self._moment, numbers), self._theme.text)
        plain = "Each term wears the colour of its layer."
        self.note.setText(explanation(self._scene, self._moment) if numbers else plain)


class _Bars(QWidget):
    """Pairs of bars for each component: its weight, and the share of particles in it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(104)
        self._weights: Floats = np.zeros(0, np.float32)
        self._shares: Floats = np.zeros(0, np.float32)
        self._theme: Theme | None = None

    def show_values(self, weights: Floats, shares: Floats, t: Theme) -> None:
        self._weights, self._shares, self._theme = weights, shares, t
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        count = len(self._weights)
        if self._theme is None or count == 0:
            return
        t = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(11))
        top = max(1e-6, float(self._weights.max()), float(self._shares.max()))
        slot = self.width() / count
        base, height = self.height() - 18, self.height() - 34
        bar = min(28.0, 0.38 * slot)
        for k in range(count):
            middle = (k + 0.5) * slot
            pairs = ((self._weights[k], t.density, -bar), (self._shares[k], t.particles, 0.0))
            for value, fill, shift in pairs:
                h = height * float(value) / top
                painter.fillRect(QRectF(middle + shift, base - h, bar - 1.5, h), colour(fill))
            if slot > 26:
                painter.setPen(colour(t.muted))
                painter.drawText(QRectF(middle - slot / 2, base + 2, slot, 16), 0x84, str(k + 1))
        painter.setPen(colour(t.line))
        painter.drawLine(0, round(base), self.width(), round(base))
        painter.end()


class OccupancyPanel(Card):
    """Mode occupancy against the weights."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Mode occupancy", parent)
        self.bars = _Bars()
        self.note = muted()
        self.setToolTip("For each component its weight (indigo) and the share of particles it is most responsible for")
        self.body.addWidget(self.bars)
        self.body.addWidget(self.note)

    def show_occupancy(self, scene: Scene, shares: Floats | None, t: Theme) -> None:
        """Draws the bars, and says how far apart they are."""
        fits = shares is not None and len(shares) == len(scene.target.weights) and 1 < len(shares) <= 12
        self.setVisible(fits)
        if shares is None or not fits:
            return
        weights = scene.target.normalised_weights.astype(np.float32)
        self.bars.show_values(weights, shares, t)
        distance = 0.5 * float(np.abs(weights - shares).sum())
        self.note.setText(f"{100 * distance:.1f} % would have to change modes to match the weights")


class FourierPanel(Card):
    """|φ|, the Gaussian filter and their product: curves in 1-D, images in 2-D."""

    wanted = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Fourier", parent)
        self.switch = QCheckBox("show the characteristic function")
        self.switch.setToolTip("φ_t(ω) = φ_0(αω) · exp(−σ²|ω|²/2): noise removes high frequencies (F)")
        self.switch.toggled.connect(self.wanted)
        self.plot = pg.PlotWidget()
        self.plot.setFixedHeight(150)
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setMouseEnabled(False, False)
        self._theme: Theme | None = None
        self.curves = {name: self.plot.plot() for name in ("filter", "phi", "product")}
        self.images = {name: _Spectrum() for name in ("phi", "filter", "product")}
        self.gallery = QWidget()
        grid = QGridLayout(self.gallery)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(6)
        titles = {"phi": "|φ(αω)|", "filter": "filter", "product": "product |φₜ|"}
        for column, (name, image) in enumerate(self.images.items()):
            grid.addWidget(image, 0, column)
            title = muted(titles[name])
            title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            grid.addWidget(title, 1, column)
        self.note = muted("|φ| × exp(−σ²ω²/2): noise removes high frequencies")
        for widget in (self.switch, self.plot, self.gallery, self.note):
            self.body.addWidget(widget)

    def show_scene(self, scene: Scene, t: Theme) -> None:
        """Follows the scene."""
        on = scene.view.fourier
        self.switch.blockSignals(True)
        self.switch.setChecked(on)
        self.switch.blockSignals(False)
        self.plot.setVisible(on and scene.target.d == 1)
        self.gallery.setVisible(on and scene.target.d == 2)
        self.note.setVisible(on)
        if t is self._theme:
            return
        self._theme = t
        self.plot.setBackground(t.card)
        style_axes(self.plot.getPlotItem(), t, ("left", "bottom"))
        for name, value, width in (("phi", t.density, 1.6), ("filter", t.noise, 1.6), ("product", t.particles, 2.2)):
            self.curves[name].setPen(pen(value, width, dash=name == "filter"))

    def show_picture(self, picture: Picture, t: Theme) -> None:
        """Draws the spectrum of a moment."""
        f = picture.fourier
        if f is None:
            return
        sigma = f"σ = {picture.moment.sigma:.3g}"
        self.note.setText(f"|φ(αω)| × exp(−σ²|ω|²/2), {sigma}: noise removes high frequencies")
        if f.phi.ndim == 1:
            for name, values in (("phi", f.phi), ("filter", f.filter), ("product", f.product)):
                self.curves[name].setData(f.omega, values)
        else:
            self._show_images(f, t)

    def _show_images(self, f: Fourier, t: Theme) -> None:
        for name, values in (("phi", f.phi), ("filter", f.filter), ("product", f.product)):
            self.images[name].show_values(values, spectrum_table(t.name, name))


class _Spectrum(QWidget):
    """A square image of values in 0…1."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(78)
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
