"""The menu bar, from the table of actions: its keys, the files opened last, and what undo would take back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu

from visualizer.gui.actions import ACTIONS, Spec
from visualizer.scene.layers import layer_keys

if TYPE_CHECKING:
    from visualizer.gui.window import MainWindow


class Menus:
    """All actions of a window, in its menus and by their keys."""

    def __init__(self, window: MainWindow) -> None:
        self._w = window
        #: by the method that each calls
        self.actions: dict[str, QAction] = {}
        menus: dict[str, QMenu] = {}
        for spec in ACTIONS:
            menu = menus.get(spec.menu)
            if menu is None:
                menu = menus[spec.menu] = window.menuBar().addMenu(spec.menu)
            if spec.separator:
                menu.addSeparator()
            menu.addAction(self._action(spec))
            if spec.method == "open_dialog":
                self._recent = menu.addMenu("Recent")
            if spec.method == "present":
                window.commands.add_tours(menu.addMenu("Tours"))
        for i in range(1, 10):
            shortcut = QShortcut(QKeySequence(str(i)), window)
            shortcut.activated.connect(partial(self._toggle_layer, i))
        self.show_recent()

    def _action(self, spec: Spec) -> QAction:
        window = self._w
        action = QAction(spec.text, window)
        action.setShortcuts([QKeySequence(k) for k in spec.keys])
        action.setToolTip(spec.tip)
        action.setStatusTip(spec.tip)
        action.triggered.connect(getattr(window if spec.method == "close" else window.commands, spec.method))
        self.actions[spec.method] = action
        window.addAction(action)  # its keys work while the menu bar is hidden, too
        return action

    def _toggle_layer(self, key: int) -> None:
        name = layer_keys(self._w.store.scene.target.d).get(key)
        if name is not None:
            self._w.layers.toggle(name)

    def show_recent(self) -> None:
        """Follows the list of files opened last, and what the window is called after."""
        self._recent.clear()
        for path in self._w.settings.recent:
            action = self._recent.addAction(path)
            action.triggered.connect(partial(self._w.files.open_path, path))
        self._recent.setEnabled(bool(self._w.settings.recent))
        self.show_history()

    def show_history(self) -> None:
        """Says what undo and redo would do, and in the title whether there is something to save."""
        window, store = self._w, self._w.store
        for method, word, label in (("undo", "Undo", store.undo_label), ("redo", "Redo", store.redo_label)):
            self.actions[method].setText(f"{word} {label}" if label else word)
            self.actions[method].setEnabled(bool(label))
        path = window.files.own_path
        name = path.name if path else store.scene.title
        window.setWindowTitle(f"{name}[*] — Visualizer")
        window.setWindowModified(store.modified)
