"""Registers: things of one sort by name, each added by the file that defines it.

A register imports the files of its folder when it is asked for the first time. So a new file is a new kind, and no list
names it. Plug-ins and tests add kinds from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from threading import RLock
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Register(Generic[T]):
    """Things of one sort, by name.

    Args:
        package: the folder whose files add them, as the name of a package.
        sort: what one of them is called in messages.
    """

    def __init__(self, package: str, sort: str) -> None:
        self._package, self.sort = package, sort
        self._things: dict[str, T] = {}
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
            raise ValueError(f"unknown {self.sort} {name!r}: expected one of {', '.join(self)}")
        return things[name]

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
        return self._things
