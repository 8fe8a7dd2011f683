"""Files that are drawn while the window goes on: one at a time."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt

from visualizer.gui.commands.base import Group
from visualizer.gui.desk import Desk
from visualizer.gui.export_base import DrawingDialog
from visualizer.gui.exporting import ExportDialog
from visualizer.gui.filming import FilmDialog
from visualizer.gui.presenting.presenter import Presenter


class ExportCommands(Group):
    """Files that are drawn while the window goes on."""

    def __init__(self, desk: Desk, presenter: Presenter) -> None:
        super().__init__(desk, presenter)
        self._export: DrawingDialog | None = None

    def stop_export(self) -> None:
        """The window closes."""
        if self._export is not None:
            self._export.stop()

    def export_video(self) -> None:
        if self._export is not None:
            self._export.raise_()
            return
        self._show_export(ExportDialog(self._desk.scene, self._desk.device, self._desk.player, self._desk.host))

    def film(self, source: Path, name: str, tour: bool) -> None:
        """Has a tour or a recorded lecture drawn, one file at a time."""
        if self._export is not None:
            self._export.raise_()
            return
        self._show_export(FilmDialog(source, name, tour, self._desk.device, self._desk.host))

    def _show_export(self, dialog: DrawingDialog) -> None:
        self._export = dialog
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.finished.connect(self._export_closed)
        dialog.show()

    def _export_closed(self) -> None:
        self._export = None
