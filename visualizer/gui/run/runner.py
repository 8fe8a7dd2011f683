"""Long work beside the window: a generator in a thread of its own, looked at by the GUI thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, QTimer, Signal

_POLL_MS = 50
_STOP_TIMEOUT = 20.0


class Runner(QObject):
    """Iterates in a thread; the newest value wins. Signals are emitted in the GUI thread.

    Every value must stand for itself (all points so far, not the last one).
    """

    #: the newest value
    progressed = Signal(object)
    #: the generator has come to its end, or was stopped (False)
    finished = Signal(bool)
    #: the exception that ended it
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._newest: object = None
        self._fresh = self._over = False
        self._error: Exception | None = None
        self._stop = threading.Event()
        self._go = threading.Event()
        self._timer = QTimer(self)
        self._timer.setInterval(_POLL_MS)
        self._timer.timeout.connect(self._look)

    @property
    def running(self) -> bool:
        """Whether there is work under way, paused or not."""
        return self._thread is not None

    @property
    def paused(self) -> bool:
        """Whether it waits."""
        return self.running and not self._go.is_set()

    def start(self, work: Callable[[], Iterator[object]]) -> None:
        """Begins; what was under way is stopped first."""
        self.stop()
        self._fresh = self._over = False
        self._error = None
        self._stop.clear()
        self._go.set()
        self._thread = threading.Thread(target=self._run, args=(work,), name="runner")
        self._thread.start()
        self._timer.start()

    def pause(self, paused: bool = True) -> None:
        """Holds the work before its next value, or lets it go on."""
        if paused:
            self._go.clear()
        else:
            self._go.set()

    def stop(self) -> None:
        """Ends the work after the value it is at, and waits for that."""
        if self._thread is None:
            return
        self._stop.set()
        self._go.set()
        self._thread.join(_STOP_TIMEOUT)
        self._look()

    def _run(self, work: Callable[[], Iterator[object]]) -> None:
        try:
            from visualizer.engine.run.memory import prepare_thread

            prepare_thread()
            for value in work():
                with self._lock:
                    self._newest, self._fresh = value, True
                self._go.wait()
                if self._stop.is_set():
                    break
        except Exception as error:  # whatever it is, it is told where the work was asked for
            self._error = error
        with self._lock:
            self._over = True

    def _look(self) -> None:
        with self._lock:
            value, fresh, over = self._newest, self._fresh, self._over
            self._fresh = False
        if fresh:
            self.progressed.emit(value)
        if not over or self._thread is None:
            return
        self._thread.join()
        self._thread, self._newest = None, None
        self._timer.stop()
        if self._error is not None:
            self.failed.emit(self._error)
        else:
            self.finished.emit(not self._stop.is_set())
