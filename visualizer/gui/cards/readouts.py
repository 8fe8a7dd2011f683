"""What one reads: the equation, mode occupancy."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QWidget

from visualizer.engine.drawings import Floats
from visualizer.engine.frame import Moment
from visualizer.engine.palette import Theme
from visualizer.gui.sizes import px, sized
from visualizer.gui.theme import colour, font
from visualizer.gui.widgets.card import Card, Shown, muted, wrapped
from visualizer.gui.widgets.math import MathLabel
from visualizer.gui.words.equations import equation, explanation
from visualizer.scene.model import Scene

#: Room for the number of a mode; where there is less, every fifth has one.
_NUMBER = 15
#: Bars of more modes would be hairs.
_MOST_BARS = 32
_COMPONENTS = (
    "For each component its weight (indigo) and its mean responsibility for the particles under pₜ (amber): "
    "how probable it is that they come from it"
)
_BASINS = (
    "For each mode, numbered as in the picture, the share of p in its basin (indigo), where ẋ = ∇log p ends in it, and "
    "how probable it is on average that a particle comes from there (amber). "
    "A mode is at least 0.5 nats above the way to a higher one and holds a thousandth"
)


class DynamicsCard(Card):
    """The equation of what is running, and on request the present numbers in it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Dynamics", parent)
        self.math = MathLabel()
        self.numbers = QCheckBox("with the present numbers")
        self.numbers.setToolTip("Put the current values into the equation, and list them (N)")
        self.note = muted("Each term wears the colour of its layer.")
        for widget in (self.math, self.numbers, self.note):
            self.body.addWidget(widget)
        self._theme: Theme | None = None
        self._moment: Moment | None = None
        self.numbers.toggled.connect(self._refresh)

    def show_scene(self, scene: Scene, t: Theme) -> None:
        """Follows the scene."""
        self._scene, self._theme = scene, t
        self._refresh()

    def show_result(self, shown: Shown) -> None:
        """Follows the run."""
        moment = shown.picture.moment
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
    """Pairs of bars for each mode: its weight, and the share of particles that come from it."""

    def __init__(self) -> None:
        super().__init__()
        sized(self, lambda w: w.setFixedHeight(px(104)))
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
        painter.setFont(font(px(11)))
        top = max(1e-6, float(self._weights.max()), float(self._shares.max()))
        slot = self.width() / count
        every = 1 if slot > _NUMBER else 5
        base, height = self.height() - px(18), self.height() - px(34)
        bar = min(28.0, 0.38 * slot)
        for k in range(count):
            middle = (k + 0.5) * slot
            pairs = ((self._weights[k], t.density, -bar), (self._shares[k], t.particles, 0.0))
            for value, fill, shift in pairs:
                h = height * float(value) / top
                painter.fillRect(QRectF(middle + shift, base - h, bar - 1.5, h), colour(fill))
            if k % every == every - 1:
                painter.setPen(colour(t.muted))
                painter.drawText(QRectF(middle - 12, base + 2, 24, 16), 0x84, str(k + 1))
        painter.setPen(colour(t.line))
        painter.drawLine(0, round(base), self.width(), round(base))
        painter.end()


class OccupancyCard(Card):
    """Mode occupancy against the weights."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Mode occupancy", parent)
        self.bars = _Bars()
        self.note = muted()
        self.body.addWidget(self.bars)
        self.body.addWidget(self.note)

    def show_result(self, shown: Shown) -> None:
        """Draws the bars, and says how far apart they are."""
        scene, found, t = shown.scene, shown.picture.occupancy, shown.theme
        few = found is not None and len(found.shares) <= _MOST_BARS
        self.setVisible(few)
        if found is None or not few:
            return
        self.setToolTip(wrapped(_COMPONENTS if scene.target.components == len(found.shares) else _BASINS))
        self.bars.show_values(found.weights, found.shares, t)
        distance = 0.5 * float(np.abs(found.weights - found.shares).sum())
        text = f"{100 * distance:.1f} % would have to change modes to match the weights."
        if found.sigma > 0:  # at pure noise all would be well, and nothing is decided
            text += " Under noise a particle counts for every mode, as far as it may come from there."
        self.note.setText(text)
