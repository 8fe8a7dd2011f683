"""The smaller mixture fitted to what is shown."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from visualizer.engine.palette import Theme
from visualizer.gui.widgets.card import Card, Shown, muted
from visualizer.gui.widgets.form import Form
from visualizer.scene.fit import FitPart
from visualizer.scene.model import Scene

_NOTE = "Its lines are green; the numbers in the picture are in nats."
_FITTING = "The best q is being looked for: a few seconds, or half a minute where both p and q have many parts."


class FitCard(Card):
    """Which divergence is made small, and by how many Gaussians."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("A smaller model q", parent)
        self.form = Form(FitPart)
        self.form.edited.connect(self._edit)
        self.form.gesture.connect(self.gesture)
        self.note = muted(_NOTE)
        self.body.addWidget(self.form)
        self.body.addWidget(self.note)

    def show_scene(self, scene: Scene, t: Theme) -> None:
        """Follows the scene; without a target there is nothing to be fitted to."""
        self._scene = scene
        self.setVisible(scene.target.known)
        self.form.show_part(scene.fit)
        for name in self.form.fields:
            self.form.show_field(name, scene.fit.applies(name))
        self.note.setVisible(scene.fit.kind != "none")

    def show_result(self, shown: Shown) -> None:
        """Says whether a better fit is being looked for."""
        self.note.setText(_FITTING if shown.picture.fitting else _NOTE)

    def _edit(self, name: str, value: Any) -> None:
        if self._scene is not None:
            self.edited.emit(self._scene.with_(fit=self._scene.fit.changed(name, value)), "fit a smaller model")
