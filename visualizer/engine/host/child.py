"""A host in a process of its own, from the window's side. Neither torch nor Qt is imported here."""

from __future__ import annotations

import contextlib
import mmap
import pickle
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, cast

from visualizer import __version__
from visualizer.engine.frame import Kept, Viewport
from visualizer.engine.host.birth import OTHER_VERSION, bear
from visualizer.engine.host.crossing import Unpacker
from visualizer.engine.host.talk import Calls, Far, Gone, KeptNet, and_net
from visualizer.scene.model import Scene

#: A host that is asleep still gives a sign of life within so many seconds.
_ALIVE = 0.75
#: Seconds that a new host may take to import what it needs.
_BIRTH = 30.0
#: After so many deaths on one scene there is no new host until the scene is another.
_DEATHS = 2
_REAP = 1.0

_AGAIN = "It was started again, and the run is paused at its start."
_AGAIN_THERE = "It was started again, and the run is paused at step {:,}, where it was kept last."
_NOT_RUNNING = "The engine is not running: undo what was done last, and try again."
_GIVEN_UP = " That was the second time with this scene, so it is not started again: undo what was done last."

Message = tuple[str, tuple[Any, ...]]
Birth = tuple[subprocess.Popen[bytes], Connection, mmap.mmap]


class ChildEngine:
    """See `talk.Engine`. A host that has died is followed by another, which goes on from what this one has kept.

    What is said is written by one thread and what is heard is read by another: whoever calls this waits for nothing.
    """

    def __init__(self, device: str = "auto", born: Birth | None = None) -> None:
        self.wake: Callable[[], None] = _nobody
        self.calls = cast(Calls, Far(self._call))
        self._device, self._born = device, born
        self._heard: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._line: _Line | None = None
        self._closed = False
        # what a new host is told
        self._scene: Scene | None = None
        self._views: tuple[Viewport, ...] = ()
        self._speed = 1.0
        self._states: tuple[Kept, ...] = ()
        self._nets: tuple[KeptNet, ...] = ()
        self._deaths = 0
        self._stopped = False

    # the window's side

    def start(self) -> None:
        """Starts the process, if there is none yet: it begins with the import of torch."""
        born, self._born = self._born or bear(__version__, self._device), None
        self._line = _Line(born, self._hear)

    def receive(self) -> list[Message]:
        """What has been said since."""
        messages = [self._heard.get() for _ in range(self._heard.qsize())]
        told = [self._noted(name, arguments) for name, arguments in messages]
        if self._line is not None:
            self._line.give_back()
        return told

    def silence(self) -> float:
        """For how many seconds the host has been at one thing, or has given no sign of life."""
        return 0.0 if self._line is None else self._line.silence()

    def kill(self) -> None:
        """Ends the process at once; another takes its place."""
        if self._line is not None:
            self._stopped = True
            self._line.child.kill()

    def close(self) -> bool:
        """Ends the process. It has nothing to lose: what the user made is in the window."""
        self._closed, self.wake = True, _nobody
        return self._line is None or self._line.end()

    @property
    def pid(self) -> int | None:
        """The process of the host, if there is one."""
        return None if self._line is None else self._line.child.pid

    # what goes down

    def _call(self, name: str, *arguments: Any) -> None:
        if name == "show":
            self._show(*arguments)
            return
        if name == "look":
            if arguments == (self._views,):
                return
            (self._views,) = arguments
        elif name == "resume":
            self._nets += arguments[1]
        elif name == "set_speed":
            (self._speed,) = arguments
        if self._line is not None:
            self._line.say(name, *arguments)
        elif name in ("ask", "begin"):
            self._heard.put(
                ("failed", (arguments[0], Gone("The engine is not running: undo what was done last, and try again.")))
            )
            self.wake()

    def _show(self, scene: Scene, dragging: bool) -> None:
        old, self._scene = self._scene, scene
        if old is not None and old is not scene:
            self._deaths = 0
        if self._line is None:
            if old is not scene and not self._closed:
                self._revive()
            return
        changed = scene if old is None else changed_parts(old, scene)
        self._line.say("show", changed, dragging)

    def _revive(self) -> None:
        """Another host, which goes on where the last was, paused."""
        self.start()
        assert self._line is not None
        self._line.say("resume", self._states, self._nets)
        self._line.say("set_speed", self._speed)
        if self._scene is not None:
            self._line.say("show", self._scene, False)
        self._line.say("look", self._views)

    # what comes up

    def _hear(self, line: _Line, message: Message) -> None:
        """Called by the thread that reads."""
        if line is self._line and not self._closed:
            self._heard.put(message)
            with contextlib.suppress(RuntimeError):  # the window is being torn down
                self.wake()

    def _noted(self, name: str, arguments: tuple[Any, ...]) -> Message:
        """The message; what another host would need of it is kept."""
        if name == "keep":
            before, (self._states,) = self._states, arguments
            if before and before[0].step < self._states[0].step:  # it has lived and played since
                self._deaths = 0
        elif name == "keep_net":
            self._nets = and_net(self._nets, arguments[0])
        elif name == "died":
            return name, self._buried(*arguments)
        return name, arguments

    def _buried(self, status: int) -> tuple[str, bool]:
        """After an end: sees to another host, says what happened, and whether there is another."""
        said = "What the engine was at has been stopped." if self._stopped else cause(status)
        self._line, self._deaths = None, self._deaths + (not self._stopped)
        if self._deaths >= _DEATHS or status == OTHER_VERSION:
            return said + ("" if status == OTHER_VERSION else _GIVEN_UP), False
        self._stopped = False
        self._revive()
        return f"{said} {_AGAIN_THERE.format(self._states[0].step) if self._states else _AGAIN}", True


