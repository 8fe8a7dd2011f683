"""Errands and long work in threads of the host's, beside the run."""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Any

from visualizer.engine.host.talk import Errand, Hears
from visualizer.engine.run.memory import prepare_thread

#: Errands at a time.
_AT_ONCE = 3
#: Between two values of long work are at least so many seconds.
_APART = 0.05


class Errands:
    """Does errands, and iterates over long work; tells what came of it.

    Args:
        hears: who is told.
        fill: puts what the host has in the place of what stands for it.
    """

    def __init__(self, hears: Hears, fill: Callable[[object], object]) -> None:
        self._hears, self._fill = hears, fill
        self._pool = ThreadPoolExecutor(_AT_ONCE, "errand", initializer=prepare_thread)
        self._asked: dict[int, Future[None]] = {}
        self._work: dict[int, _Work] = {}

    def ask(self, number: int, errand: Errand) -> None:
        """Does an errand."""
        self._asked[number] = self._pool.submit(self._do, number, errand)

    def _do(self, number: int, errand: Errand) -> None:
        try:
            value = errand.run(self._fill)
        except Exception as error:  # whatever it is, it is told where it was asked for
            self._hears.failed(number, told(error))
        else:
            self._hears.answered(number, value)
        finally:
            self._asked.pop(number, None)

    def begin(self, number: int, errand: Errand) -> None:
        """Iterates over what an errand returns, in a thread of its own."""
        self._work[number] = _Work(number, lambda: errand.run(self._fill), self._hears)

    def hold(self, number: int, held: bool) -> None:
        """Holds long work, or lets it go on."""
        if number in self._work:
            self._work[number].hold(held)

    def drop(self, number: int) -> None:
        """What has not begun is not begun; long work ends after the value it is at."""
        if (asked := self._asked.get(number)) is not None:
            asked.cancel()
        if (work := self._work.pop(number, None)) is not None:
            work.stop()

    def close(self) -> None:
        """Everything is dropped."""
        for number in list(self._work):
            self.drop(number)
        self._pool.shutdown(wait=False, cancel_futures=True)


class _Work:
    """An iteration in one thread, told of by another: the newest value counts, at most every `_APART` seconds."""

    def __init__(self, number: int, begin: Callable[[], Any], hears: Hears) -> None:
        self._number, self._begin, self._hears = number, begin, hears
        self._stop, self._go, self._fresh = threading.Event(), threading.Event(), threading.Event()
        self._newest: object = None
        self._over: Callable[[], None] | None = None
        self._go.set()
        for work in (self._iterate, self._tell):
            threading.Thread(target=work, name="work", daemon=True).start()

    def hold(self, held: bool) -> None:
        if held:
            self._go.clear()
        else:
            self._go.set()

    def stop(self) -> None:
        """It ends after the value it is at, and nothing more is told."""
        self._stop.set()
        for event in (self._go, self._fresh):
            event.set()

    def _iterate(self) -> None:
        prepare_thread()
        over = partial(self._hears.ended, self._number)
        try:
            with closing(self._values()) as values:  # a training's process ends with its generator
                for self._newest in values:
                    self._fresh.set()
                    self._go.wait()
                    if self._stop.is_set():
                        return
        except Exception as error:  # whatever it is, it is told where it was asked for
            over = partial(self._hears.failed, self._number, told(error))
        self._over = over
        self._fresh.set()

    def _values(self) -> Generator[object]:
        yield from self._begin()

    def _tell(self) -> None:
        before: object = None
        while True:
            self._fresh.wait()
            self._fresh.clear()
            over = self._over  # looked at first: whatever is newest after that is the last
            if self._stop.is_set():
                return
            if self._newest is not before:
                before = self._newest
                self._hears.came(self._number, before)
            if over is not None:
                over()
                return
            time.sleep(_APART)


def told(error: Exception) -> Exception:
    """An error as it can cross to another process: what cannot is told by its words."""
    try:
        again: Exception = pickle.loads(pickle.dumps(error))
        crosses = type(again) is type(error) and str(again) == str(error)
    except Exception:  # of any sort: it depends on the error's own class
        crosses = False
    if crosses:
        return error
    return ValueError(str(error)) if isinstance(error, ValueError) else RuntimeError(f"{type(error).__name__}: {error}")
