"""Files, exports and pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from visualizer.engine.frame import Viewport
from visualizer.gui.asking import ask_to_save, suggested
from visualizer.gui.dialogs import Gallery
from visualizer.gui.exporting import ExportDialog
from visualizer.gui.files import NETWORKS, uses_session_nets, with_nets_beside
from visualizer.gui.images import IMAGE_SUFFIXES
from visualizer.gui.jobs import run_in_background
from visualizer.gui.numbers import NumbersDialog
from visualizer.gui.page import Look, Page
from visualizer.gui.stills import STILL_SUFFIXES, still, suffix_of
from visualizer.scene.columns import DATA_SUFFIXES
from visualizer.scene.files import write_atomic
from visualizer.scene.model import Scene
from visualizer.scene.python import as_python

if TYPE_CHECKING:
    from visualizer.engine.report import Report
    from visualizer.gui.window import MainWindow

from visualizer.gui.commands.base import Group

_STILLS = "PNG picture (*.png);;SVG drawing (*.svg);;PDF page (*.pdf)"


class FileCommands(Group):
    """Files, exports and pictures."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._export: ExportDialog | None = None

    def stop_export(self) -> None:
        """The window closes."""
        if self._export is not None:
            self._export.stop()

    def show_gallery(self) -> None:
        gallery = Gallery(self._w)
        gallery.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        gallery.chosen.connect(self._w.files.open_path)
        gallery.open()

    def open_dialog(self) -> None:
        self._w.files.open_dialog()

    def take_file(self, path: str) -> None:
        """A network is followed, data and images become the target; the rest are scenes, or exports with one inside."""
        ending = Path(path).suffix.lower()
        if ending in NETWORKS:
            self._w.field.load_file(path)
        elif ending in DATA_SUFFIXES:
            self._w.target.data.load(path)
        elif ending in IMAGE_SUFFIXES:
            self._w.files.open_path(path, otherwise=self._w.target.drawn.load)
        else:
            self._w.files.open_path(path)

    def save(self) -> None:
        self._w.files.save()

    def save_as(self) -> None:
        self._w.files.save_as()

    def export_video(self) -> None:
        if self._export is not None:
            self._export.raise_()
            return
        self._export = ExportDialog(self._w.store.scene, self._w.device, self._w)
        self._export.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._export.finished.connect(self._export_closed)
        self._export.show()

    def _export_closed(self) -> None:
        self._export = None

    def export_numbers(self) -> None:
        dialog = NumbersDialog(self._w.player, self._numbers_of, self._w)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()

    def _numbers_of(self) -> tuple[int, Viewport, Report | None]:
        """The picture the panels edit, what it shows, and its diagnostics."""
        at = self._w.active_picture
        return at, self._w.figure.views()[at], self._w.report(at)

    def save_picture(self) -> None:
        title = self._w.store.scene.title
        path = ask_to_save(self._w, "Save the picture", suggested(title, ".png"), _STILLS, ".png")
        if path is not None:
            self.save_picture_to(path)

    def save_picture_to(self, path: Path) -> None:
        """The picture as it is on the screen, but for the handles; encoded and written in the background."""
        if not suffix_of(path):
            self._w.banner.problem(f"{path.name}: expected a name that ends in {', '.join(STILL_SUFFIXES)}.")
            return
        pictures = self._w.pictures
        if not pictures:
            return

        def done(_: object) -> None:
            self._w.banner.news(f"Saved to {path}")

        def failed(error: Exception) -> None:
            reason = getattr(error, "strerror", None) or str(error)
            self._w.banner.problem(f"{path} could not be written ({reason}). Choose another folder.")

        def write(scene: Scene) -> None:
            with self._w.figure.without_handles():
                encode = still(suffix_of(path), self._page(scene), pictures)
            run_in_background(self, lambda: write_atomic(path, encode()), done, failed)

        with_nets_beside(self, self._w.store.scene, path, write, failed)

    def _page(self, scene: Scene) -> Page:
        """The picture on the screen as a page."""
        figure = self._w.figure
        ratio = figure.devicePixelRatioF()
        width, height = round(figure.width() * ratio), round(figure.height() * ratio)
        return Page(scene, Look(width, height, title=False, scale=ratio), figure)

    def copy_picture(self) -> None:
        """The picture into the clipboard."""
        if self._w.pictures:
            with self._w.figure.without_handles():
                QGuiApplication.clipboard().setImage(self._page(self._w.store.scene).image(self._w.pictures).copy())
            self._w.banner.news("The picture is in the clipboard.")

    def copy_python(self) -> None:
        """The lines of Python that rebuild the scene into the clipboard."""
        scene = self._w.store.scene
        if uses_session_nets(scene):
            self._w.banner.problem("This network is in no file yet: save the scene, open what was saved, then copy it.")
            return
        QGuiApplication.clipboard().setText(as_python(scene))
        self._w.banner.news("Python that rebuilds this scene is in the clipboard.")
