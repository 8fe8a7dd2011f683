"""What groups of commands share."""

from __future__ import annotations

from PySide6.QtCore import QObject

from visualizer.gui.desk import Desk
from visualizer.gui.presenting.presenter import Presenter


class Group(QObject):
    """Commands on a desk, and on what is presented of it."""

    def __init__(self, desk: Desk, presenter: Presenter) -> None:
        super().__init__(desk.host)
        self._desk, self._presenter = desk, presenter
