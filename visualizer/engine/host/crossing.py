"""What crosses from one process to another: pickles, whose large arrays lie in memory that both share.

An array is copied once, by the sender; the receiver looks at it where it lies, and its block is free again when the
last array that looks at it is gone. What was part of the message before is named, not sent again: a drawing that has
not changed is the same object on the other side, too.

Only our own two processes talk in pickles, over a pipe that one inherits from the other. Nothing from a file does.
"""

from __future__ import annotations

import mmap
import pickle
import weakref
from collections import deque
from io import BytesIO
from itertools import count
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visualizer.engine.drawings import Drawing
from visualizer.engine.findings.report import Report
from visualizer.engine.frame import Fourier

#: Arrays from so many bytes on go into shared memory.
_LARGE = 4096
#: Blocks begin at multiples of this.
_ALIGNED = 64
#: What is the same object on the other side if it is the same on this one.
_KEPT = (Drawing, Fourier, Report)


class Arena:
    """Shared memory, cut into blocks. Holes are kept in order, and neighbours are joined."""

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory
        self._holes = [(0, len(memory))]
        self._taken: dict[int, int] = {}
        self._lock = Lock()

    @property
    def taken(self) -> int:
        """Bytes in use."""
        return sum(self._taken.values())

    def store(self, data: memoryview) -> int | None:
        """Copies bytes into a block and returns where it begins; None where there is no hole that large."""
        size = -(-data.nbytes // _ALIGNED) * _ALIGNED
        with self._lock:
            for i, (start, room) in enumerate(self._holes):
                if room >= size:
                    self._holes[i : i + 1] = [(start + size, room - size)] if room > size else []
                    self._taken[start] = size
                    break
            else:
                return None
        self._memory[start : start + data.nbytes] = data
        return start

    def free(self, starts: tuple[int, ...]) -> None:
        """Takes blocks back."""
        with self._lock:
            for start in starts:
                self._holes.append((start, self._taken.pop(start)))
            self._holes.sort()
            joined = self._holes[:1]
            for start, room in self._holes[1:]:
                if sum(joined[-1]) == start:
                    joined[-1] = (joined[-1][0], joined[-1][1] + room)
                else:
                    joined.append((start, room))
            self._holes = joined


class Packer:
    """Makes messages for an `Unpacker` at the other end of the memory. Messages must arrive in order, all of them."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._before: dict[int, tuple[int, object]] = {}
        self._names = count()

    def pack(self, value: object) -> bytes:
        """A message. Arrays that find no room in the shared memory travel in it."""
        blocks: list[tuple[int, int]] = []
        now: dict[int, tuple[int, object]] = {}

        def out_of_band(buffer: pickle.PickleBuffer) -> bool:
            with buffer.raw() as data:
                start = self._arena.store(data) if data.nbytes >= _LARGE else None
                if start is not None:
                    blocks.append((start, data.nbytes))
            return start is None

        file = BytesIO()
        pickler = _Pickler(file, out_of_band, self._before, now, self._names)
        try:
            pickler.dump(value)
        except BaseException:
            self._arena.free(tuple(start for start, _ in blocks))
            raise
        self._before = now
        return pickle.dumps((blocks, file.getvalue()))


class _Pickler(pickle.Pickler):
    def __init__(self, file: BytesIO, out_of_band: Any, before: Any, now: Any, names: count[int]) -> None:
        super().__init__(file, protocol=5, buffer_callback=out_of_band)
        self._before, self._now, self._names = before, now, names

    def persistent_id(self, thing: object) -> tuple[object, ...] | None:
        array = type(thing) is np.ndarray
        if not array and not isinstance(thing, _KEPT):
            return None
        if array and thing.nbytes < _LARGE:  # type: ignore[attr-defined]  # it is an array
            return None
        key = id(thing)
        known = self._now.get(key) or self._before.get(key)
        if known is not None:
            self._now[key] = known
            return (known[0],)
        name = next(self._names)
        self._now[key] = (name, thing)
        if array:
            whole = np.ascontiguousarray(thing)
            return (name, whole.dtype.str, whole.shape, pickle.PickleBuffer(whole))  # type: ignore[arg-type]  # an array is a buffer
        return (name, type(thing), vars(thing))


class Unpacker:
    """Reads the messages of a `Packer`."""

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory
        self._before: dict[int, object] = {}
        self._freed: deque[int] = deque()

    def unpack(self, message: bytes) -> Any:
        """What was packed."""
        blocks, body = pickle.loads(message)
        now: dict[int, object] = {}
        buffers = [self._look_at(start, size) for start, size in blocks]
        value = _Unpickler(BytesIO(body), buffers, self._before, now).load()
        self._before = now
        return value

    def _look_at(self, start: int, size: int) -> NDArray[np.uint8]:
        block = np.frombuffer(self._memory, np.uint8, size, start)
        weakref.finalize(block, self._freed.append, start).atexit = False
        return block

    def freed(self) -> tuple[int, ...]:
        """Blocks that nothing looks at any more, each told once."""
        return tuple(self._freed.popleft() for _ in range(len(self._freed)))


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: BytesIO, buffers: Any, before: dict[int, object], now: dict[int, object]) -> None:
        super().__init__(file, buffers=buffers)
        self._before, self._now = before, now

    def persistent_load(self, told: Any) -> object:
        name, *content = told
        if content:
            self._now[name] = _made(*content)
        elif name not in self._now:
            self._now[name] = self._before[name]
        return self._now[name]


def _made(kind: Any, content: Any, buffer: Any = None) -> object:
    if buffer is not None:
        return np.frombuffer(buffer, np.dtype(kind)).reshape(content)
    thing = kind.__new__(kind)
    vars(thing).update(content)
    return thing
