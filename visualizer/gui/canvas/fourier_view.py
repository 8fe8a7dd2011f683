"""The characteristic function, the filter that noise is, and their product, in a card and beside a lecture."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

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
#: What one sees.
_SEEN = "Stripes tell how far modes lie apart (2π over the distance), the width how sharp they are (1 over theirs)."
_FACTORS = {"phi": "|φ(αω)|", "filter": "× filter"}
_LINES = 4


class FourierView(QWidget):
    """|φ_t| with its circles; in 2-D its two factors below it, or beside it where the plot takes what room there is.

    Args:
        heights: of the plot in 1-D and in 2-D, in pixels; None: as high as there is room.
        small: of each factor's image in 2-D.
    """

    def __init__(self, heights: tuple[int, int] | None, small: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = FrequencyPlot(heights)
        self.plot.setToolTip(wrapped(_TIP))
        self.images = {name: SmallImage(small, 0 if heights else small) for name in _FACTORS}
        self._titles: list[QLabel] = []
        self.gallery = QWidget()
        grid = QGridLayout(self.gallery)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        for i, (name, image) in enumerate(self.images.items()):
            title = muted(_FACTORS[name])
            title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            self._titles.append(title)
            row, column = (0, i) if heights else (2 * i, 0)
            grid.addWidget(image, row, column)
            grid.addWidget(title, row + 1, column)
        self.hues = HueBar()
        self.note = muted()
        self.note.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.seen = muted()
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot, 0, 0, 1 if heights else 2, 1)
        if heights:
            for row, widget in enumerate((self.gallery, self.seen, self.note), 1):
                layout.addWidget(widget, row, 0)
        else:
            layout.setColumnStretch(0, 1)
            layout.setRowStretch(1, 1)
            layout.addWidget(self.gallery, 0, 1, Qt.AlignmentFlag.AlignTop)
            layout.addWidget(self.seen, 2, 0, 1, 2)
            layout.addWidget(self.note, 3, 0, 1, 2)
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
        self.seen.setText(_SEEN)
        angles = np.linspace(-np.pi, np.pi, 256, endpoint=False)
        self.hues.apply_theme(t, phase_colours(t.name, np.ones(256), angles), round(11 * size / 13))
        for label in (*self._titles, self.note, self.seen):
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
            for ink, text in ((t.density, "|φₜ|"), (t.muted, "|φ(αω)|"), (t.noise, "exp(−σ²|ω|²/2)"))
        ]
        carried = ""
        if f.share is not None:
            carried = f"<br>The band carries {_percent(f.share)} of the power ∫pₜ²."
        self.note.setText(f"{said[0]} = {said[1]} × {said[2]}<br>{did}{carried}")


def _percent(share: float) -> str:
    if share < 1e-9:
        return "nothing"
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"
