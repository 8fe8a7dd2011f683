"""Files, exports and pictures."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from visualizer.gui.commands.export import ExportCommands
from visualizer.gui.document.files import NETWORKS, PLUGIN, uses_session_nets
from visualizer.gui.document.images import IMAGE_SUFFIXES
from visualizer.gui.gallery import Gallery
from visualizer.gui.jobs import run_in_background
from visualizer.gui.numbers import NumbersDialog
from visualizer.gui.offscreen.page import Look, Page
from visualizer.gui.picturing import PictureDialog
from visualizer.gui.qr import CodeSheet, Matrix, modules
from visualizer.scene.columns import DATA_SUFFIXES
from visualizer.scene.link import as_link
from visualizer.scene.model import Scene
from visualizer.scene.python import as_python

#: What a new scene begins with.
_PLAIN = {
    "kind": "mixture", "weights": [0.5, 0.5], "means": [[-2, 0], [2, 0]],
    "covariances": [[[0.5, 0], [0, 0.5]], [[0.5, 0], [0, 0.5]]],
}  # fmt: skip


class FileCommands(ExportCommands):
    """Files, exports and pictures."""

    def new(self) -> None:
        """A plain scene takes the place of this one, which Undo brings back."""
        view = {"theme": self._desk.scene.view.theme}
        self._desk.files.opening.emit()
        self._desk.store.open(Scene.model_validate({"title": "Untitled", "target": _PLAIN, "view": view}))

    def revert(self) -> None:
        """Back to what was opened or saved last; that can be undone."""
        store = self._desk.store
        store.edit(store.saved, "go back to what was saved")

    def show_gallery(self) -> None:
        gallery = Gallery(self._desk.host)
        gallery.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        gallery.chosen.connect(self._desk.files.open_path)
        gallery.open()

    def open_dialog(self) -> None:
        self._desk.files.open_dialog()

    def take_file(self, path: str) -> None:
        """A network is followed, a plug-in let in, data and images become the target, others are opened."""
        ending = Path(path).suffix.lower()
        if ending in NETWORKS:
            self._desk.cards.field.load_file(path)
        elif ending == PLUGIN:
            self._desk.plugins.take(path)
        elif ending in DATA_SUFFIXES:
            self._desk.cards.target.data.load(path)
        elif ending in IMAGE_SUFFIXES:
            self._desk.files.open_path(path, otherwise=self._desk.cards.target.drawn.load)
        else:
            self._desk.files.open_path(path)

    def save(self) -> None:
        self._desk.files.save()

    def save_as(self) -> None:
        self._desk.files.save_as()

    def export_numbers(self) -> None:
        dialog = NumbersDialog(self._desk)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()

    def save_picture(self) -> None:
        if self._desk.pictures:
            dialog = PictureDialog(self._desk)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.show()

    def _page(self, scene: Scene) -> Page:
        """The picture on the screen as a page."""
        figure = self._desk.figure
        ratio = figure.devicePixelRatioF()
        width, height = round(figure.width() * ratio), round(figure.height() * ratio)
        return Page(scene, Look(width, height, title=False, scale=ratio), figure)

    def copy_picture(self) -> None:
        """The picture into the clipboard."""
        if self._desk.pictures:
            with self._desk.figure.without_handles():
                QGuiApplication.clipboard().setImage(self._page(self._desk.scene).image(self._desk.pictures).copy())
            self._desk.banner.news("The picture is in the clipboard.")

    def copy_link(self) -> None:
        """The scene as a line of text into the clipboard."""

        def copied(link: str) -> None:
            QGuiApplication.clipboard().setText(link)
            self._desk.banner.news(f"The link is in the clipboard: {len(link):,} characters.")

        scene = self._desk.scene
        run_in_background(self, lambda: as_link(scene), copied, self._no_link)

    def show_code(self) -> None:
        """The scene as a QR code over the window."""
        scene = self._desk.scene

        def shown(matrix: Matrix) -> None:
            sheet = CodeSheet(matrix, scene.title, self._desk.host)
            sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            sheet.open()

        run_in_background(self, lambda: modules(scene), shown, self._no_link)

    def _no_link(self, error: Exception) -> None:
        self._desk.banner.problem(f"There is no link to this scene. {error}.")

    def copy_python(self) -> None:
        """The lines of Python that rebuild the scene into the clipboard."""
        scene = self._desk.scene
        if uses_session_nets(scene):
            self._desk.banner.problem(
                "This network is in no file yet: save the scene, open what was saved, then copy it."
            )
            return
        QGuiApplication.clipboard().setText(as_python(scene))
        self._desk.banner.news("Python that rebuilds this scene is in the clipboard.")
