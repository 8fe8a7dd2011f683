"""What is let in, in this process and in those that it starts."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import RLock

from visualizer.plugins.manifest import MAX_BYTES, Manifest, PluginError, manifest_of

#: What is said where a scene names a kind that is not there.
HINT = "a plug-in of that name is let in by --plugin FILE, or by dropping its file on the window"
#: Files that are let in, for child processes: a list of [path, SHA-256] as JSON.
_HANDED_ON = "VISUALIZER_PLUGINS"
#: Where this is set nothing is let in: on machines of a lecture hall.
_OFF = "VISUALIZER_NO_PLUGINS"

_lock = RLock()
_held: dict[tuple[str, str], Plugin] = {}
_asked = False
_changes = 0


@dataclass(frozen=True)
class Plugin:
    """One file, as it was when it was let in.

    Attributes:
        path: where it lies; for messages, and for processes that are started later.
        text: all of it.
        manifest: what it says of itself.
    """

    path: str
    text: str
    manifest: Manifest

    @property
    def name(self) -> str:
        """What scenes call it."""
        return self.manifest.name

    @property
    def kind(self) -> str:
        """target, sampler or process."""
        return self.manifest.kind

    @cached_property
    def sha256(self) -> str:
        """What its text is known by."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def fault(self, text: str) -> PluginError:
        """What is wrong with it, with its name."""
        return PluginError(f"The plug-in {self.name}: {text}")

    def __hash__(self) -> int:
        return hash((self.path, self.text))


def text_of(path: str | os.PathLike[str]) -> str:
    """The text of a plug-in's file, read as what it is: a small regular file.

    Raises:
        PluginError: it is none.
    """
    file = Path(path)
    try:
        with open(os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as stream:
            found = os.fstat(stream.fileno())
            if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_BYTES:
                raise PluginError(f"{file}: expected a file of at most {MAX_BYTES:,} bytes")
            return stream.read(MAX_BYTES + 1).decode()
    except OSError as error:
        raise PluginError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise PluginError(f"{file}: this is no text of a Python program") from None


def read_plugin(path: str | os.PathLike[str]) -> Plugin:
    """A plug-in from its file, not let in yet; nothing of it is run.

    Raises:
        PluginError: it is none.
    """
    text = text_of(path)
    try:
        return Plugin(str(Path(path).resolve()), text, manifest_of(text))
    except PluginError as error:
        raise PluginError(f"{path}: {error}") from None


def refuse_where_off(path: str) -> None:
    """
    Raises:
        PluginError: nothing is let in on this machine.
    """
    if os.environ.get(_OFF):
        raise PluginError(f"{path}: plug-ins are switched off here ({_OFF})")


def let_in(plugin: Plugin) -> None:
    """Its kind can be used from now on, here and in processes that are started from here.

    One of the same name takes the other's place.

    Raises:
        PluginError: nothing is let in on this machine.
    """
    global _changes
    refuse_where_off(plugin.path)
    with _lock:
        held()
        there = _held.get((plugin.kind, plugin.name))
        if there is not None and there.path != plugin.path:
            raise PluginError(
                f"{plugin.path}: there is a {plugin.kind} {plugin.name!r} from {there.path} already; give the plug-in "
                "another name, or remove the other"
            )
        if there != plugin:
            _held[plugin.kind, plugin.name] = plugin
            _changes += 1
            _hand_on()


def send_away(plugin: Plugin) -> None:
    """Its kind cannot be used any more."""
    global _changes
    with _lock:
        if _held.pop((plugin.kind, plugin.name), None) is not None:
            _changes += 1
            _hand_on()


def held(kind: str = "") -> tuple[Plugin, ...]:
    """What is let in, of a kind or of all."""
    global _asked
    with _lock:
        if not _asked:
            _asked = True
            _take_over()
        return tuple(plugin for (of, _), plugin in _held.items() if kind in ("", of))


def changes() -> int:
    """How often anything was let in or sent away: whoever has made something of plug-ins looks here."""
    if not _asked:
        held()
    return _changes


def _hand_on() -> None:
    os.environ[_HANDED_ON] = json.dumps([[plugin.path, plugin.sha256] for plugin in _held.values()])


def _take_over() -> None:
    """What the process that started this one has let in, as long as the files are what they were."""
    global _changes
    if os.environ.get(_OFF):
        return
    for path, sha256 in json.loads(os.environ.get(_HANDED_ON) or "[]"):
        try:
            plugin = read_plugin(path)
        except PluginError:  # a scene that needs it says so
            continue
        if plugin.sha256 == sha256:
            _held[plugin.kind, plugin.name] = plugin
            _changes += 1
