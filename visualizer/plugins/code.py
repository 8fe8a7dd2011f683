"""The functions of a plug-in: its file is run, in processes that compute."""

from __future__ import annotations

import linecache
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType
from typing import Any

from visualizer.plugins.held import Plugin
from visualizer.plugins.manifest import PluginError


class Numbers(dict[str, float]):
    """The parameters, as p["height"] or as p.height; whole numbers are `int`."""

    def __getattr__(self, name: str) -> float:
        try:
            return self[name]
        except KeyError:
            there = ", ".join(self) or "none"
            raise AttributeError(f"there is no parameter {name}; there are: {there}") from None


@lru_cache(maxsize=32)
def module_of(plugin: Plugin) -> ModuleType:
    """The file, run. Another text is another module: what runs already is never changed.

    Raises:
        PluginError: running it failed.
    """
    module = ModuleType(f"visualizer_plugin_{plugin.sha256[:16]}")
    module.__file__ = file = _file(plugin)
    lines = plugin.text.splitlines(keepends=True)
    linecache.cache[file] = (len(plugin.text), None, lines, file)  # a traceback shows what was run, not what is there
    sys.modules[module.__name__] = module
    with told_at_line(plugin):
        exec(compile(plugin.text, file, "exec"), module.__dict__)
    return module


def function_of(plugin: Plugin, name: str) -> Callable[..., Any] | None:
    """A function of the file, whose faults are told with their line; None where the file has none of that name."""
    found = getattr(module_of(plugin), name, None)
    if found is None:
        return None

    def called(*arguments: Any, **named: Any) -> Any:
        with told_at_line(plugin):
            return found(*arguments, **named)

    return called


@contextmanager
def told_at_line(plugin: Plugin) -> Iterator[None]:
    """What goes wrong in the file is told with its name and its line.

    Raises:
        PluginError: instead of whatever was raised.
    """
    try:
        yield
    except PluginError:
        raise
    except (Exception, SystemExit) as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == _file(plugin)]
        at = f"line {frames[-1].lineno}: " if frames else ""
        said = " ".join(str(error).split())[:300]
        raise plugin.fault(f"{at}{type(error).__name__}: {said}") from error


@contextmanager
def stopped_after(seconds: float, text: str) -> Iterator[None]:
    """Raises where the code is by then: Python's own code, in the main thread, on POSIX; elsewhere nothing happens.

    Raises:
        TimeoutError: with this text.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def late(*_: object) -> None:
        raise TimeoutError(text)

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _file(plugin: Plugin) -> str:
    return f"<plug-in {plugin.name} {plugin.sha256[:8]}>"
