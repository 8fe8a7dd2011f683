"""Long work beside the run: what an errand returns is iterated over by the host, and looked at here."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from visualizer.engine.host.talk import Errand
from visualizer.gui.run.player import Player, Waiting


class Runner(QObject):
    """One piece of work at a time; the newest value wins. Every value must stand for itself."""

    #: the newest value
    progressed = Signal(object)
    #: the work has come to its end, or was stopped (False)
    finished = Signal(bool)
    #: the exception that ended it
    failed = Signal(object)

    def __init__(self, player: Player, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self._number: int | None = None
        self.paused = False

    @property
    def running(self) -> bool:
        """Whether there is work under way, paused or not."""
        return self._number is not None

    def start(self, errand: Errand) -> None:
        """Begins; what was under way is stopped first."""
        self.stop()
        self._number = self._player.begin(errand, Waiting(self, self.progressed.emit, self._ended, self._failed))

    def pause(self, paused: bool = True) -> None:
        """Holds the work before its next value, or lets it go on."""
        if self._number is not None:
            self.paused = paused
            self._player.hold(self._number, paused)

    def stop(self) -> None:
        """What is under way is not wanted any more."""
        if self._number is not None:
            self._player.drop(self._number)
            self._over()
            self.finished.emit(False)

    def _ended(self) -> None:
        self._over()
        self.finished.emit(True)

    def _failed(self, error: Exception) -> None:
        self._over()
        self.failed.emit(error)

    def _over(self) -> None:
        self._number, self.paused = None, False