class _Line:
    """One process and the two threads that talk with it."""

    def __init__(self, born: Birth, hear: Callable[[_Line, Message], None]) -> None:
        self.child, self._connection, memory = born
        self._hear = hear
        self._unpackers = {b"p": Unpacker(memory), b"r": Unpacker(memory)}
        self._to_say: queue.SimpleQueue[tuple[Any, ...] | None] = queue.SimpleQueue()
        self._heard_at = time.monotonic() + _BIRTH
        self._busy = 0.0
        self._threads = [
            threading.Thread(target=work, args=args, name=f"engine {work.__name__}", daemon=True)
            for work, args in ((_write, (self._connection, self._to_say)), (self._read, ()))
        ]
        for thread in self._threads:
            thread.start()

    def say(self, *message: Any) -> None:
        self._to_say.put(message)

    def give_back(self) -> None:
        """Shared memory that nothing looks at any more."""
        freed = tuple(start for unpacker in self._unpackers.values() for start in unpacker.freed())
        if freed:
            self.say("free", freed)

    def silence(self) -> float:
        since = time.monotonic() - self._heard_at
        return self._busy + max(0.0, since) if self._busy or since > _ALIVE else 0.0

    def end(self) -> bool:
        self.child.kill()
        self._to_say.put(None)
        try:
            self.child.wait(_REAP)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _read(self) -> None:
        while True:
            try:
                message = self._connection.recv_bytes()
            except (EOFError, OSError):
                break
            self._heard_at = time.monotonic()
            name, arguments = self._unpackers[message[:1]].unpack(message[1:])
            if name == "beat":
                (self._busy,) = arguments
            self._hear(self, (name, arguments))
        self._to_say.put(None)
        self._hear(self, ("died", (self.child.wait(),)))


def _write(connection: Connection, to_say: queue.SimpleQueue[tuple[Any, ...] | None]) -> None:
    """Writes what is to be said, until nobody reads it or there is nothing more to say."""
    while (message := to_say.get()) is not None:
        name, *arguments = message
        try:
            connection.send_bytes(pickle.dumps((name, tuple(arguments)), protocol=5))
        except OSError:
            return


def cause(status: int) -> str:
    """A sentence about the end of a process."""
    if status == OTHER_VERSION:
        return "The program was updated while the window was open: close it and start it again."
    if status < 0 and signal.Signals(-status).name == "SIGKILL":
        return "The engine was ended from outside (SIGKILL). If memory ran out, use fewer particles."
    if status < 0:
        return f"The engine crashed ({signal.Signals(-status).name})."
    return f"The engine ended unexpectedly (status {status})."


def changed_parts(old: Scene, new: Scene) -> dict[str, Any]:
    """The parts of a scene that are other objects than before."""
    return {name: getattr(new, name) for name in type(new).model_fields if getattr(old, name) is not getattr(new, name)}


def _nobody() -> None:
    """Nobody is woken."""
