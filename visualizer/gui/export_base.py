"""What dialogs share that have a file drawn in a process of its own: progress, time left, cancel."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QProgressBar, QPushButton, QWidget

from visualizer.gui.document.asking import ask_to_save, suggested
from visualizer.gui.export_process import ExportProcess
from visualizer.gui.widgets.card import muted
from visualizer.gui.widgets.dialog import Dialog


class DrawingDialog(Dialog):
    """Draws one file at a time while the window goes on.

    Args:
        heading: of the dialog.
        said: what it says before anything is drawn.
        parent: the window.
    """

    def __init__(self, heading: str, said: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(heading)
        self._process: ExportProcess | None = None
        self._path = Path()
        self.bar = QProgressBar()
        self.bar.hide()
        self.status = muted(said)
        self.start = QPushButton("Export…")
        self.start.setObjectName("primary")
        self.start.setDefault(True)
        self.start.clicked.connect(self._ask)
        self.cancel = QPushButton("Close")
        self.cancel.clicked.connect(self._cancel)

    # for subclasses

    @property
    def suffix(self) -> str:
        """The ending of the file that is chosen; "" for a folder."""
        raise NotImplementedError

    @property
    def called(self) -> str:
        """What is drawn."""
        raise NotImplementedError

    def export_to(self, path: Path) -> None:
        """Starts drawing into `path`."""
        raise NotImplementedError

    # what is shared

    def _ask(self) -> None:
        suffix = self.suffix
        kinds = f"*{suffix}" if suffix else "Folder (*)"
        path = ask_to_save(self, "Export to", suggested(self.called, suffix), kinds, suffix)
        if path is not None:
            self.export_to(path)

    def prepare(self, path: Path) -> None:
        """Something is going to be drawn."""
        self._path = path
        self.start.setEnabled(False)
        self.cancel.setText("Cancel")
        self.bar.setRange(0, 0)
        self.bar.show()
        self.status.setText("Starting…")

    def begin(self, process: ExportProcess) -> None:
        """It is drawn."""
        self._process = process
        process.progressed.connect(self._show_progress)
        process.ended.connect(self.show_end)

    @property
    def running(self) -> bool:
        """Whether an export is under way."""
        return not self.start.isEnabled()

    def _show_progress(self, done: int, total: int, left: float) -> None:
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        about = f", about {left:.0f} s left" if left >= 0 else ""
        self.status.setText(f"Frame {done} of {total}{about}" if done < total else "Finishing the file…")

    def show_end(self, how: str, said: str) -> None:
        """How it ended: "done", "cancelled" or "failed", and why."""
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
        self.start.setEnabled(True)
        self.cancel.setText("Close")
        self.bar.hide()
        if how == "done":
            size = self._path.stat().st_size / 1e6 if self._path.is_file() else 0.0
            self.status.setText(f"Written: {self._path}" + (f" ({size:.2g} MB)" if size else ""))
        else:
            self.status.setText("Cancelled. No file was written." if how == "cancelled" else said)

    def _cancel(self) -> None:
        if self._process is None:
            super().reject()
            return
        self.status.setText("Cancelling…")
        self._process.cancel()

    def stop(self) -> None:
        """The window closes: an export under way ends with it; its half file goes."""
        if self._process is not None:
            self._process.end_now()

    def reject(self) -> None:
        """Esc and the close button cancel what is under way first."""
        self._cancel()
