"""There is no target."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from visualizer.engine.palette import Theme
from visualizer.gui.cards.targets.base import FORMS, TargetForm
from visualizer.gui.run.player import Player
from visualizer.gui.widgets.card import muted
from visualizer.scene.model import Scene

_WORDS = "The network's score is all there is: no density, no diagnostics, nothing to hold it against."


@FORMS.add
class UnknownForm(TargetForm):
    """Says what is not there."""

    kind = "unknown"

    def __init__(self, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(player, parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(muted(_WORDS))

    def show_scene(self, scene: Scene, t: Theme) -> None:
        """There is nothing to follow."""
