"""The Fourier view in a window of its own, as large as one likes; its circles are dragged as in the card."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout

from visualizer.engine.host.talk import Result
from visualizer.gui.canvas.fourier_view import FourierView
from visualizer.gui.desk import Desk
from visualizer.gui.widgets.dialog import Dialog

#: Side of the small images of the factors, and the window's size at first, in pixels.
_SMALL, _SIZE = 150, (760, 680)


class LargeFourier(Dialog):
    """Follows the picture that the cards are about."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.host)
        self.setWindowTitle("Fourier view")
        self._desk = desk
        self.view = FourierView(None, _SMALL)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 14, 14, 14)
        layout.addWidget(self.view)
        layout.addWidget(self.view.hues)
        self.resize(*_SIZE)
        desk.obey(self.view.plot)
        desk.player.frame.connect(self._follow)
        self.finished.connect(lambda _: desk.player.frame.disconnect(self._follow))
        if desk.result is not None:
            self._follow(desk.result)

    def _follow(self, result: Result) -> None:
        """A moment of the run; where the view is switched off in the card, this window has nothing to say."""
        scene, t = self._desk.shown, self._desk.theme
        if not scene.view.fourier:
            self.close()
            return
        self.view.show_scene(scene, t, t.window)
        at = self._desk.active_picture
        if at < len(result.pictures):
            self.view.show_picture(result.pictures[at], t)
