"""Keeping what is not saved, and having it back."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap

from visualizer.engine.host.talk import KeptNet
from visualizer.gui.commands.lecture import LectureCommands
from visualizer.gui.desk import Desk
from visualizer.gui.document.journal import Entry, Journal, forget, take
from visualizer.gui.document.recovery import Recovery, offer
from visualizer.gui.jobs import run_in_background
from visualizer.gui.presenting.presenter import Presenter
from visualizer.scene.errors import SceneError
from visualizer.scene.files import read_scene
from visualizer.scene.model import Scene
from visualizer.scene.presets import load_scene
from visualizer.scene.script import Script, load_script

#: What a scene that has no file is held against: it is not saved.
_NOWHERE = "trapped"


class RecoveryCommands(LectureCommands):
    """Keeping what is not saved, and having it back."""

    def __init__(self, desk: Desk, presenter: Presenter) -> None:
        super().__init__(desk, presenter)
        journals = desk.settings.journals
        self.journal = Journal(
            desk.store, journals, lambda: presenter.document, self._picture, self._unsaved_recording, desk.host
        )
        self.journal.failed.connect(desk.banner.problem)
        desk.player.net_kept.connect(self.journal.take_net)
        presenter.recording_changed.connect(self.journal.note)
        presenter.recorded.connect(self.journal.note)

    def _picture(self) -> QPixmap:
        return self._desk.figure.grab()

    def _unsaved_recording(self) -> Script | None:
        return self._presenter.recorded_so_far or self._script

    def look_for_unsaved(self) -> None:
        """The program has started: says so if something was not saved when it ended the last time."""

        def lost(entries: list[Entry]) -> None:
            more = f" and {len(entries) - 1} more were" if len(entries) > 1 else " was"
            text = f"“{entries[0].title}”{more} not saved when the program ended the last time."
            self._desk.banner.offer(text, "Look…", self.recover)

        offer(self._desk.settings.journals, self._desk.host, lost)

    def recover(self) -> None:
        dialog = Recovery(self._desk.settings.journals, self._desk.host)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(self.restore)
        dialog.open()

    def restore(self, entry: Entry) -> None:
        """Opens what a window left, as it was: with its file, but not saved in it."""

        def work() -> tuple[Scene, tuple[KeptNet, ...], Path | None, Scene, Script | None]:
            scene, nets = take(entry)
            path, saved = entry.path, load_scene(_NOWHERE)
            try:
                saved = read_scene(path) if path is not None else saved
            except SceneError:  # it is no more what it was: saving asks where to
                path = None
            script = load_script(entry.recording).script if entry.recording is not None else None
            return scene, nets, path, saved, script

        def done(found: tuple[Scene, tuple[KeptNet, ...], Path | None, Scene, Script | None]) -> None:
            scene, nets, path, saved, script = found
            self._presenter.end()
            self._desk.player.restock(nets)
            for net in nets:
                self.journal.take_net(net)
            self._desk.store.open(scene, path, saved)
            self._desk.banner.news(f"“{scene.title}” is back as it was. It is not saved yet: Ctrl+S.")
            if script is not None:
                self.keep_recording(script)
            # It is forgotten once it is in the journal of this window.
            self.journal.written.connect(lambda: forget(entry), Qt.ConnectionType.SingleShotConnection)
            self.journal.note()

        def failed(error: Exception) -> None:
            self._desk.banner.problem(f"What was kept cannot be read: {error}")

        run_in_background(self, work, done, failed)
