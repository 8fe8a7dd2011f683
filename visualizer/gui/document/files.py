"""Opening and saving from the window: off the GUI thread, with sentences for what goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from visualizer.engine.host.talk import SHELF, Errand
from visualizer.gui.document.asking import ask_to_open, ask_to_save, suggested
from visualizer.gui.document.images import IMAGE_SUFFIXES
from visualizer.gui.document.settings import Settings
from visualizer.gui.document.store import Store
from visualizer.gui.jobs import run_in_background
from visualizer.gui.run.player import Player
from visualizer.scene.columns import DATA_SUFFIXES
from visualizer.scene.cost import cost_told
from visualizer.scene.errors import FilesOutside, NothingInside
from visualizer.scene.field import SESSION
from visualizer.scene.files import files_outside, save_scene
from visualizer.scene.link import is_link
from visualizer.scene.model import Scene
from visualizer.scene.paths import data_folder
from visualizer.scene.presets import load_scene
from visualizer.scene.remember import CARRIERS
from visualizer.scene.tour import Itinerary, load_scene_or_tour

_FILTER = "Scenes (*.toml)"
#: Files that are listed in a question.
_LISTED = 8
#: What is no scene, and may have none inside.
NETWORKS = (".safetensors", ".onnx", ".pt", ".pth", ".pt2", ".pkl", ".h5")
#: A program of the user's own.
PLUGIN = ".py"
FOREIGN = (*DATA_SUFFIXES, *IMAGE_SUFFIXES, *NETWORKS, PLUGIN)
_ALL = dict.fromkeys((".toml", *CARRIERS, *FOREIGN))
_OPENED = "All that can be shown (" + " ".join(f"*{s}" for s in _ALL) + ")"


#: When a file was changed, its size and its place on the disk; None where there is none.
Seen = tuple[int, int, int] | None


def seen_now(path: Path) -> Seen:
    """What a file looks like."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def changed_since(path: Path, before: Seen) -> str:
    """What has happened to a file that was read or written here, after its name in a sentence; "": nothing."""
    now = seen_now(path)
    if before is None or now == before:
        return ""
    return "is not there any more" if now is None else "was changed by another program since it was opened here"


