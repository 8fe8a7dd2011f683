"""What the actions do."""

from __future__ import annotations

import shlex
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QMessageBox

from visualizer.engine.frame import Viewport
from visualizer.gui.asking import ask_to_save, suggested
from visualizer.gui.canvas import mixture_edit as edit
from visualizer.gui.dialogs import Gallery, HelpSheet
from visualizer.gui.experiments.base import Experiment
from visualizer.gui.experiments.judging import JudgingDialog
from visualizer.gui.experiments.passages import PassagesDialog
from visualizer.gui.experiments.tradeoff import TradeoffDialog
from visualizer.gui.experiments.training import TrainingDialog
from visualizer.gui.exporting import ExportDialog
from visualizer.gui.files import uses_session_nets, with_nets_beside
from visualizer.gui.jobs import run_in_background
from visualizer.gui.names import short_name
from visualizer.gui.numbers import NumbersDialog
from visualizer.gui.page import Look, Page
from visualizer.gui.settings import MAGNIFICATIONS
from visualizer.gui.stills import STILL_SUFFIXES, still, suffix_of
from visualizer.scene.compare import add_picture, picture, remove_picture
from visualizer.scene.field import LearnedField, TrainingPart
from visualizer.scene.files import write_atomic
from visualizer.scene.model import Scene
from visualizer.scene.python import as_python
from visualizer.scene.sampler import LangevinSampler, WalkJumpSampler
from visualizer.scene.script import Script, save_script
from visualizer.scene.target import MixtureTarget
from visualizer.scene.tour import tour_names, tour_path

if TYPE_CHECKING:
    from visualizer.engine.report import Report
    from visualizer.gui.window import MainWindow

_NUDGE = 0.02
_LAID_OUT_MS = 60
#: What makes the dimension of targets that are no mixtures.
_DIMENSIONS = {
    "formula": "A formula has as many dimensions as letters: type x alone, or x and y.",
    "shape": "A shape has its own dimension: the length of a Gaussian vector is 1-D, the others are 2-D.",
    "data": "Data have as many dimensions as columns: choose (1-D) as the second one, or another column.",
    "drawn": "A drawing has two dimensions.",
    "unknown": "The network has its own dimension.",
}
_STILLS = "PNG picture (*.png);;SVG drawing (*.svg);;PDF page (*.pdf)"


