"""What dialogs share that write one file at a time in the background, and say how that went."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QPushButton, QWidget

from visualizer.gui.jobs import run_in_background
from visualizer.gui.widgets.card import muted
from visualizer.gui.widgets.dialog import Dialog
from visualizer.scene.files import write_atomic


class WritingDialog(Dialog):
    """A line of text, a button that asks where to, and one that closes.

    Args:
        heading: of the dialog.
        said: what it says before anything is written.
        start: on the button.
        parent: the window.
    """

    def __init__(self, heading: str, said: str, start: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(heading)
        self.status = muted(said)
        self.start, self.close_button = QPushButton(start), QPushButton("Close")
        self.start.setObjectName("primary")
        self.start.setDefault(True)
        self.start.clicked.connect(self.ask)
        self.close_button.clicked.connect(self.reject)

    def ask(self) -> None:
        """Asks where to, and begins."""
        raise NotImplementedError

    def begin(self, said: str) -> None:
        """Something is under way: nothing else begins meanwhile."""
        self.start.setEnabled(False)
        self.status.setText(said)

    def write(self, path: Path, content: Callable[[], bytes], said: str) -> None:
        """Writes what `content` makes, in the background; `said` once it is there."""
        run_in_background(
            self, lambda: write_atomic(path, content()), lambda _: self._end(said), partial(self.failed, path)
        )

    def failed(self, path: Path, error: Exception) -> None:
        """It could not be written."""
        reason = getattr(error, "strerror", None) or str(error)
        self._end(f"{path} could not be written ({reason}). Choose another folder.")

    def _end(self, said: str) -> None:
        self.start.setEnabled(True)
        self.status.setText(said)
