"""A host in a thread of this process: for tests and notebooks."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any, cast

from visualizer.engine.host.host import Host
from visualizer.engine.host.talk import Calls, Far, Hears

_STOP_TIMEOUT = 20.0


class LocalEngine:
    """See `talk.Engine`. What dies here takes the process with it, and a step that never ends cannot be stopped."""

    def __init__(self, device: str = "auto") -> None:
        self.wake: Callable[[], None] = _nobody
        self._said: queue.SimpleQueue[tuple[str, tuple[Any, ...]]] = queue.SimpleQueue()
        self.host = Host(device, cast(Hears, Far(self._say)))
        self.calls: Calls = self.host
        self._thread = threading.Thread(target=self.host.run, name="host", daemon=True)

    def _say(self, name: str, *arguments: Any) -> None:
        self._said.put((name, arguments))
        self.wake()

    def start(self) -> None:
        self._thread.start()

    def receive(self) -> list[tuple[str, tuple[Any, ...]]]:
        return [self._said.get() for _ in range(self._said.qsize())]

    def silence(self) -> float:
        return self.host.busy_for()

    def kill(self) -> None:
        raise RuntimeError("a thread cannot be ended from outside")

    def close(self) -> bool:
        self.wake = _nobody
        self.host.close()
        if self._thread.ident is not None:
            self._thread.join(_STOP_TIMEOUT)
        return not self._thread.is_alive()


def _nobody() -> None:
    """Nobody is woken."""
