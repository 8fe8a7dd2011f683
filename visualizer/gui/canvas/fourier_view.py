"""The characteristic function, the filter that noise is, and their product, in a card and beside a lecture."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from visualizer.engine.frame import Picture
from visualizer.engine.palette import Theme, phase_colours
from visualizer.gui.canvas.frequency import FrequencyPlot, HueBar, SmallImage
from visualizer.gui.theme import colour
from visualizer.gui.widgets.card import muted, wrapped
from visualizer.scene.model import Scene

_TIP = (
    "|φ_t(ω)|. Drag the dashed circle |ω| = 1/σ to choose the noise: its filter is exp(−½) = 0.61 there.\n"
    "Drag the edges of a band to choose which frequencies the picture shows."
)
_FACTORS = {"phi": "|φ(αω)|", "filter": "× filter"}
_LINES = 4


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


def _percent(share: float) -> str:
    if share < 1e-9:
        return "nothing"
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"