class Files(QObject):
    """The document's place on disk, and moving it there and back."""

    #: a sentence for the user
    problem = Signal(str)
    #: a sentence that needs no answer
    news = Signal(str)
    #: the path or the recent files have changed
    changed = Signal()
    #: an `Itinerary` was opened
    tour_opened = Signal(object)
    #: a file of any kind was chosen to be opened
    chosen = Signal(str)
    #: a scene is about to take the place of the present one
    opening = Signal()

    def __init__(self, store: Store, settings: Settings, player: Player, window: QWidget) -> None:
        super().__init__(window)
        self._store, self._settings, self._player, self._window = store, settings, player, window
        #: what files looked like when they were last read or written here
        self._seen: dict[Path, Seen] = {}
        self._saving = False
        self._then: Callable[[], None] | None = None
        #: the tour that was opened last
        self.tour: Itinerary | None = None
        self.tour_file: Path | None = None

    @property
    def path(self) -> Path | None:
        """The file of the document that is shown."""
        return self._store.path

    def adopt(self, path: str) -> None:
        """The scene shown came from this file."""
        file = self._store.path = Path(path).resolve()
        run_in_background(self, lambda: self._seen.setdefault(file, seen_now(file)), lambda _: None)
        self._settings.add_recent(str(self.path))
        self.changed.emit()

    def open_path(
        self,
        path: str,
        _: bool = False,
        otherwise: Callable[[str], None] | None = None,
        *,
        agreed: tuple[str, ...] = (),
    ) -> None:
        """Opens a scene file, a preset by its name, or a link. (The flag is what a menu's signal brings along.)

        `otherwise` is tried with the path where there is no scene in it. Files outside its folder that a scene names
        are read where they are `agreed` to.
        """

        def work() -> Scene | Itinerary:
            if not is_link(path):
                file = Path(path).resolve()
                self._seen[file] = seen_now(file)  # before it is read: what changes meanwhile is noticed
            return load_scene_or_tour(path, partial(load_scene, agreed=agreed), agreed)

        def refused(error: Exception) -> None:
            if otherwise is not None and isinstance(error, NothingInside):
                otherwise(path)
            elif isinstance(error, FilesOutside):
                if self._agreed(path, error.files):
                    self.open_path(path, otherwise=otherwise, agreed=error.files)
            else:
                self._refused(error)

        run_in_background(self, work, lambda found: self._opened(path, found), refused)

    def _opened(self, path: str, found: Scene | Itinerary) -> None:
        file = None if is_link(path) else Path(path).resolve()
        if isinstance(found, Itinerary):
            if file is not None and not file.is_relative_to(data_folder("presets")):  # those stand in a menu
                self._settings.add_recent(str(file))
                self.changed.emit()
            self.tour, self.tour_file = found, file
            self.tour_opened.emit(found)
            return
        own = file if file is not None and file.suffix == ".toml" else None
        if own is not None:
            self._settings.add_recent(str(own))
        self.put(found, own)
        self.changed.emit()
        if told := " ".join(filter(None, (_told_of(found) if file is None else "", cost_told(found)))):
            self.news.emit(told)

    def put(self, scene: Scene, own: Path | None = None) -> None:
        """Another document takes the place of this one. Dark or light is the user's, not the document's."""
        self.opening.emit()
        theme = self._store.scene.view.theme
        self._store.open(scene.with_(view=scene.view.with_(theme=theme)), own)

    def _agreed(self, path: str, outside: tuple[str, ...]) -> bool:
        """Asks whether a scene may open these files, unless it was saved here; a yes is remembered."""
        scene = str(Path(path).resolve())
        if self._settings.trusts(scene, outside):
            return True
        more = f"\nand {len(outside) - _LISTED} more" if len(outside) > _LISTED else ""
        listed = "\n".join(outside[:_LISTED]) + more
        text = f"{Path(path).name} reads files outside its folder:\n\n{listed}\n\nOpen them if you know who made it."
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(self._window, "Files outside the folder", text, buttons.Open | buttons.Cancel)
        if answer == buttons.Open:
            self._settings.trust(scene, outside)
        return bool(answer == buttons.Open)

    def _refused(self, error: Exception) -> None:
        self.problem.emit(f"This scene cannot be opened; the one you had is kept.\n{error}")

    def open_dialog(self) -> None:
        """Asks for a scene, or for what else can be shown."""
        name = ask_to_open(self._window, "Open a scene, data, an image or a network", _OPENED)
        if name:
            self.chosen.emit(name)

    def open_tour_dialog(self) -> None:
        """Asks for a tour."""
        name = ask_to_open(self._window, "Open a tour", "Tours (*.toml)")
        if name:
            self.open_path(name)

    @property
    def own_path(self) -> Path | None:
        """The file that the scene shown is saved to: none where another thing has taken the place of what is in it."""
        now, there = self._store.scene, self._store.saved
        same = now.title == there.title and now.target.kind == there.target.kind
        return self.path if same and not self._store.taken_since else None

    def save(self) -> None:
        """Saves to the file the scene came from, or asks for one."""
        if self.own_path is None:
            self.save_as()
        else:
            self.save_to(self.own_path)

    def save_as(self) -> None:
        """Asks for a file to save to."""
        path = self._ask_where()
        if path is not None:
            self.save_to(path)

    def _ask_where(self) -> Path | None:
        name = str(self.own_path or suggested(self._store.scene.title, ".toml"))
        return ask_to_save(self._window, "Save the scene", name, _FILTER, ".toml")

    def save_to(self, path: Path, saved: Callable[[], object] = lambda: None) -> None:
        """Saves the scene as it is now, and the networks of this session beside it; `saved` is called when it is.

        What has happened to the file since it was read or written here is looked at first.
        """
        if self._saving:  # one after the other
            self._then = lambda: self.save_to(path, saved)
            return
        self._saving = True
        before = self._seen.get(path)

        def looked(change: str) -> None:
            if not change or self._may_overwrite(path, change):
                self._write(path, saved)
            else:
                self._saved()

        run_in_background(self, lambda: changed_since(path, before), looked)

    def _may_overwrite(self, path: Path, change: str) -> bool:
        buttons = QMessageBox.StandardButton
        text = f"{path.name} {change}. Write your scene there all the same?\n\nTo keep both, cancel and choose Save as."
        answer = QMessageBox.question(self._window, "The file has changed", text, buttons.Save | buttons.Cancel)
        return bool(answer == buttons.Save)

    def _write(self, path: Path, saved: Callable[[], object]) -> None:
        scene = self._store.scene

        def done(found: tuple[Seen, tuple[str, ...]]) -> None:
            self._seen[path], outside = found
            self._settings.trust(str(path.resolve()), outside)  # whoever saves it has chosen them
            self._store.path = path
            self._settings.add_recent(str(path))
            self._store.mark_saved(scene)
            self.news.emit(f"Saved to {path}")
            self.changed.emit()
            self._saved()
            saved()

        def failed(error: Exception) -> None:
            self._saved()
            self._not_saved(path, error)

        def written(whole: Scene) -> tuple[Seen, tuple[str, ...]]:
            save_scene(whole, path)
            return seen_now(path), files_outside(whole, path.parent)

        def write(whole: Scene) -> None:
            run_in_background(self, lambda: written(whole), done, failed)

        with_nets_beside(self, self._player, scene, path, write, failed)

    def _saved(self) -> None:
        """A save is over: the next may begin."""
        self._saving, then, self._then = False, self._then, None
        if then is not None:
            then()

    def _not_saved(self, path: Path, error: Exception) -> None:
        reason = getattr(error, "strerror", None) or str(error)
        self.problem.emit(f"{path} could not be written ({reason}). Choose another folder; the old file is untouched.")

    def may_discard(self, saved: Callable[[], object]) -> bool:
        """Asks, where there are unsaved edits, whether they may go; `saved` is called once they are saved."""
        if not self._store.modified:
            return True
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self._window,
            "Unsaved changes",
            "Save the changes to this scene before closing?",
            buttons.Save | buttons.Discard | buttons.Cancel,
        )
        if answer == buttons.Save:
            path = self.own_path or self._ask_where()
            if path is not None:
                self.save_to(path, saved)
            return False
        return bool(answer == buttons.Discard)


def _told_of(scene: Scene) -> str:
    """What a stranger's scene will do when it is played."""
    pictures = scene.resolved_panels()
    does = ", ".join(dict.fromkeys(p.sampler.short_name for p in pictures))
    return f"Opened from a link: {scene.title}. {scene.particles.count:,} particles, {does}."


def uses_session_nets(scene: Scene) -> bool:
    """Whether it follows a network that is in no file yet."""
    return any(getattr(p.field, "file", "").startswith(SESSION) for p in scene.resolved_panels())


def with_nets_beside(
    owner: QObject,
    player: Player,
    scene: Scene,
    path: Path,
    then: Callable[[Scene], None],
    failed: Callable[[Exception], None],
) -> None:
    """Hands over the scene as it can be opened from `path`: networks of this session are written beside that first."""
    if uses_session_nets(scene):
        errand = Errand("visualizer.engine.run.nets:with_saved_nets", scene, path.parent, path.stem, SHELF)
        player.ask(owner, errand, then, failed)
    else:
        then(scene)
