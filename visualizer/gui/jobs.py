"""Short work off the GUI thread: files, formulas. The answer comes back on the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal


class _Reply(QObject):
    """Lives in the GUI thread; the worker only emits its signal."""

    finished = Signal(object, object)

    def __init__(self, owner: QObject, on_done: Callable[[Any], None], on_error: Callable[[Exception], None] | None):
        super().__init__(owner)
        self._on_done, self._on_error = on_done, on_error
        self.finished.connect(self._deliver)

    def _deliver(self, value: Any, error: Exception | None) -> None:
        self.deleteLater()
        if error is None:
            self._on_done(value)
        elif self._on_error is not None:
            self._on_error(error)
        else:
            raise error


class _Job(QRunnable):
    def __init__(self, work: Callable[[], Any], reply: _Reply) -> None:
        super().__init__()
        self._work, self._reply = work, reply

    def run(self) -> None:
        try:
            value, error = self._work(), None
        except Exception as caught:  # whatever it is, it is told where the work was asked for
            value, error = None, caught
        try:
            self._reply.finished.emit(value, error)
        except RuntimeError:
            return  # the owner has been closed meanwhile, and the reply with it


def run_in_background(
    owner: QObject,
    work: Callable[[], Any],
    on_done: Callable[[Any], None],
    on_error: Callable[[Exception], None] | None = None,
) -> None:
    """Runs `work` in a thread of the pool; its result or exception is handed over on the GUI thread.

    If `owner` is gone by then, nothing is handed over.
    """
    QThreadPool.globalInstance().start(_Job(work, _Reply(owner, on_done, on_error)))
