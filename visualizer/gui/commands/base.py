"""What groups of commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from visualizer.scene.compare import picture
from visualizer.scene.model import Scene

if TYPE_CHECKING:
    from visualizer.gui.window import MainWindow


class Group(QObject):
    """Commands of a window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._w = window

    def shown(self) -> Scene:
        """The scene of the picture that the panels edit."""
        return picture(self._w.store.scene, self._w.active_picture)
