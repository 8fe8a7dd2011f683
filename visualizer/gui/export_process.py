"""`visualizer render` in a process of its own, watched from the window."""

from __future__ import annotations

import re
import shutil
import sys
import time
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

_PATIENCE_MS = 5000


class ExportProcess(QObject):
    """Draws one scene, or a lecture or tour in a file, into one file. Nothing here waits: signals tell what happens.

    Args:
        scene: the text of the scene, or the file of a lecture or a tour.
        path: the file to draw.
        options: as `visualizer render` has them.
        parent: whose child it is.
    """

    #: frames done, frames in all, seconds left (below 0: not known yet)
    progressed = Signal(int, int, float)
    #: "done", "cancelled" or "failed", and in the last case what went wrong
    ended = Signal(str, str)

    def __init__(self, scene: str | Path, path: Path, options: list[str], parent: QObject) -> None:
        super().__init__(parent)
        self._path, self._cancelled, self._unread = path, False, ""
        self._first: tuple[float, int] | None = None
        #: how large the file will be, where that was asked for
        self.said = ""
        self._process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("QT_QPA_PLATFORM", "offscreen")
        self._process.setProcessEnvironment(environment)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._not_started)
        source = str(scene) if isinstance(scene, Path) else "-"
        command = ["-m", "visualizer", "render", source, "-o", str(path), "--progress", *options]
        self._process.start(sys.executable, command)
        if isinstance(scene, str):
            self._process.write(scene.encode("utf-8"))
        self._process.closeWriteChannel()

    def cancel(self) -> None:
        """Asks it to end, which it does after the frame it is at; if it does not, ends it."""
        if not self._cancelled:
            self._cancelled = True
            self._process.terminate()
            QTimer.singleShot(_PATIENCE_MS, self._process.kill)

    def end_now(self) -> None:
        """The window closes: ends it at once, with whatever it had begun to write."""
        self._cancelled = True
        self._process.kill()
        self._process.waitForFinished(1000)
        self._sweep()

    def _read(self) -> None:
        said = self._unread + bytes(self._process.readAllStandardOutput().data()).decode(errors="replace")
        *lines, self._unread = said.split("\n")  # what follows the last line may be half a line
        self.said = next((line for line in reversed(lines) if line.startswith("about ")), self.said)
        numbers = [line.split() for line in lines if len(line.split()) == 2]
        if numbers and all(part.isdigit() for part in numbers[-1]):
            done, total = map(int, numbers[-1])
            now = time.monotonic()
            if self._first is None:  # the time until the first frame says nothing of the others
                self._first = (now, done)
            began, before = self._first
            left = (now - began) / (done - before) * (total - done) if done > before else -1.0
            self.progressed.emit(done, total, left)

    def _finished(self, code: int) -> None:
        if code == 0 and self._process.exitStatus() == QProcess.ExitStatus.NormalExit:
            self.ended.emit("done", "")  # it was complete before it heard of being cancelled
        elif self._cancelled:
            self._sweep()
            self.ended.emit("cancelled", "")
        else:
            self._sweep()
            said = bytes(self._process.readAllStandardError().data()).decode(errors="replace").strip()
            said = said.removeprefix("visualizer: ")
            self.ended.emit("failed", said or "The export stopped unexpectedly. Try a smaller size, or another folder.")

    def _not_started(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:  # maybe told before anybody could listen
            said = f"The export could not be started: there is no {sys.executable} any more."
            QTimer.singleShot(0, self, lambda: self.ended.emit("failed", said))

    def _sweep(self) -> None:
        """What a process that was killed could not put away itself."""
        name, suffix = re.escape(self._path.name), re.escape(self._path.suffix.lower())
        ours = re.compile(rf"\.{name}(\.[a-z0-9_]{{8}}({suffix}|\.mkv)?)+")  # as `export` names what is not complete
        folder = self._path.parent
        for leftover in [p for p in folder.glob(".*") if ours.fullmatch(p.name)]:
            if leftover.is_dir():
                shutil.rmtree(leftover, ignore_errors=True)
            else:
                leftover.unlink(missing_ok=True)
