"""The characteristic function, the filter that noise is, and their product: as a card, and large beside a lecture."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from visualizer.engine.frame import Picture
from visualizer.engine.palette import Theme, phase_colours
from visualizer.gui.canvas.frequency import FrequencyPlot, HueBar, SmallImage
from visualizer.gui.theme import colour
from visualizer.gui.widgets.card import Card, muted, wrapped
from visualizer.gui.widgets.number import NumberSlider, Range
from visualizer.scene.model import Scene
from visualizer.scene.targets import TargetPart

_TIP = (
    "|φ_t(ω)|. Drag the dashed circle |ω| = 1/σ to choose the noise: its filter is exp(−½) = 0.61 there.\n"
    "Drag the edges of a band to choose which frequencies the picture shows."
)
_FACTORS = {"phi": "|φ(αω)|", "filter": "× filter"}
_LINES = 4
#: A band that is switched on passes waves of these lengths, in widths of the target.
_FIRST_WAVES = (2.0, 0.4)


class FourierView(QWidget):
    """|φ_t| with its circles; in 2-D its two factors below it.

    Args:
        height: of the plot in 1-D, in pixels.
        side: of the plot in 2-D.
        small: of each factor's image in 2-D.
    """

    def __init__(self, height: int, side: int, small: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = FrequencyPlot(height, side)
        self.plot.setToolTip(wrapped(_TIP))
        self.images = {name: SmallImage(small) for name in _FACTORS}
        self._titles: list[QLabel] = []
        self.gallery = QWidget()
        grid = QGridLayout(self.gallery)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        for i, (name, image) in enumerate(self.images.items()):
            title = muted(_FACTORS[name])
            title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            self._titles.append(title)
            grid.addWidget(image, 0, i)
            grid.addWidget(title, 1, i)
        self.hues = HueBar()
        self.note = muted()
        self.note.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.plot, self.gallery, self.note):
            layout.addWidget(widget)
        self._scene: Scene | None = None
        self._look: object = None

    def show_scene(self, scene: Scene, t: Theme, ground: str, size: int = 13) -> None:
        """Follows the scene, on a ground of this colour, in type of `size` pixels."""
        self._scene = scene
        self.plot.show_dimension(scene.target.d)
        self.plot.apply_theme(t, ground, size / 13)
        self.gallery.setVisible(scene.target.d == 2)
        self.hues.setVisible(scene.view.phase)
        if (t, ground, size) == self._look:
            return
        self._look = (t, ground, size)
        angles = np.linspace(-np.pi, np.pi, 256, endpoint=False)
        self.hues.apply_theme(t, phase_colours(t.name, np.ones(256), angles), round(11 * size / 13))
        for label in (*self._titles, self.note):
            label.setStyleSheet(f"font-size: {size}px; color: {colour(t.muted).name()};")
        # Room for what it says with noise and a band, so that nothing moves while a circle is dragged.
        self.note.setMinimumHeight(round(_LINES * 1.25 * size))

    def show_picture(self, picture: Picture, t: Theme) -> None:
        """Draws the spectrum of a moment."""
        f = picture.fourier
        if f is None or self._scene is None:
            return
        sigma = picture.moment.sigma
        self.plot.show_spectrum(f, sigma, self._scene.view.band, t)
        for name, image in self.images.items():
            image.show_pixels(f.images.get(name))
        ring = "circle" if f.phi.ndim == 2 else "lines"
        name = "σ" if picture.moment.shown_t is None else "σ(t)"
        did = f"{name} = 0: nothing fades. Drag the faint {ring} inwards."
        if sigma and 1 / sigma > f.omega[-1]:
            did = f"{name} = {sigma:.3g}: noise fades only |ω| near 1/σ = {1 / sigma:.3g}, beyond what is shown."
        elif sigma:
            did = f"{name} = {sigma:.3g}: at the {ring} |ω| = 1/σ = {1 / sigma:.3g} noise leaves 61 %, outside less."
        said = [
            f'<span style="color:{ink}">{text}</span>'
            for ink, text in ((t.particles, "|φₜ|"), (t.density, "|φ(αω)|"), (t.noise, "exp(−σ²|ω|²/2)"))
        ]
        carried = ""
        if f.share is not None:
            carried = f"<br>The band carries {_percent(f.share)} of the power ∫pₜ²."
        self.note.setText(f"{said[0]} = {said[1]} × {said[2]}<br>{did}{carried}")


class FourierPanel(Card):
    """The view with its switches."""

    #: (scene, label)
    edited = Signal(object, str)
    gesture = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Fourier", parent)
        self._scene: Scene | None = None
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
        self.view = FourierView(190, 236, 84)
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
        self.body.addLayout(row)
        for widget in (self.low, self.high, self.view.hues):
            self.body.addWidget(widget)

    def take(self, scene: Scene) -> None:
        """Edits start from this scene; nothing that is shown here has changed."""
        self._scene = scene

    def show_scene(self, scene: Scene, t: Theme) -> None:
        """Follows the scene."""
        self._scene = scene
        self.setVisible(scene.target.known)
        on, band = scene.view.fourier, scene.view.band
        for box, value in ((self.switch, on), (self.phase, scene.view.phase), (self.band, band is not None)):
            box.blockSignals(True)
            box.setChecked(value)
            box.blockSignals(False)
        for widget in (self.view, self.phase, self.band):
            widget.setVisible(on)
        for slider in (self.low, self.high):
            slider.setVisible(on and band is not None)
        if band is not None:
            self._last = (scene.target, band)
            self.low.show_value(band[0])
            self.high.show_value(band[1])
        self.view.show_scene(scene, t, t.card)
        self.view.hues.setVisible(on and scene.view.phase)

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


def _percent(share: float) -> str:
    if share < 1e-9:
        return "nothing"
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"
