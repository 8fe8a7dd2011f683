"""Short work off the GUI thread: files, formulas. The answer comes back on the GUI thread."""

from __future__ import annotations

import queue
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, QRunnable, Qt, QThreadPool, Signal, Slot
from shiboken6 import isValid

from visualizer.engine.host.talk import Errand
from visualizer.gui.run.player import Player


@dataclass
class _Task:
    owner: QObject
    work: Callable[[], Any]
    on_done: Callable[[Any], None]
    on_error: Callable[[Exception], None] | None
    value: Any = None
    error: Exception | None = None

    def deliver(self) -> None:
        if not isValid(self.owner):
            return
        if self.error is None:
            self.on_done(self.value)
        elif self.on_error is not None:
            self.on_error(self.error)
        else:
            raise self.error


class _Post(QObject):
    """Lives in the GUI thread as long as the application; workers only append and emit.

    There is one for all tasks: objects made and destroyed for each of them, while a thread still emits their signals,
    crash PySide.
    """

    arrived = Signal()

    def __init__(self, app: QCoreApplication) -> None:
        super().__init__(app)
        self.done: queue.SimpleQueue[_Task] = queue.SimpleQueue()
        self.arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    @Slot()
    def _deliver(self) -> None:
        # One for each signal. The last references to what the task used are given up here, not in its thread.
        self.done.get().deliver()


_post: _Post | None = None


def _the_post() -> _Post:
    global _post
    app = QCoreApplication.instance()
    assert app is not None
    if _post is None or not isValid(_post):
        _post = _Post(app)
    return _post


class _Job(QRunnable):
    def __init__(self, task: _Task, post: _Post) -> None:
        super().__init__()
        self._tasks, self._post = [task], post

    def run(self) -> None:
        task = self._tasks.pop()
        try:
            task.value = task.work()
        except Exception as caught:  # whatever it is, it is told where the work was asked for
            task.error = caught
        self._post.done.put(task)
        del task
        try:
            self._post.arrived.emit()
        except RuntimeError:
            return  # the application has ended meanwhile


class Newest:
    """Work in the background of which only the newest request is answered."""

    def __init__(self, owner: QObject) -> None:
        self._owner, self._asked = owner, 0
        self._forget: Callable[[], None] = lambda: None

    def cancel(self) -> None:
        """What has been asked for is not wanted any more."""
        self._asked += 1
        self._forget()

    def ask(
        self,
        player: Player,
        errand: Errand,
        on_done: Callable[[Any], None],
        on_error: Callable[[Exception], None] | None = None,
    ) -> None:
        """As `run`, but the work is an errand, which the host of the run does."""
        self.cancel()
        number = player.ask(self._owner, errand, on_done, on_error)
        self._forget = lambda: player.drop(number)

    def run(
        self,
        work: Callable[[], Any],
        on_done: Callable[[Any], None],
        on_error: Callable[[Exception], None] | None = None,
    ) -> None:
        """As `run_in_background`; earlier requests are not begun, and what came of them is dropped, errors too."""
        self.cancel()
        number = self._asked

        def done(value: Any) -> None:
            if number == self._asked:
                on_done(value)

        def failed(error: Exception) -> None:
            if number == self._asked:
                assert on_error is not None
                on_error(error)

        def still_wanted() -> Any:
            return work() if number == self._asked else None

        run_in_background(self._owner, still_wanted, done, failed if on_error is not None else None)


def run_in_background(
    owner: QObject,
    work: Callable[[], Any],
    on_done: Callable[[Any], None],
    on_error: Callable[[Exception], None] | None = None,
) -> None:
    """Runs `work` in a thread of the pool; its result or exception is handed over on the GUI thread.

    If `owner` is gone by then, nothing is handed over.
    """
    QThreadPool.globalInstance().start(_Job(_Task(owner, work, on_done, on_error), _the_post()))
