"""The process of a host: reads what the window says, lets the host live, and writes what the host says."""

from __future__ import annotations

import faulthandler
import gc
import os
import pickle
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, cast

from visualizer import __version__
from visualizer.engine.host.birth import OTHER_VERSION, born
from visualizer.engine.host.crossing import Arena, Packer
from visualizer.engine.host.talk import Far, Hears
from visualizer.scene.model import Scene

#: Seconds between two signs of life.
BEAT = 0.25


class Mouth:
    """Writes messages: pictures by a packer of their own, for what they share is that of the picture before."""

    def __init__(self, connection: Connection, arena: Arena) -> None:
        self._connection = connection
        self._pictures, self._rest = Packer(arena), Packer(arena)
        self._lock = threading.Lock()

    def say(self, name: str, *arguments: Any) -> None:
        """One message. Waits while the pipe is full."""
        pictures = name == "result"
        with self._lock:
            body = (self._pictures if pictures else self._rest).pack((name, arguments))
            try:
                self._connection.send_bytes((b"p" if pictures else b"r") + body)
            except OSError:
                os._exit(0)  # the window is gone


def _beat(mouth: Mouth, busy_for: Callable[[], float]) -> None:
    while True:
        mouth.say("beat", busy_for())
        time.sleep(BEAT)


def main() -> None:
    """Lives until the window closes the pipe, or says so."""
    faulthandler.enable()
    connection, memory, (version, device) = born()
    if version != __version__:
        raise SystemExit(OTHER_VERSION)
    from visualizer.engine.host.host import Host  # it brings torch: what can fail fast has failed

    arena = Arena(memory)
    mouth = Mouth(connection, arena)
    host = Host(device, cast(Hears, Far(mouth.say)), keeps=True)

    shown: list[Scene] = []

    def show(told: Scene | dict[str, Any], dragging: bool) -> None:
        shown[:] = [shown[0].with_(**told) if isinstance(told, dict) else told]
        host.show(shown[0], dragging)

    def listen() -> None:
        while True:
            try:
                message = connection.recv_bytes()
            except (EOFError, OSError):
                os._exit(0)  # the window is gone
            name, arguments = pickle.loads(message)
            if name == "free":
                arena.free(*arguments)
            elif name == "show":
                show(*arguments)
            else:
                getattr(host, name)(*arguments)

    gc.freeze()
    threading.Thread(target=listen, name="listen", daemon=True).start()
    threading.Thread(target=_beat, args=(mouth, host.busy_for), name="beat", daemon=True).start()
    host.run()
    os._exit(0)


if __name__ == "__main__":
    main()
