"""Presenting and recording."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMenu, QMessageBox

from visualizer.gui.commands.export import ExportCommands
from visualizer.gui.desk import Desk
from visualizer.gui.document.asking import ask_to_save, suggested
from visualizer.gui.jobs import run_in_background
from visualizer.gui.presenting.presenter import Presenter
from visualizer.scene.script import Script, save_script
from visualizer.scene.tour import tour_names, tour_path


class LectureCommands(ExportCommands):
    """Presenting and recording."""

    def __init__(self, desk: Desk, presenter: Presenter) -> None:
        super().__init__(desk, presenter)
        self._script: Script | None = None
        presenter.recorded.connect(self.keep_recording)

    def add_tours(self, menu: QMenu) -> None:
        """The built-in tours, to be chosen."""
        for name in tour_names():
            menu.addAction(name.replace("-", " ").capitalize()).triggered.connect(partial(self.present_tour, name))

    def present(self) -> None:
        if self._presenter.active:
            self._presenter.end()
        else:
            self._presenter.begin()

    def present_tour_again(self) -> None:
        self._present_tour(speaker=False)

    def _present_tour(self, speaker: bool) -> None:
        if self._desk.files.tour is None:
            self._desk.banner.news("No tour is open yet: choose one under Lecture › Tours, or open a file.")
        else:
            self._presenter.begin(self._desk.files.tour, speaker)

    def present_with_notes(self) -> None:
        self._present_tour(speaker=True)

    def record(self) -> None:
        """Records what is presented; begins to present if nothing is."""
        presenter = self._presenter
        if not presenter.recording and not self.may_drop_recording():
            return
        if not presenter.active:
            presenter.begin()
        presenter.toggle_recording()

    def keep_recording(self, script: Script) -> None:
        """A lecture was recorded: asks where to, once the window is back, and keeps it until then."""
        self._script = script
        QTimer.singleShot(0, self, self.save_recording)

    def may_drop_recording(self) -> bool:
        """The window closes, or another recording begins: asks what is to become of one that is not saved.

        It is written before this returns: afterwards there may be no window to say that it could not be.
        """
        script = self._script
        if script is None:
            return True
        buttons = QMessageBox.StandardButton
        text = f"The recorded lecture of {script.seconds:.0f} s is not saved. Save it?"
        choices = buttons.Save | buttons.Discard | buttons.Cancel
        answer = QMessageBox.question(self._desk.host, "Recorded lecture", text, choices)
        path = self._recording_path(script) if answer == buttons.Save else None
        if path is None and answer != buttons.Discard:
            return False
        try:
            if path is not None:
                save_script(script, path)
        except OSError as error:
            self._desk.banner.problem(f"{path} could not be written ({error.strerror}). Choose another folder.")
            return False
        self._script = None
        return True

    def _recording_path(self, script: Script) -> Path | None:
        name = suggested(script.title, ".toml")
        return ask_to_save(self._desk.host, "Save the recorded lecture", name, "Recorded lectures (*.toml)", ".toml")

    def save_recording(self) -> None:
        if self._script is None:
            return
        path = self._recording_path(self._script)
        if path is not None:
            self.save_recording_to(path)
        else:
            self._desk.banner.problem(
                f"The recording of {self._script.seconds:.0f} s is not saved.", "Save…", self.save_recording
            )

    def save_recording_to(self, path: Path) -> None:
        """Writes the recorded lecture in the background."""
        script = self._script
        assert script is not None

        def done(_: object) -> None:
            if self._script is script:
                self._script = None
            self._desk.banner.offer(f"Saved to {path}.", "Film…", lambda: self.film(path, script.title, False))

        def failed(error: Exception) -> None:
            reason = getattr(error, "strerror", None) or str(error)
            self._desk.banner.problem(f"{path} could not be written ({reason}).", "Save…", self.save_recording)

        run_in_background(self, lambda: save_script(script, path), done, failed)

    def film_tour(self) -> None:
        """The tour that was opened last as a film."""
        files = self._desk.files
        if files.tour is None or files.tour_file is None:
            self._desk.banner.news("No tour is open yet: choose one under Lecture › Tours, or open a file.")
        else:
            self.film(files.tour_file, files.tour.tour.title, True)

    def open_tour(self) -> None:
        self._desk.files.open_tour_dialog()

    def present_tour(self, name: str, _: bool = False) -> None:
        """A built-in tour, from its first stop. (The flag is what a menu's signal brings along.)"""
        self._desk.files.open_path(str(tour_path(name)))
