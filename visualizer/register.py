"""Registers: things of one sort by name, each added by the file that defines it.

A register imports the files of its folder when it is asked for the first time. So a new file is a new kind, and no list
names it. Where plug-ins can be of the sort, the file `plugged.py` of the folder makes a kind of each that is let in.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from threading import RLock
from typing import Any, Generic, TypeVar

from visualizer import plugins
from visualizer.plugins.held import changes

T = TypeVar("T")
#: The file of a folder that makes kinds of plug-ins, by `made(plugin)`.
_MAKER = "plugged"


class Register(Generic[T]):
    """Things of one sort, by name.

    Args:
        package: the folder whose files add them, as the name of a package.
        sort: what one of them is called in messages.
    """

    def __init__(self, package: str, sort: str) -> None:
        self._package, self.sort = package, sort
        self._things: dict[str, T] = {}
        self._plugged: dict[str, plugins.Plugin] = {}
        self._gone: dict[str, T] = {}
        self._changes = 0
        self._complete = False
        self._lock = RLock()

    def add(self, thing: T) -> T:
        """Takes a thing in under its name. Also a decorator.

        Raises:
            ValueError: the name is taken.
        """
        name = self.name_of(thing)
        if name in self._things:
            raise ValueError(f"there is a {self.sort} {name!r} already")
        self._things[name] = thing
        return thing

    def remove(self, name: str) -> None:
        """Forgets a thing that was added."""
        del self._things[name]

    def name_of(self, thing: Any) -> str:
        """The name a thing goes by."""
        return str(thing.kind)

    def place_of(self, thing: T) -> Any:
        """Where a thing stands in lists: ascending."""
        return getattr(thing, "order", 0)

    def __getitem__(self, name: str) -> T:
        things = self._all()
        if name not in things:
            if name in self._gone:  # a plug-in that was sent away: a scene that has it goes on
                return self._gone[name]
            raise ValueError(f"unknown {self.sort} {name!r}: expected one of {', '.join(self)}")
        return things[name]

    def get(self, name: str) -> T | None:
        """A thing, if there is one of that name."""
        return self._all().get(name)

    def __contains__(self, name: object) -> bool:
        return name in self._all()

    def __iter__(self) -> Iterator[str]:
        """Names, in the order of lists."""
        things = self._all()
        return iter(sorted(things, key=lambda name: (self.place_of(things[name]), name)))

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> dict[str, T]:
        with self._lock:  # scenes are read in several threads
            if not self._complete:
                for module in iter_modules(import_module(self._package).__path__):
                    import_module(f"{self._package}.{module.name}")
                self._complete = True
            if self._changes != (now := changes()):
                self._changes = now
                self._follow_plugins()
        return self._things

    def _follow_plugins(self) -> None:
        maker = sys.modules.get(f"{self._package}.{_MAKER}")
        if maker is None:  # the sort has no plug-ins
            return
        wanted = {
            plugin.name: plugin
            for plugin in plugins.held(self.sort)
            if plugin.name in self._plugged or plugin.name not in self._things
        }
        for name in [name for name, plugin in self._plugged.items() if wanted.get(name) != plugin]:
            self._gone[name] = self._things.pop(name)
            del self._plugged[name]
        for name, plugin in wanted.items():
            if name not in self._things:
                self._things[name], self._plugged[name] = maker.made(plugin), plugin
