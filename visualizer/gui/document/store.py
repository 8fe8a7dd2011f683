"""The current scene and its undo stack: the one place where a scene is replaced."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from visualizer.scene.model import Scene

_UNDO_LIMIT = 500
_OPEN = "open another scene"
#: What is done when the target comes from elsewhere.
TAKEN = IMAGE_TAKEN, DATA_TAKEN, DATA_PASTED = "take an image", "take data from a file", "paste data"


@dataclass(frozen=True)
class _Entry:
    """A scene to go back to, and what was done to it; of another document also what of it is saved, and where."""

    scene: Scene
    label: str
    saved: Scene | None = None
    path: Path | None = None


@dataclass(frozen=True)
class Memento:
    """A store as it was: the scene, what of it is saved and where, and what can be undone and redone."""

    scene: Scene
    saved: Scene
    path: Path | None
    undo: tuple[_Entry, ...]
    redo: tuple[_Entry, ...]

    @property
    def modified(self) -> bool:
        """Whether there are edits since the last open or save; dark or light is taste, not work."""
        now, saved = self.scene, self.saved
        if now is saved:
            return False
        if any(getattr(now, n) != getattr(saved, n) for n in type(now).model_fields if n != "view"):
            return True
        return now.view.with_(theme=saved.view.theme) != saved.view


class Store(QObject):
    """Holds the scene; every edit is a new scene and one step of undo.

    All edits of one gesture (between `begin` and `end`) are one step.
    """

    #: (scene, old scene): the scene was replaced
    changed = Signal(object, object)
    #: another document has taken the place of the one before: its run begins at its start
    opened = Signal()
    #: something of undo, redo or saved has changed
    history_changed = Signal()

    def __init__(self, scene: Scene, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._scene = scene
        self._saved = scene
        #: the file of the document that is shown: undo may go back to another one
        self.path: Path | None = None
        self._undo: list[_Entry] = []
        self._redo: list[_Entry] = []
        self._gesture = False
        self._gesture_pushed = False

    @property
    def scene(self) -> Scene:
        """The scene as it is now."""
        return self._scene

    @property
    def saved(self) -> Scene:
        """The scene as it was opened or saved last."""
        return self._saved

    @property
    def dragging(self) -> bool:
        """Whether a gesture is under way."""
        return self._gesture

    @property
    def modified(self) -> bool:
        """See `Memento`."""
        return self.memento().modified

    @property
    def undo_label(self) -> str:
        """What undo would take back, or an empty text."""
        return self._undo[-1].label if self._undo else ""

    @property
    def redo_label(self) -> str:
        """What redo would do again, or an empty text."""
        return self._redo[-1].label if self._redo else ""

    def begin(self) -> None:
        """A gesture starts: the edits until `end` are one step of undo."""
        self._gesture, self._gesture_pushed = True, False

    def end(self) -> None:
        """The gesture is over; fields are drawn fine again."""
        if self._gesture:
            self._gesture = False
            self.changed.emit(self._scene, self._scene)

    def edit(self, scene: Scene, label: str) -> None:
        """Replaces the scene by an edited one."""
        if scene == self._scene:
            return
        old = self._scene
        if not (self._gesture and self._gesture_pushed):
            self._undo.append(_Entry(old, label))
            del self._undo[:-_UNDO_LIMIT]
            self._gesture_pushed = True
        self._redo.clear()
        self._replace(scene)

    def undo(self) -> None:
        """Takes the last edit back."""
        self._travel(self._undo, self._redo)

    def redo(self) -> None:
        """Does the edit taken back last again."""
        self._travel(self._redo, self._undo)

    def _travel(self, taken: list[_Entry], left: list[_Entry]) -> None:
        """To the scene on top of one stack, leaving the present one on the other."""
        if not taken:
            return
        entry = taken.pop()
        left.append(_Entry(self._scene, entry.label, self._saved, self.path))
        if entry.label == _OPEN and entry.saved is not None:
            self._saved, self.path = entry.saved, entry.path
        self._replace(entry.scene)
        if entry.label == _OPEN:
            self.opened.emit()

    def open(self, scene: Scene, path: Path | None = None, saved: Scene | None = None) -> None:
        """Another document, its file, and what is in that file where it is another scene. Undo can go back."""
        if scene != self._scene:
            self._undo.append(_Entry(self._scene, _OPEN, self._saved, self.path))
            self._redo.clear()
        self._saved, self.path = saved or scene, path
        self._replace(scene)
        self.opened.emit()

    def memento(self) -> Memento:
        """Everything as it is now."""
        return Memento(self._scene, self._saved, self.path, tuple(self._undo), tuple(self._redo))

    def restore(self, memento: Memento) -> None:
        """Everything as it was then; the run begins at its start."""
        self.end()
        self._undo, self._redo = list(memento.undo), list(memento.redo)
        self._saved, self.path = memento.saved, memento.path
        self._replace(memento.scene)
        self.opened.emit()

    @property
    def taken_since(self) -> bool:
        """Whether something from a file or the clipboard has taken the target's place since the last open or save."""
        for entry in reversed(self._undo):
            if entry.label in TAKEN:
                return True
            if entry.scene is self._saved or entry.label == _OPEN:
                break
        return False

    def mark_saved(self, scene: Scene) -> None:
        """This scene is on disk now."""
        self._saved = scene
        self.history_changed.emit()

    def _replace(self, scene: Scene) -> None:
        old, self._scene = self._scene, scene
        self.changed.emit(scene, old)
        self.history_changed.emit()