class Commands(QObject):
    """One method for each entry of the table of actions."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._w = window
        self._export: ExportDialog | None = None
        self._experiments: list[Experiment] = []
        self._training: TrainingDialog | None = None
        self._script: Script | None = None
        window.presenter.recorded.connect(self.keep_recording)

    def stop(self) -> None:
        """The window closes: nothing goes on without it."""
        if self._export is not None:
            self._export.stop()
        for experiment in [*self._experiments, *([self._training] if self._training is not None else [])]:
            experiment.reject()

    # file

    def show_gallery(self) -> None:
        gallery = Gallery(self._w)
        gallery.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        gallery.chosen.connect(self._w.files.open_path)
        gallery.open()

    def open_dialog(self) -> None:
        self._w.files.open_dialog()

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

    # lecture

    def add_tours(self, menu: QMenu) -> None:
        """The built-in tours, to be chosen."""
        for name in tour_names():
            menu.addAction(name.replace("-", " ").capitalize()).triggered.connect(partial(self.present_tour, name))

    def present(self) -> None:
        if self._w.presenter.active:
            self._w.presenter.end()
        else:
            self._w.presenter.begin()

    def present_tour_again(self) -> None:
        self._present_tour(speaker=False)

    def _present_tour(self, speaker: bool) -> None:
        if self._w.files.tour is None:
            self._w.banner.news("No tour is open yet: choose one under Lecture › Tours, or open a file.")
        else:
            self._w.presenter.begin(self._w.files.tour, speaker)

    def present_with_notes(self) -> None:
        self._present_tour(speaker=True)

    def record(self) -> None:
        """Records what is presented; begins to present if nothing is."""
        presenter = self._w.presenter
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
        answer = QMessageBox.question(self._w, "Recorded lecture", text, choices)
        path = self._recording_path(script) if answer == buttons.Save else None
        if path is None and answer != buttons.Discard:
            return False
        try:
            if path is not None:
                save_script(script, path)
        except OSError as error:
            self._w.banner.problem(f"{path} could not be written ({error.strerror}). Choose another folder.")
            return False
        self._script = None
        return True

    def _recording_path(self, script: Script) -> Path | None:
        name = suggested(script.title, ".toml")
        return ask_to_save(self._w, "Save the recorded lecture", name, "Recorded lectures (*.toml)", ".toml")

    def save_recording(self) -> None:
        if self._script is None:
            return
        path = self._recording_path(self._script)
        if path is not None:
            self.save_recording_to(path)
        else:
            self._w.banner.problem(
                f"The recording of {self._script.seconds:.0f} s is not saved.", "Save…", self.save_recording
            )

    def save_recording_to(self, path: Path) -> None:
        """Writes the recorded lecture in the background."""
        script = self._script
        assert script is not None

        def done(_: object) -> None:
            if self._script is script:
                self._script = None
            command = [sys.executable, "-m", "visualizer", "render", str(path), "-o", str(path.with_suffix(".mp4"))]
            self._w.banner.problem(
                f"Saved to {path}. A command draws it as a video.", "Copy the command",
                lambda: QGuiApplication.clipboard().setText(shlex.join(command)),
            )  # fmt: skip

        def failed(error: Exception) -> None:
            reason = getattr(error, "strerror", None) or str(error)
            self._w.banner.problem(f"{path} could not be written ({reason}).", "Save…", self.save_recording)

        run_in_background(self, lambda: save_script(script, path), done, failed)

    def open_tour(self) -> None:
        self._w.files.open_tour_dialog()

    def present_tour(self, name: str, _: bool = False) -> None:
        """A built-in tour, from its first stop. (The flag is what a menu's signal brings along.)"""
        self._w.files.open_path(str(tour_path(name)))

    # edit

    def undo(self) -> None:
        self._w.store.undo()

    def redo(self) -> None:
        self._w.store.redo()

    def _edit_target(self, target: Any, label: str) -> None:
        self._w.store.edit(self._w.store.scene.with_(target=target), label)

    def add_component(self) -> None:
        self._w.target.mixture.add.click()

    def remove_component(self) -> None:
        if self._w.selection >= 0:
            self._w.target.mixture.remove_selected()

    def next_component(self) -> None:
        self._select_by(1)

    def previous_component(self) -> None:
        self._select_by(-1)

    def _select_by(self, by: int) -> None:
        count = self._w.store.scene.target.components
        if count:
            self._w._select((self._w.selection + by) % count if self._w.selection >= 0 else 0)

    def paste_data(self) -> None:
        """Numbers from the clipboard become the target."""
        self._w.target.data.take_clipboard()

    def _nudge(self, dx: float, dy: float) -> None:
        k, target = self._w.selection, self._w.store.scene.target
        if k < 0 or not isinstance(target, MixtureTarget):
            return
        view = self._w.figure.views()[0]
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
        kind = self._w.store.scene.target.kind
        if kind != "mixture":
            self._w.banner.news(_DIMENSIONS[kind])
            return
        self._w.target.mixture.dimension.click()

    # run

    def toggle_play(self) -> None:
        self._w.transport.toggle()

    def step_on(self) -> None:
        self._w.player.step_by(1)

    def step_back(self) -> None:
        self._w.player.step_by(-1)

    def restart(self) -> None:
        self._w._restarted = True
        self._w.player.restart()

    def new_seed(self) -> None:
        scene = self._w.store.scene
        self._w.store.edit(scene.with_(seed=scene.seed + 1), "take another seed")

    # experiments

    def measure_tradeoff(self) -> None:
        """Walk–jump over a range of σ; its range needs the engine, which is looked up in the background."""
        scene = self._shown()
        if not isinstance(scene.target, MixtureTarget):
            self._w.banner.problem("The trade-off counts hops between components: choose a Gaussian mixture first.")
            return

        def limits() -> tuple[float, float]:
            from visualizer.engine.tradeoff import default_range

            return default_range(scene)

        def show(found: tuple[float, float]) -> None:
            dialog = TradeoffDialog(scene, found, self._w._theme, self._w)
            dialog.chosen.connect(self._take_sigma)
            self._open(dialog)

        run_in_background(self, limits, show)

    def train(self) -> None:
        """The dialog that trains a network on the target."""
        if self._training is not None:
            self._training.raise_()
            return
        if self._shown().target.kind == "unknown":
            self._w.banner.problem("There is no target to learn: choose one first.")
            return
        dialog = TrainingDialog(self._shown, self._w._theme, self._w)
        dialog.edited.connect(self._training_edited)
        dialog.gesture.connect(self._w._gesture)
        dialog.began.connect(self._follow_training)
        dialog.learned.connect(self._w.field.refresh)
        dialog.finished.connect(self._training_closed)
        self._training = dialog
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()

    def _training_closed(self) -> None:
        self._training = None

    def _training_edited(self, part: TrainingPart, label: str) -> None:
        self._w._picture_edited(self._shown().with_(training=part), label)

    def _follow_training(self, name: str) -> None:
        """A network begins to learn: the picture follows it."""
        scene = self._shown()
        changes: dict[str, Any] = {"field": LearnedField(file=name)}
        needy = scene.sampler.needs_log_prob and scene.training.network == "mlp"
        if needy:
            changes["sampler"] = LangevinSampler()
        self._w._picture_edited(scene.with_(**changes), "follow the network")
        if needy:
            said = f"A network has no log p, which {short_name(scene.sampler)} needs: Langevin runs instead."
            self._w.banner.news(said)

    def judge(self) -> None:
        """The network that is followed against the truth."""
        scene = self._shown()
        if scene.target.kind == "unknown":
            self._w.banner.problem("There is no target to judge the network by: choose one first.")
        elif scene.field.kind == "learned":
            self._open(JudgingDialog(scene, self._w._theme, self._w))
        else:
            self._w.banner.problem("There is no network to judge: the exact score is followed. Train one (Ctrl+T).")

    def show_scene(self, scene: Scene) -> None:
        """Dialogs that stay open follow the scene."""
        if self._training is not None:
            self._training.show_part(scene.training)

    def measure_passages(self) -> None:
        """Passage times of the present picture, in 1-D."""
        scene = self._shown()
        if scene.target.d != 1:
            self._w.banner.problem("Passage times are measured in one dimension. Press D for a 1-D target.")
            return
        if not isinstance(scene.target, MixtureTarget):
            self._w.banner.problem("Passages are from component to component: choose a Gaussian mixture first.")
            return
        self._open(PassagesDialog(scene, self._w._theme, self._w))

    def _shown(self) -> Scene:
        return picture(self._w.store.scene, self._w.active_picture)

    def _open(self, dialog: Experiment) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.finished.connect(self._experiment_closed)
        self._experiments.append(dialog)
        dialog.show()
        dialog.measure()

    def _experiment_closed(self) -> None:
        closed = self.sender()
        self._experiments = [e for e in self._experiments if e is not closed]

    def _take_sigma(self, sigma: float) -> None:
        """A σ chosen in the plot of the trade-off."""
        shown = self._shown()
        if isinstance(shown.sampler, WalkJumpSampler):
            edited = shown.with_(sampler=shown.sampler.with_(sigma=sigma))
            self._w._picture_edited(edited, "take σ over")
        else:
            self._w.banner.problem("Choose Walk–jump as the sampler first; then a click takes its σ over.")

    def faster(self) -> None:
        self._w.transport.change_speed(1)

    def slower(self) -> None:
        self._w.transport.change_speed(-1)

    def start_at(self, point: tuple[float, ...]) -> None:
        """All particles start at a point."""
        scene = self._w.store.scene
        particles = scene.particles.with_(start={"kind": "point", "at": point})
        self._w.store.edit(scene.with_(particles=particles), "start at a point")

    # view

    def fit(self) -> None:
        self._w.figure.fit()

    def _edit_view(self, label: str, **change: Any) -> None:
        scene = self._w.store.scene
        self._w.store.edit(scene.with_(view=scene.view.with_(**change)), label)

    def toggle_theme(self) -> None:
        dark = self._w.store.scene.view.theme == "dark"
        self._edit_view("change the theme", theme="light" if dark else "dark")

    def toggle_log(self) -> None:
        scene = self._w.store.scene
        scale = "linear" if scene.layers.scale == "log" else "log"
        self._w.store.edit(scene.with_(layers=scene.layers.with_(scale=scale)), "change the density's scale")

    def add_picture(self) -> None:
        scene = add_picture(self._w.store.scene)
        if scene != self._w.store.scene:
            self._w.store.edit(scene, "compare with another sampler")
            self._w.choose_picture(len(scene.panels) - 1)

    def remove_picture(self) -> None:
        scene = self._w.store.scene
        if scene.panels:
            self._w.store.edit(remove_picture(scene, self._w.active_picture), "remove a picture")

    def next_picture(self) -> None:
        count = len(self._w.store.scene.panels)
        if count:
            self._w.choose_picture((self._w.active_picture + 1) % count)

    def toggle_step(self) -> None:
        self._w.layers.toggle("step")

    def toggle_difference(self) -> None:
        self._w.layers.toggle("difference")

    def toggle_traps(self) -> None:
        self._w.layers.toggle("traps")

    def toggle_cut(self) -> None:
        """Lines through the middle of the picture, or none."""
        scene = self._w.store.scene
        if scene.view.cut is not None:
            self._edit_view("take the cut away", cut=None)
        elif scene.target.d == 2:
            view = self._w.figure.views()[0]
            middle = (round((view.x0 + view.x1) / 2, 2), round((view.y0 + view.y1) / 2, 2))
            self._edit_view("cut the plane", cut=middle)
        else:
            self._w.banner.news("Only a density in the plane can be cut; press D for two dimensions.")

    def toggle_fourier(self) -> None:
        self._w.fourier.toggle()
        self._reveal_fourier()

    def toggle_band(self) -> None:
        self._w.fourier.toggle_band()
        self._reveal_fourier()

    def _reveal_fourier(self) -> None:
        """The card stands last: a key must not do something out of sight."""
        if self._w.store.scene.view.fourier:
            QTimer.singleShot(_LAID_OUT_MS, self, lambda: self._w.right.ensureWidgetVisible(self._w.fourier, 0, 8))

    def toggle_numbers(self) -> None:
        self._w.dynamics.numbers.toggle()

    def toggle_river(self) -> None:
        river = self._w.store.scene.view.picture == "river"
        self._edit_view("choose the picture", picture="line" if river else "river")

    def toggle_panels(self) -> None:
        hidden = not self._w.left.isHidden()
        self._w.left.setHidden(hidden)
        self._w.right.setHidden(hidden)

    def larger(self) -> None:
        self._magnify(1)

    def smaller(self) -> None:
        self._magnify(-1)

    def _magnify(self, by: int) -> None:
        settings = self._w.settings
        at = MAGNIFICATIONS.index(settings.magnification) + by
        settings.magnification = MAGNIFICATIONS[min(max(at, 0), len(MAGNIFICATIONS) - 1)]
        self._w.banner.news(f"Type and controls will be at {settings.magnification:.0%} from the next start on.")

    def toggle_full_screen(self) -> None:
        if self._w.isFullScreen():
            self._w.showNormal()
        else:
            self._w.showFullScreen()

    def show_help(self) -> None:
        sheet = HelpSheet(self._w)
        sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        sheet.open()
