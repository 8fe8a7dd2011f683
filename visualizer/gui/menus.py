"""The menu bar, from the table of actions: its keys, the files opened last, and what undo would take back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu

from visualizer.gui.actions import Spec, actions
from visualizer.gui.commands import Commands
from visualizer.gui.desk import Desk
from visualizer.scene.layers import layer_keys

#: What single keys do on a stage, too.
_ON_STAGE = (
    "toggle_play",
    "step_on",
    "step_back",
    "restart",
    "faster",
    "slower",
    "fit",
    "present",
    "toggle_full_screen",
)
#: Actions that are the window's own.
_OF_THE_WINDOW = ("close", "find_anything")


class Menus:
    """All actions of a window, in its menus and by their keys."""

    def __init__(self, desk: Desk, commands: Commands) -> None:
        self._desk, self._commands = desk, commands
        #: by the method that each calls
        self.actions: dict[str, QAction] = {}
        self._layer_keys: list[QShortcut] = []
        self._switches: list[tuple[QAction, Callable[[Desk], bool]]] = []
        menus: dict[str, QMenu] = {}
        for spec in actions():
            menu = menus.get(spec.menu)
            if menu is None:
                menu = menus[spec.menu] = desk.host.menuBar().addMenu(spec.menu)
                menu.aboutToShow.connect(self._show_switches)
            if spec.separator:
                menu.addSeparator()
            menu.addAction(self._action(spec))
            if spec.method == "open_dialog":
                self._recent = menu.addMenu("Recent")
            if spec.method == "present":
                commands.add_tours(menu.addMenu("Tours"))
        for i in range(1, 10):
            shortcut = QShortcut(QKeySequence(str(i)), desk.host)
            shortcut.activated.connect(partial(self._toggle_layer, i))
            self._layer_keys.append(shortcut)
        self.show_recent()

    def _action(self, spec: Spec) -> QAction:
        window = self._desk.host
        action = QAction(spec.text, window)
        action.setShortcuts([QKeySequence(k) for k in spec.keys])
        action.setToolTip(spec.tip)
        action.setStatusTip(spec.tip)
        if spec.on is not None:
            action.setCheckable(True)
            self._switches.append((action, spec.on))
        action.triggered.connect(self._does(spec))
        if spec.on is not None:  # Qt has turned its mark over, whether anything was switched or not
            action.triggered.connect(self._show_switches)
        self.actions[spec.method] = action
        window.addAction(action)  # its keys work while the menu bar is hidden, too
        return action

    def _does(self, spec: Spec) -> Callable[[], object]:
        if spec.experiment:
            return lambda: self._commands.experiment(spec.method)
        does = self._desk.host if spec.method in _OF_THE_WINDOW else self._commands
        done: Callable[[], object] = getattr(does, spec.method)
        return done

    def _toggle_layer(self, key: int) -> None:
        name = layer_keys(self._desk.scene.target.d).get(key)
        if name is not None:
            self._desk.cards.layers.toggle(name)

    def show_recent(self) -> None:
        """Follows the list of files opened last, and what the window is called after."""
        self._recent.clear()
        for path in self._desk.settings.recent:
            action = self._recent.addAction(path)
            action.triggered.connect(partial(self._desk.files.open_path, path))
        self._recent.setEnabled(bool(self._desk.settings.recent))
        self.show_history()

    def show_presenting(self, presenting: bool) -> None:
        """While something is presented, single keys do what presenting needs and nothing else."""
        for spec in actions():
            alone = all("+" not in key.rstrip("+") for key in spec.keys)
            if alone and spec.method not in _ON_STAGE:
                self.actions[spec.method].setEnabled(not presenting)
        for shortcut in self._layer_keys:
            shortcut.setEnabled(not presenting)
        self.show_history()

    def _show_switches(self) -> None:
        """Check marks say what is on."""
        for action, on in self._switches:
            action.setChecked(on(self._desk))

    def show_history(self) -> None:
        """Says what undo and redo would do, and in the title whether there is something to save."""
        window, store = self._desk.host, self._desk.store
        self._show_switches()
        self.actions["revert"].setEnabled(store.modified)
        for method, word, label in (("undo", "Undo", store.undo_label), ("redo", "Redo", store.redo_label)):
            self.actions[method].setText(f"{word} {label}" if label else word)
            self.actions[method].setEnabled(bool(label))
        path = self._desk.files.own_path
        name = path.name if path else store.scene.title
        window.setWindowTitle(f"{name}[*] — Visualizer")
        window.setWindowModified(store.modified)
