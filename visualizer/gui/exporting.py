"""Export beside the window: `visualizer render` in a process of its own, with progress and cancel."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from PySide6.QtCore import QProcess, QProcessEnvironment, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from visualizer.gui.dialogs import with_suffix
from visualizer.gui.widgets.card import Choice
from visualizer.scene.files import dump_scene
from visualizer.scene.model import Scene

SIZES = (
    ("1280x720", "720p  (1280 × 720)"),
    ("1920x1080", "1080p  (1920 × 1080)"),
    ("1080x1080", "Square  (1080 × 1080)"),
    ("640x400", "Small  (640 × 400)"),
)
FORMATS = ((".mp4", "MP4 video (H.264)"), (".gif", "GIF animation"))
_GIF_FPS = 25


class ExportDialog(QDialog):
    """Chooses format, size and length, then draws the run from its start while the window goes on."""

    #: the file that was written
    finished_file = Signal(str)

    def __init__(self, scene: Scene, device: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export video or GIF")
        self.setMinimumWidth(440)
        self._scene, self._device = scene, device
        self._process: QProcess | None = None
        self._begin = 0.0
        self.format = Choice(list(FORMATS), "The kind of file", "Format")
        self.dimensions = Choice(list(SIZES), "Size of the picture in pixels", "Size")
        self.fps = QSpinBox()
        self.fps.setRange(1, 120)
        self.fps.setValue(60)
        self.fps.setSuffix(" frames/s")
        self.frames = QSpinBox()
        self.frames.setRange(1, 100_000)
        self.frames.setSuffix(" frames")
        steps, per_frame = scene.sampler.steps, scene.sampler.steps_per_frame
        self.frames.setValue(min(1 + -(-steps // per_frame), 600))
        self.length = QLabel()
        self.length.setObjectName("muted")
        for box in (self.fps, self.frames):
            box.valueChanged.connect(self._show_length)
        self.format.currentIndexChanged.connect(self._format_chosen)
        form = QFormLayout()
        form.addRow("Format", self.format)
        form.addRow("Size", self.dimensions)
        form.addRow("Speed", self.fps)
        form.addRow("Length", self.frames)
        form.addRow("", self.length)
        self.bar = QProgressBar()
        self.bar.hide()
        self.status = QLabel("The run is drawn from its start, step by step, by a fixed clock.")
        self.status.setObjectName("muted")
        self.status.setWordWrap(True)
        self.start = QPushButton("Export…")
        self.start.setObjectName("primary")
        self.start.setDefault(True)
        self.start.clicked.connect(self._ask)
        self.cancel = QPushButton("Close")
        self.cancel.clicked.connect(self._cancel)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.start)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addLayout(form)
        layout.addWidget(self.bar)
        layout.addWidget(self.status)
        layout.addLayout(row)
        self._show_length()

    def _format_chosen(self) -> None:
        if self.format.value == ".gif":
            self.fps.setValue(_GIF_FPS)
            self.dimensions.show_value("640x400")
        else:
            self.fps.setValue(60)
            self.dimensions.show_value("1280x720")

    def _show_length(self) -> None:
        self.length.setText(f"{self.frames.value() / self.fps.value():.1f} seconds")

    def _ask(self) -> None:
        suffix = self.format.value
        name, _ = QFileDialog.getSaveFileName(self, "Export to", f"{self._scene.title}{suffix}", f"*{suffix}")
        if name:
            self.export_to(with_suffix(name, suffix))

    def export_to(self, path: Path) -> None:
        """Starts drawing into `path`."""
        self._path = path
        arguments = [
            "-m", "visualizer", "render", "-", "-o", str(path), "--size", self.dimensions.value,
            "--fps", str(self.fps.value()), "--frames", str(self.frames.value()),
            "--device", self._device, "--progress",
        ]  # fmt: skip
        process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("QT_QPA_PLATFORM", "offscreen")
        process.setProcessEnvironment(environment)
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._finished)
        self._process = process
        self._begin = time.monotonic()
        self.bar.setRange(0, 0)
        self.bar.show()
        self.start.setEnabled(False)
        self.cancel.setText("Cancel")
        self.status.setText("Starting…")
        process.start(sys.executable, arguments)
        process.write(dump_scene(self._scene).encode("utf-8"))
        process.closeWriteChannel()

    @property
    def running(self) -> bool:
        """Whether an export is under way."""
        return self._process is not None

    def _read(self) -> None:
        if self._process is None:
            return
        lines = bytes(self._process.readAllStandardOutput().data()).decode(errors="replace").split("\n")
        numbers = [line.split() for line in lines if len(line.split()) == 2]
        if not numbers or not all(part.isdigit() for part in numbers[-1]):
            return
        done, total = map(int, numbers[-1])
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        left = (time.monotonic() - self._begin) / max(1, done) * (total - done)
        self.status.setText(
            f"Frame {done} of {total}, about {left:.0f} s left" if done < total else "Finishing the file…"
        )

    def _finished(self, code: int) -> None:
        process, self._process = self._process, None
        self.start.setEnabled(True)
        self.cancel.setText("Close")
        self.bar.hide()
        if process is None:
            self.status.setText("Cancelled. No file was written.")
            return
        if code == 0:
            self.status.setText(f"Written: {self._path}")
            self.finished_file.emit(str(self._path))
        else:
            message = bytes(process.readAllStandardError().data()).decode(errors="replace").strip()
            self.status.setText(message or "The export stopped unexpectedly. Try a smaller size, or another folder.")
        process.deleteLater()

    def _cancel(self) -> None:
        if self._process is None:
            self.reject()
            return
        self.stop()

    def stop(self) -> None:
        """Stops an export under way; its half file goes with it."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            if not process.waitForFinished(3000):
                process.kill()
                process.waitForFinished(1000)
            for leftover in self._path.parent.glob(f".{self._path.name}.*"):
                leftover.unlink(missing_ok=True)

    def reject(self) -> None:
        self.stop()
        super().reject()
