"""What the program remembers between runs. Never in the way of starting: bad values are ignored."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings, QStandardPaths

_RECENT = 8
#: Cards and parts of cards that a first run does without.
FOLDED_AT_FIRST = [
    "Score that is followed",
    "Fourier",
    "Sampler: more",
    "Noise: more",
    "Layers, the uppermost first: more",
]
#: Scenes with files outside their folders that are remembered as agreed to.
_TRUSTED = 300
MAGNIFICATIONS = (1.0, 1.25, 1.5, 1.75, 2.0)


class Settings:
    """Window geometry, theme, recent files. `VISUALIZER_SETTINGS` names another file for them."""

    def __init__(self) -> None:
        path = os.environ.get("VISUALIZER_SETTINGS")
        self._store = QSettings(path, QSettings.Format.IniFormat) if path else QSettings("visualizer", "visualizer")

    def _flag(self, name: str) -> bool:
        return str(self._store.value(name, "false")).lower() == "true"

    @property
    def geometry(self) -> QByteArray | None:
        """The window's place and size."""
        value = self._store.value("geometry")
        return value if isinstance(value, QByteArray) else None

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._store.setValue("geometry", value)

    @property
    def cards_hidden(self) -> bool:
        """Whether the cards were hidden."""
        return self._flag("panels_hidden")

    @cards_hidden.setter
    def cards_hidden(self, value: bool) -> None:
        self._store.setValue("panels_hidden", value)

    def reset(self) -> None:
        """How the window looks is forgotten; files and what was agreed to are not."""
        for name in ("folded", "panels_hidden", "columns", "geometry", "magnification", "theme", "docked"):
            self._store.remove(name)

    @property
    def columns(self) -> tuple[int, int] | None:
        """Widths of the columns of cards, left and right, in pixels."""
        value = self._store.value("columns")
        try:
            left, right = (int(v) for v in value)
        except (TypeError, ValueError):
            return None
        return left, right

    @columns.setter
    def columns(self, widths: tuple[int, int]) -> None:
        self._store.setValue("columns", list(widths))

    @property
    def hinted(self) -> bool:
        """Whether the hints of the first minute have been seen."""
        return self._flag("hinted")

    @hinted.setter
    def hinted(self, value: bool) -> None:
        self._store.setValue("hinted", value)

    @property
    def folded(self) -> list[str]:
        """Names of the cards, and of parts of them, that were left folded; at first those that a first run does
        without."""
        value = self._store.value("folded", FOLDED_AT_FIRST)
        items = [value] if isinstance(value, str) else value
        return [str(v) for v in items if v] if isinstance(items, list) else []

    @folded.setter
    def folded(self, names: list[str]) -> None:
        self._store.setValue("folded", names or [""])

    @property
    def theme(self) -> str:
        """dark, light, or an empty text where the user never chose."""
        value = str(self._store.value("theme", ""))
        return value if value in ("dark", "light") else ""

    @theme.setter
    def theme(self, value: str) -> None:
        self._store.setValue("theme", value)

    @property
    def magnification(self) -> float:
        """How many times as large as usual everything is, 1 to 2."""
        try:
            value = float(str(self._store.value("magnification", "1")))
        except ValueError:
            return 1.0
        return value if value in MAGNIFICATIONS else 1.0

    @magnification.setter
    def magnification(self, value: float) -> None:
        self._store.setValue("magnification", value)

    @property
    def docked(self) -> bool:
        """Whether what measures and trains stands beside the picture, and not in a window of its own."""
        return str(self._store.value("docked", "true")).lower() != "false"

    @docked.setter
    def docked(self, value: bool) -> None:
        self._store.setValue("docked", value)

    @property
    def folder(self) -> str:
        """The folder a file was last written to or read from; the user's own at first, or if it is gone."""
        value = str(self._store.value("folder", ""))
        return value if value and Path(value).is_dir() else str(Path.home())

    @folder.setter
    def folder(self, value: str) -> None:
        self._store.setValue("folder", value)

    @property
    def journals(self) -> Path:
        """The folder for what windows have not saved, beside the settings."""
        place = Path(self._store.fileName())
        if not place.parent.is_dir():  # where settings are in no file
            place = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppLocalDataLocation))
        return place.parent / "journal"

    def trusts(self, scene: str, files: tuple[str, ...]) -> bool:
        """Whether a scene was saved here, or agreed to, with these files outside its folder."""
        return not files or _digest(scene, files) in self._trusted

    def trust(self, scene: str, files: tuple[str, ...]) -> None:
        """Remembers that a scene may open these files."""
        if not files:
            return
        rest = [d for d in self._trusted if d != _digest(scene, files)]
        self._store.setValue("trusted", [_digest(scene, files), *rest][:_TRUSTED])

    @property
    def _trusted(self) -> list[str]:
        return self._list("trusted")

    def _list(self, name: str) -> list[str]:
        """Texts; of one alone Qt makes a text."""
        value = self._store.value(name, [])
        items = [value] if isinstance(value, str) else value
        return [str(v) for v in items] if isinstance(items, list) else []

    @property
    def plugins(self) -> dict[str, str]:
        """The SHA-256 of each plug-in that was let in, by its path."""
        pairs = [line.split(" ", 1) for line in self._list("plugins")]
        return {pair[1]: pair[0] for pair in pairs if len(pair) == 2}

    @plugins.setter
    def plugins(self, agreed: dict[str, str]) -> None:
        self._store.setValue("plugins", [f"{sha256} {path}" for path, sha256 in agreed.items()])

    @property
    def own_folders(self) -> list[str]:
        """Folders in which plug-ins that were let in may change."""
        return self._list("own_folders")

    @own_folders.setter
    def own_folders(self, folders: list[str]) -> None:
        self._store.setValue("own_folders", list(dict.fromkeys(folders)))

    @property
    def recent(self) -> list[str]:
        """Paths of scenes opened or saved last, the newest first."""
        return self._list("recent")[:_RECENT]

    def add_recent(self, path: str) -> None:
        """Puts a path at the head of the recent ones."""
        rest = [p for p in self.recent if p != path]
        self._store.setValue("recent", [path, *rest][:_RECENT])


def _digest(scene: str, files: tuple[str, ...]) -> str:
    """A scene's path and its files, as one word."""
    return hashlib.sha256("\n".join((scene, *sorted(files))).encode()).hexdigest()[:24]
