"""Plug-ins in the window: shown before they are let in, kept in the settings, followed when their files change."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal
from PySide6.QtWidgets import QMainWindow

from visualizer import apart
from visualizer.gui.document.consent import ConsentDialog
from visualizer.gui.document.settings import Settings
from visualizer.gui.jobs import run_in_background
from visualizer.plugins import Manifest, Plugin, PluginError, held, let_in, read_plugin, send_away
from visualizer.plugins.held import refuse_where_off, text_of
from visualizer.scene.admitting import try_out

#: Editors write a file in several goes: it is read when they are done.
_PAUSE_MS = 150


def let_in_agreed(settings: Settings) -> None:
    """Lets in what was agreed to and has not changed since; the others are looked at when the window is there."""
    for path, sha256 in settings.plugins.items():
        try:
            plugin = read_plugin(path)
            if plugin.sha256 == sha256:
                let_in(plugin)
        except PluginError:  # gone, or damaged: a scene that needs it says so
            continue


def read_apart(path: str) -> Plugin:
    """A plug-in from its file; what it says of itself is read in another process, for nobody has agreed to it yet.

    Raises:
        PluginError: it is none.
    """
    refuse_where_off(path)
    text = text_of(path)
    try:
        told = apart.call("visualizer.plugins.manifest:told", text)
    except ValueError as error:
        raise PluginError(f"{Path(path).name}: {error}") from None
    return Plugin(str(Path(path).resolve()), text, Manifest.model_validate(told))


class Plugins(QObject):
    """What is let in, in this window."""

    #: a `Plugin` was let in, and whether another version of it had been there; or one was sent away
    came = Signal(object, bool)
    went = Signal(object)
    #: a sentence for the user
    problem = Signal(str)
    news = Signal(str)

    def __init__(self, settings: Settings, window: QMainWindow) -> None:
        super().__init__(window)
        self._settings, self._window = settings, window
        self._watcher = QFileSystemWatcher(self)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._look)
        self._watcher.fileChanged.connect(self._pause.start)
        # Editors put another file in the place of the old one: then only the folder tells.
        self._watcher.directoryChanged.connect(self._pause.start)
        #: files that are looked at or asked about, and whether nobody handed them over: they are only looked at again
        self._busy: dict[str, bool] = {}
        #: what a file was when it was refused last: it is not asked about again until it changes
        self._refused: dict[str, str] = {}

    def begin(self) -> None:
        """The window is there: files are followed from now on, and those that have changed are asked about."""
        self._watch()
        self._look()

    def take(self, path: str) -> None:
        """Lets a file in, after its text was shown and agreed to, and its functions were tried."""
        self._refused.pop(str(Path(path).resolve()), None)
        self._read(str(Path(path).resolve()))

    def forget(self, plugin: Plugin) -> None:
        """It is not let in any more, here or at the next start."""
        self._settings.plugins = {p: s for p, s in self._settings.plugins.items() if p != plugin.path}
        send_away(plugin)
        self._watch()
        self.went.emit(plugin)

    def _watch(self) -> None:
        for watched in (self._watcher.files(), self._watcher.directories()):
            if watched:
                self._watcher.removePaths(watched)
        files = list(self._settings.plugins)
        if files:
            self._watcher.addPaths([*files, *{str(Path(file).parent) for file in files}])

    def _look(self) -> None:
        """Reads what is agreed to again, where its file has changed."""
        self._watch()
        for path in self._settings.plugins:
            self._read(path, again=True)

    def _read(self, path: str, *, again: bool = False) -> None:
        if path in self._busy:
            self._busy[path] &= again
            return
        self._busy[path] = again

        def read(plugin: Plugin | None) -> None:
            unasked = self._busy[path]
            if plugin is None:  # it is not there, or not there yet: what was let in stays
                del self._busy[path]
                return
            agreed = self._settings.plugins.get(path) == plugin.sha256
            if unasked and ((agreed and plugin in held()) or self._refused.get(path) == plugin.sha256):
                del self._busy[path]
            elif agreed or (unasked and str(Path(path).parent) in self._settings.own_folders):
                self._try(plugin)
            else:
                self._ask(plugin)

        def failed(error: Exception) -> None:
            del self._busy[path]
            self.problem.emit(f"{error}.")

        def work() -> Plugin | None:
            return None if again and not Path(path).exists() else read_apart(path)

        run_in_background(self, work, read, failed)

    def _ask(self, plugin: Plugin) -> None:
        """Shows the text."""
        dialog = ConsentDialog(plugin, self._before(plugin) is not None, self._window)

        def done(result: int) -> None:
            if result:
                if dialog.own.isChecked():
                    self._settings.own_folders = [*self._settings.own_folders, str(Path(plugin.path).parent)]
                self._try(plugin)
            else:
                del self._busy[plugin.path]
                self._refused[plugin.path] = plugin.sha256
            dialog.deleteLater()

        dialog.finished.connect(done)
        dialog.open()

    def _try(self, plugin: Plugin) -> None:
        """Runs it in a process that may die, and lets it in."""
        before = self._before(plugin)
        self.news.emit(f"Trying {plugin.manifest.called} …")

        def done(_: None) -> None:
            del self._busy[plugin.path]
            for other in held():
                if other.path == plugin.path and (other.kind, other.name) != (plugin.kind, plugin.name):
                    send_away(other)  # the file says that it is something else now
            let_in(plugin)
            self._settings.plugins = {**self._settings.plugins, plugin.path: plugin.sha256}
            self._watch()
            self.came.emit(plugin, before is not None)

        def failed(error: Exception) -> None:
            del self._busy[plugin.path]
            self._refused[plugin.path] = plugin.sha256
            kept = " The version of before stays." if before is not None else ""
            self.problem.emit(f"{error}.{kept}")

        run_in_background(self, lambda: try_out(plugin), done, failed)

    @staticmethod
    def _before(plugin: Plugin) -> Plugin | None:
        """The version that is let in now."""
        return next((p for p in held(plugin.kind) if p.name == plugin.name), None)
