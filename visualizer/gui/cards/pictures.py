"""Which of several pictures is edited; one more, one less."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from visualizer.gui.words.names import picture_name
from visualizer.scene.model import MAX_PANELS, Scene


class PicturesBar(QWidget):
    """A button for each picture, and + and ×."""

    chosen = Signal(int)
    added = Signal()
    removed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.active = 0
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self.buttons = [QPushButton() for _ in range(MAX_PANELS)]
        for i, button in enumerate(self.buttons):
            button.setCheckable(True)
            button.clicked.connect(partial(self._choose, i))
            row.addWidget(button)
        #: for one picture; it stands beside the heading
        self.compare = QPushButton("Compare")
        self.compare.setObjectName("small")
        self.add = QPushButton("+")
        for button in (self.compare, self.add):
            button.setToolTip(
                "Another picture beside this one: same target, start and random numbers; all start anew (C)"
            )
            button.setAccessibleName("Compare with another sampler")
            button.clicked.connect(self.added)
        self.remove = QPushButton("×")
        self.remove.setToolTip("Remove the chosen picture; the others start anew (Shift+C)")
        self.remove.setAccessibleName("Remove the chosen picture")
        self.remove.clicked.connect(lambda: self.removed.emit(self.active))
        row.addWidget(self.add, 1)
        row.addWidget(self.remove)

    def _choose(self, index: int, _checked: bool = True) -> None:
        self.chosen.emit(index)

    def show_scene(self, scene: Scene, active: int) -> None:
        """Follows the scene."""
        self.active = active
        shown = scene.resolved_panels()
        several = len(scene.panels) > 0
        for i, button in enumerate(self.buttons):
            button.setVisible(several and i < len(shown))
            button.setChecked(i == active)
            if several and i < len(shown):
                button.setText(str(i + 1))
                button.setToolTip(f"Edit picture {i + 1}: {picture_name(scene, i)}")
                button.setAccessibleName(f"Picture {i + 1}: {picture_name(scene, i)}")
        self.setVisible(several)
        self.compare.setVisible(not several)
        self.add.setVisible(len(scene.panels) < MAX_PANELS)
        self.remove.setVisible(several)
