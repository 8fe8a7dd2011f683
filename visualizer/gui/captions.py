"""What a scene is called and said to show: words above the cards that are edited in place, and dimmed when untrue."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QDialogButtonBox, QLabel, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from visualizer.engine.palette import Theme
from visualizer.gui.widgets.card import muted
from visualizer.gui.widgets.dialog import Dialog
from visualizer.scene.changes import still_told
from visualizer.scene.model import Scene

_TIP = "Double-click (Ctrl+Shift+T) to edit the title and the caption"


class Captions(QWidget):
    """Title and caption. They are true of the scene that they came with, and are dimmed when it is another."""

    #: the words are to be edited
    wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.title, self.caption = QLabel(), muted()
        self.title.setObjectName("title")
        self.title.setWordWrap(True)
        self.setToolTip(_TIP)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(9)
        layout.addWidget(self.title)
        layout.addWidget(self.caption)
        self._told: Scene | None = None
        self.true = True

    def take(self, scene: Scene) -> None:
        """What is said now is true of this scene: it was opened, or the words were written for it."""
        self._told = scene

    def show_scene(self, scene: Scene, t: Theme) -> None:
        """Follows the scene."""
        told = self._told
        if told is None or (scene.title, scene.caption) != (told.title, told.caption):
            self._told = told = scene
        self.true = still_told(told, scene)
        self.title.setText(scene.title)
        self.caption.setText(scene.caption)
        self.caption.setVisible(bool(scene.caption))
        dim = "" if self.true else f"color: {t.faint};"
        for label in (self.title, self.caption):
            label.setStyleSheet(dim)
        self.setToolTip(_TIP if self.true else f"Written for another scene: what runs has changed since. {_TIP}")

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.wanted.emit()


class CaptionDialog(Dialog):
    """The words, to be edited.

    Args:
        scene: that they are of.
        parent: the window.
    """

    #: the scene with other words
    edited = Signal(object)

    def __init__(self, scene: Scene, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Title and caption")
        self.resize(460, 300)
        self._scene = scene
        self.title, self.caption = QLineEdit(scene.title), QPlainTextEdit(scene.caption)
        self.title.setMaxLength(200)
        self.title.setAccessibleName("Title")
        self.caption.setAccessibleName("Caption")
        self.caption.setTabChangesFocus(True)
        self.note = muted("The caption is shown in lectures and films, too: Markdown, with formulas between dollars.")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        for widget in (QLabel("Title"), self.title, QLabel("Caption"), self.caption, self.note, buttons):
            layout.addWidget(widget)

    def _accept(self) -> None:
        caption = self.caption.toPlainText().strip()
        if len(caption) > _LONGEST:
            self.note.setText(f"{len(caption):,} letters; at most {_LONGEST:,} fit.")
            return
        self.edited.emit(self._scene.with_(title=self.title.text().strip() or "Untitled", caption=caption))
        self.accept()


#: Letters of a caption, as scenes have it.
_LONGEST = 2_000
