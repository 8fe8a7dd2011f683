"""The Fourier view with its switches."""

from __future__ import annotations

import math

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QWidget

from visualizer.engine.frame import Picture
from visualizer.engine.palette import Theme
from visualizer.gui.canvas.fourier_view import FourierView
from visualizer.gui.widgets.card import Card, Shown
from visualizer.gui.widgets.number import NumberSlider, Range
from visualizer.scene.model import Scene
from visualizer.scene.targets import TargetPart

#: A band that is switched on passes waves of these lengths, in widths of the target.
_FIRST_WAVES = (2.0, 0.4)


class FourierCard(Card):
    """The view with its switches."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Fourier", parent)
        self._reach = 0.0
        self._last: tuple[TargetPart, tuple[float, float]] | None = None
        self.switch = QCheckBox("show the characteristic function")
        self.switch.setToolTip("φ_t(ω) = φ_0(αω) · exp(−σ²|ω|²/2): noise removes high frequencies (F)")
        self.phase = QCheckBox("phase as hue")
        self.phase.setToolTip("arg φ about the mean of p, the same wherever p lies; brightness stays the root of |φ|")
        self.band = QCheckBox("band-pass")
        self.band.setToolTip(
            "Show only the part of p_t whose frequencies lie in a band, low ≤ |ω| ≤ high (Shift+F):\n"
            "(2π)⁻ᵈ ∫ φ_t(ω) exp(−iωᵀx) dω over the band; indigo above 0, red below"
        )
        self.low = NumberSlider("from |ω|", Range(0, 1), "Radians per unit of length")
        self.high = NumberSlider("to |ω|", Range(0, 1), "Radians per unit of length")
        self.view = FourierView((190, 236), 84)
        self.switch.toggled.connect(self._show)
        self.phase.toggled.connect(lambda on: self._edit("show phases", phase=on))
        self.band.toggled.connect(self._switch_band)
        for slider in (self.low, self.high):
            slider.gesture.connect(self.gesture)
        self.low.edited.connect(lambda low: self._slide(low, self.high.value))
        self.high.edited.connect(lambda high: self._slide(self.low.value, high))
        self.body.addWidget(self.switch)
        self.body.addWidget(self.view)
        row = QHBoxLayout()
        row.addWidget(self.band)
        row.addWidget(self.phase)
        self.large = QPushButton("Large…")
        self.large.setObjectName("small")
        self.large.setToolTip("The same in a window of its own (Ctrl+Alt+F)")
        row.addWidget(self.large)
        self.body.addLayout(row)
        for widget in (self.low, self.high, self.view.hues):
            self.body.addWidget(widget)

    def show_scene(self, scene: Scene, t: Theme) -> None:
        """Follows the scene."""
        self._scene = scene
        self.setVisible(scene.target.known)
        on, band = scene.view.fourier, scene.view.band
        for box, value in ((self.switch, on), (self.phase, scene.view.phase), (self.band, band is not None)):
            box.blockSignals(True)
            box.setChecked(value)
            box.blockSignals(False)
        for widget in (self.view, self.phase, self.band, self.large):
            widget.setVisible(on)
        for slider in (self.low, self.high):
            slider.setVisible(on and band is not None)
        if band is not None:
            self._last = (scene.target, band)
            self.low.show_value(band[0])
            self.high.show_value(band[1])
        self.view.show_scene(scene, t, t.card)
        self.view.hues.setVisible(on and scene.view.phase)

    def show_result(self, shown: Shown) -> None:
        """Follows the run."""
        self.show_picture(shown.picture, shown.theme)

    def show_picture(self, picture: Picture, t: Theme) -> None:
        """Draws the spectrum of a moment."""
        if picture.fourier is None:
            return
        reach = float(picture.fourier.omega[-1])
        if reach != self._reach:
            self._reach = reach
            for slider in (self.low, self.high):
                slider.set_range(Range(0, float(f"{reach:.3g}")))
        self.view.show_picture(picture, t)

    def toggle(self) -> None:
        """The view, as its key does."""
        if not self.isHidden():
            self.switch.toggle()

    def toggle_band(self) -> None:
        """The band, as its key does; the view comes with it."""
        if self.isHidden():
            return
        if self._scene is not None and not self._scene.view.fourier:
            self._edit("band-pass", fourier=True, band=self._first_band())
        else:
            self.band.toggle()

    def set_band(self, band: tuple[float, float] | None) -> None:
        """Another band, or none."""
        self._edit("choose the band", band=band)

    def _first_band(self) -> tuple[float, float]:
        """The last one, if the target is about where it was; else waves of 0.4 to 2 widths of the target."""
        assert self._scene is not None
        if self._last is not None and not self._scene.target.elsewhere(self._last[0]):
            return self._last[1]
        width = max(high - low for low, high in self._scene.target.extent(3.0))
        low, high = (float(f"{2 * math.pi / (length * width):.2g}") for length in _FIRST_WAVES)
        return low, high

    def _show(self, on: bool) -> None:
        """With the view its band goes: what is shown must have its explanation beside it."""
        if self._scene is not None:
            self._edit("switch the Fourier view", fourier=on, band=self._scene.view.band if on else None)

    def _switch_band(self, on: bool) -> None:
        self._edit("band-pass", band=self._first_band() if on else None)

    def _slide(self, low: float, high: float) -> None:
        if low < high:
            self.set_band((low, high))
        elif self._scene is not None and self._scene.view.band is not None:  # they would cross: put them back
            self.low.show_value(self._scene.view.band[0])
            self.high.show_value(self._scene.view.band[1])

    def _edit(self, label: str, **changes: object) -> None:
        if self._scene is not None:
            view = self._scene.view.with_(**changes)
            if view != self._scene.view:
                self.edited.emit(self._scene.with_(view=view), label)
