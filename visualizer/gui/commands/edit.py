"""Edits of the target, and taking them back."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from visualizer.gui.canvas import mixture_edit as edit
from visualizer.gui.captions import CaptionDialog
from visualizer.gui.commands.base import Group
from visualizer.scene.link import is_link
from visualizer.scene.targets.mixture import with_handles

_NUDGE = 0.02


class EditCommands(Group):
    """Edits of the target, and taking them back."""

    def undo(self) -> None:
        self._desk.store.undo()

    def redo(self) -> None:
        self._desk.store.redo()

    def edit_caption(self) -> None:
        """Title and caption, in a dialog."""
        dialog = CaptionDialog(self._desk.scene, self._desk.host)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.edited.connect(lambda scene: self._desk.store.edit(scene, "edit title and caption"))
        dialog.open()

    def _edit_target(self, target: Any, label: str) -> None:
        self._desk.store.edit(self._desk.scene.with_(target=target), label)

    def add_component(self) -> None:
        if not self._desk.scene.target.in_components:
            self._desk.banner.problem("Only a Gaussian mixture has components: choose one as the target first.")
            return
        self._desk.cards.target.mixture.add.click()

    def remove_component(self) -> None:
        if self._desk.selection >= 0:
            self._desk.cards.target.mixture.remove_selected()

    def next_component(self) -> None:
        self._select_by(1)

    def previous_component(self) -> None:
        self._select_by(-1)

    def _select_by(self, by: int) -> None:
        count = self._desk.scene.target.components
        if count:
            self._desk.select((self._desk.selection + by) % count if self._desk.selection >= 0 else 0)

    def paste(self) -> None:
        """A link in the clipboard is opened; numbers become the target."""
        text = QGuiApplication.clipboard().text()
        if is_link(text):
            self._desk.files.open_path(text)
        else:
            self._desk.cards.target.data.take_clipboard()

    def _nudge(self, dx: float, dy: float) -> None:
        k, target = self._desk.selection, with_handles(self._desk.scene.target)
        if k < 0 or target is None:
            return
        view = self._desk.figure.views()[0]
        size = _NUDGE * (view.x1 - view.x0)
        mean = target.means[k]
        moved = (mean[0] + dx * size, *((mean[1] + dy * size,) if target.d == 2 else ()))
        self._edit_target(edit.move_mean(target, k, moved), f"move component {k + 1}")

    def nudge_left(self) -> None:
        self._nudge(-1, 0)

    def nudge_right(self) -> None:
        self._nudge(1, 0)

    def nudge_up(self) -> None:
        self._nudge(0, 1)

    def nudge_down(self) -> None:
        self._nudge(0, -1)

    def change_dimension(self) -> None:
        target = self._desk.scene.target
        if target.about_dimension:
            self._desk.banner.news(target.about_dimension)
            return
        self._desk.cards.target.mixture.dimension.click()
