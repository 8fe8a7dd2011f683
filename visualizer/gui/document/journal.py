"""What is not saved yet is on the disk within two seconds, and offered at the next start, however this one ended.

Every window has a folder in `Settings.journals`: the scene (`scene.toml`), a thumbnail, what is trained but in no file
(`*.safetensors`), the recording under way (`lecture.toml`), and what is to be known of them (`entry.json`). The folder
is locked as long as the window lives: the system lets go of the lock however the window ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap

from visualizer.engine.host.talk import KeptNet
from visualizer.gui.document.images import png_bytes
from visualizer.gui.document.store import Memento, Store
from visualizer.gui.jobs import run_in_background
from visualizer.scene.field import SESSION
from visualizer.scene.files import dump_scene, read_scene, write_atomic
from visualizer.scene.model import Scene
from visualizer.scene.script import Script, save_script

#: From an edit to the writing of it, ms.
_SOON_MS = 600
#: Seconds between two thumbnails.
_PICTURES_APART = 8.0
_WIDTH = 320
#: Entries that are kept, of windows that were closed as they should be.
_CLOSED = 1
_SCENE, _FACTS, _PICTURE, _LECTURE, _LOCK = "scene.toml", "entry.json", "picture.png", "lecture.toml", "lock"
#: What the networks of another session are called in this one.
_KEPT_SESSION = f"{SESSION}kept-"


@dataclass(frozen=True)
class Entry:
    """What a window left.

    Attributes:
        folder: where it lies.
        title: of the scene.
        path: its file, if it had one.
        when: seconds since 1970.
        modified: whether there was something that was not saved.
        closed: whether the window was closed as it should be.
    """

    folder: Path
    title: str
    path: Path | None
    when: float
    modified: bool
    closed: bool

    @property
    def thumbnail(self) -> QImage:
        """How it looked; a null image where that is not known."""
        return QImage(str(self.folder / _PICTURE))

    @property
    def recording(self) -> Path | None:
        """The recording that was under way."""
        file = self.folder / _LECTURE
        return file if file.exists() else None


class Journal(QObject):
    """Writes what a window has not saved.

    Args:
        store: tells that something is new.
        journals: the folder of all windows.
        document: the user's own document as it is now.
        picture: a picture of the scene as it is shown.
        recorded: the recording that is not saved; None where there is none.
    """

    #: why nothing can be kept
    failed = Signal(str)
    #: everything up to now is on the disk
    written = Signal()

    def __init__(
        self,
        store: Store,
        journals: Path,
        document: Callable[[], Memento],
        picture: Callable[[], QPixmap],
        recorded: Callable[[], Script | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._picture, self._recorded = document, picture, recorded
        self.folder = journals / f"{time.time_ns()}-{os.getpid()}"
        self._lock: QLockFile | None = None
        self._writing = self._again = self._told = False
        self._pictured = -_PICTURES_APART
        self._nets: dict[str, KeptNet] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SOON_MS)
        self._timer.timeout.connect(self._write)
        store.changed.connect(self.note)
        store.history_changed.connect(self.note)

    def note(self, *_: object) -> None:
        """Something is new: it is written soon."""
        if not self._timer.isActive():
            self._timer.start()

    def take_net(self, net: KeptNet) -> None:
        """A network is trained."""
        self._nets[net.name] = net
        self.note()

    def _write(self) -> None:
        if self._writing:  # one after the other, or an older scene might win
            self._again = True
            return
        document, nets, script, image = self._document(), list(self._nets.values()), self._recorded(), None
        if self._lock is None and not document.modified and not nets and script is None:
            return  # there is nothing to lose yet
        self._writing = True
        if time.monotonic() - self._pictured > _PICTURES_APART:
            self._pictured = time.monotonic()
            image = self._picture().toImage()

        def work() -> None:
            self._lock_folder()
            write_scene(self.folder, document)
            for net in nets:
                write_net(self.folder, net)
            if image is not None:
                small = image.scaledToWidth(_WIDTH, Qt.TransformationMode.SmoothTransformation)
                write_atomic(self.folder / _PICTURE, png_bytes(small))
            if script is not None:
                save_script(script, self.folder / _LECTURE)
            else:
                (self.folder / _LECTURE).unlink(missing_ok=True)

        run_in_background(self, work, self._written, self._failed)

    def _lock_folder(self) -> None:
        if self._lock is None:
            self.folder.mkdir(parents=True)
            lock = QLockFile(str(self.folder / _LOCK))
            lock.setStaleLockTime(0)
            lock.tryLock(0)
            self._lock = lock

    def _written(self, _: object) -> None:
        self._writing = False
        if self._again or self._recorded() is not None:
            self._again = False
            self.note()
        else:
            self.written.emit()

    def _failed(self, error: Exception) -> None:
        self._writing = False
        if not self._told and isinstance(error, OSError):
            self._told = True
            reason = error.strerror or str(error)
            self.failed.emit(f"What you do cannot be kept for the next start ({reason}): save your scene now and then.")
        elif not isinstance(error, OSError):
            raise error

    def close(self) -> None:
        """The window is closed as it should be: nothing needs to be offered, but the session can be had back."""
        self._timer.stop()
        if self._lock is None:
            return
        with contextlib.suppress(OSError, ValueError):  # a disk that is full has been told of
            facts = json.loads((self.folder / _FACTS).read_text("utf-8"))
            write_atomic(self.folder / _FACTS, json.dumps({**facts, "closed": True}).encode())
        self._lock.unlock()


def write_scene(folder: Path, document: Memento) -> None:
    """Writes a scene and what is to be known of it."""
    scene, path = document.scene, document.path
    write_atomic(folder / _SCENE, dump_scene(scene).encode("utf-8"))
    facts = {
        "title": scene.title,
        "path": None if path is None else str(path),
        "when": time.time(),
        "modified": document.modified,
        "closed": False,
    }
    write_atomic(folder / _FACTS, json.dumps(facts).encode())


def _net_file(folder: Path, net: KeptNet) -> Path:
    return folder / f"{net.name.removeprefix(SESSION)}@{net.step}.safetensors"


def write_net(folder: Path, net: KeptNet) -> None:
    """Writes a network; earlier states of the same training go."""
    file = _net_file(folder, net)
    if file.exists():
        return
    write_atomic(file, net.content)
    for other in folder.glob(f"{net.name.removeprefix(SESSION)}@*.safetensors"):
        if other != file:
            other.unlink(missing_ok=True)


def entries(journals: Path) -> list[Entry]:
    """What windows have left that are no more, the newest first. What cannot be read is left alone."""
    found = []
    for folder in journals.glob("*-*"):
        lock = QLockFile(str(folder / _LOCK))
        lock.setStaleLockTime(0)
        if not lock.tryLock(0):
            continue  # its window is alive
        lock.unlock()
        try:
            facts = json.loads((folder / _FACTS).read_text("utf-8"))
            path = None if facts["path"] is None else Path(facts["path"])
            found.append(
                Entry(folder, str(facts["title"]), path, float(facts["when"]), bool(facts["modified"]),
                      bool(facts["closed"]))
            )  # fmt: skip
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return sorted(found, key=lambda entry: -entry.when)


def tidy(journals: Path) -> list[Entry]:
    """As `entries`; those without anything unsaved are forgotten, but for the last."""
    kept, finished = [], 0
    for entry in entries(journals):
        over = entry.closed or not entry.modified
        finished += over
        if over and finished > _CLOSED:
            forget(entry)
        else:
            kept.append(entry)
    return kept


def forget(entry: Entry) -> None:
    """An entry is not wanted any more."""
    shutil.rmtree(entry.folder, ignore_errors=True)


def take(entry: Entry) -> tuple[Scene, tuple[KeptNet, ...]]:
    """The scene of an entry, and the networks that it may follow, under names that no training of this window has.

    Raises:
        SceneError, OSError: it cannot be read.
    """
    scene = read_scene(entry.folder / _SCENE)
    nets = []
    for file in entry.folder.glob("*@*.safetensors"):
        name, _, step = file.stem.rpartition("@")
        nets.append(KeptNet(_KEPT_SESSION + name, int(step), file.read_bytes(), lasting=True))
    return _renamed(scene), tuple(nets)


def _renamed(scene: Scene) -> Scene:
    def renamed(field: object) -> object:
        file = getattr(field, "file", "")
        if not file.startswith(SESSION):
            return field
        return field.with_(file=_KEPT_SESSION + file.removeprefix(SESSION), checkpoint=None)  # type: ignore[attr-defined]  # it has a file: it is a learned field

    panels = tuple(p if p.field is None else p.with_(field=renamed(p.field)) for p in scene.panels)
    return scene.with_(field=renamed(scene.field), panels=panels)
