"""The program's side: asks the process that parses, and outlives it."""

from __future__ import annotations

import atexit
import json
import signal
import subprocess
import sys
import threading
from typing import Any

from visualizer.apart.process import read_value

#: Bytes of memory that parsing may take, and of an array that comes back.
_MEMORY = 4 << 30
_MOST = 1 << 30
#: Seconds for an answer, and for the process to begin.
_PATIENCE = 20.0
_BIRTH = 30.0


#: How a process ends whose CPU time is spent, on POSIX.
_SPENT = -int(signal.SIGXCPU) if sys.platform != "win32" else None


class Refused(ValueError):
    """What was asked for is refused, in a sentence."""


class Broken(ValueError):
    """The process died, hung or stumbled over a file. Its text says what happened, in the words of whoever noticed."""


class _Process:
    """One process. It is asked by one thread at a time."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "visualizer.apart.process"]
        pipe = subprocess.PIPE
        # What libraries say when they die goes nowhere: a pipe that nobody empties would hold the process up.
        self.child = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
        self.fresh = True

    def ask(self, function: str, arguments: tuple[Any, ...], seconds: float, memory: int) -> Any:
        request = {"function": function, "arguments": arguments, "memory": memory, "seconds": seconds}
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        late = threading.Timer(seconds + (_BIRTH if self.fresh else 0.0), self.child.kill)
        late.start()
        try:
            self.child.stdin.write(json.dumps(request).encode() + b"\n")
            self.child.stdin.flush()
            answer = json.loads(self.child.stdout.readline())
            if "value" in answer:
                return read_value(answer["value"], self.child.stdout, _MOST)
        except (OSError, ValueError, TypeError, AttributeError) as error:
            self.end()
            spent = late.finished.is_set() or self.child.returncode == _SPENT  # of several threads that comes sooner
            raise Broken("took too long" if spent else "brought down what read it") from error
        finally:
            late.cancel()
            self.fresh = False
        if "refused" in answer:
            raise Refused(str(answer["refused"]))
        raise Broken(str(answer.get("stumbled", "")))

    def end(self) -> None:
        self.child.kill()
        self.child.wait()
        for stream in (self.child.stdin, self.child.stdout):
            if stream is not None:
                stream.close()


_lock = threading.Lock()
_process: _Process | None = None


def _end() -> None:
    if _process is not None:
        _process.end()


atexit.register(_end)


def call(function: str, *arguments: Any, seconds: float = _PATIENCE, memory: int = _MEMORY) -> Any:
    """What a function of the program returns for arguments that JSON can hold; it runs in the other process.

    Raises:
        Refused: the function raised ValueError or OSError, or there is no memory.
        Broken: the process died, took longer than `seconds`, or the function raised something else.
    """
    global _process
    with _lock:
        if _process is None or _process.child.poll() is not None:
            _process = _Process()
        return _process.ask(function, arguments, seconds, memory)


def call_alone(function: str, *arguments: Any, seconds: float = _PATIENCE, memory: int = _MEMORY) -> Any:
    """The same in a process of its own, which ends with the answer: for what could do something to the next call.

    The time for the process to begin, and for the function's libraries to be there, is not counted. Raises as `call`.
    """
    process = _Process()
    try:
        process.ask("visualizer.apart.process:bring", (function,), _BIRTH, memory)
        return process.ask(function, arguments, seconds, memory)
    finally:
        process.end()


def warm_up() -> None:
    """Starts the process, if there is none: whoever reads a file soon finds it ready."""
    global _process
    with _lock:
        if _process is None or _process.child.poll() is not None:
            _process = _Process()
