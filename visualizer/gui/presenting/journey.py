"""From one scene to the next: at once where the run has to start again, else with the numbers moving over."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer, Signal

from visualizer.gui.document.store import Store
from visualizer.scene.blend import blend
from visualizer.scene.changes import Change, changes
from visualizer.scene.model import Scene
from visualizer.scene.tour import Stop

_FRAME_MS = 16


class Journey(QObject):
    """Edits the scene step by step. On the way it is one step of undo, drawn as while something is dragged."""

    #: the scene to which it went is there
    arrived = Signal()

    def __init__(self, store: Store, parent: QObject) -> None:
        super().__init__(parent)
        self._store = store
        self._from: Scene | None = None
        self._to: Scene | None = None
        self._begin = self._seconds = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._move)

    @property
    def under_way(self) -> bool:
        """Whether numbers are moving."""
        return self._timer.isActive()

    def go(self, scene: Scene, stop: Stop) -> None:
        """To a scene, as a stop says."""
        self.cancel()
        now = self._store.scene
        if stop.restart or changes(now, scene) & Change.RESTART:
            self._store.open(scene)
        elif scene != now:
            if stop.transition > 0:
                self._from, self._to = now, scene
                self._begin, self._seconds = time.monotonic(), stop.transition
                self._store.begin()
                self._timer.start()
                return
            self._store.edit(scene, "the next stop")
        self.arrived.emit()

    def cancel(self) -> None:
        """Stays where it is."""
        if self._timer.isActive():
            self._timer.stop()
            self._store.end()

    def _move(self) -> None:
        assert self._from is not None
        assert self._to is not None
        u = min(1.0, (time.monotonic() - self._begin) / self._seconds)
        self._store.edit(blend(self._from, self._to, u * u * (3 - 2 * u)), "the next stop")
        if u >= 1.0:
            self.cancel()
            self.arrived.emit()
