"""The window: panels left and right, the picture in the middle, the transport below."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QMainWindow,
    QWidget,
)

from visualizer.engine.frame import Picture
from visualizer.engine.palette import Theme
from visualizer.gui.arrangement import LEFT_WIDTH, RIGHT_WIDTH, across, middle, side
from visualizer.gui.banner import Banner
from visualizer.gui.canvas.brush import Brush
from visualizer.gui.commands import Commands
from visualizer.gui.dialogs import CrashDialog
from visualizer.gui.figure import Figure
from visualizer.gui.files import Files
from visualizer.gui.menus import Menus
from visualizer.gui.panels.diagnostics import DiagnosticsPanel
from visualizer.gui.panels.field import FieldPanel
from visualizer.gui.panels.fit import FitPanel
from visualizer.gui.panels.fourier import FourierPanel
from visualizer.gui.panels.layers import LayersPanel
from visualizer.gui.panels.noise import NoisePanel
from visualizer.gui.panels.race import RacePanel
from visualizer.gui.panels.readouts import DynamicsPanel, OccupancyPanel
from visualizer.gui.panels.sampler import SamplerPanel
from visualizer.gui.panels.target import TargetPanel
from visualizer.gui.player import Player, Result
from visualizer.gui.presenting.billboard import Billboard
from visualizer.gui.presenting.presenter import Presenter
from visualizer.gui.settings import Settings
from visualizer.gui.store import Store
from visualizer.gui.theme import apply_theme, theme
from visualizer.gui.transport import Transport
from visualizer.scene.changes import Change, changes
from visualizer.scene.compare import picture, with_picture
from visualizer.scene.model import Scene

if TYPE_CHECKING:  # it brings torch, which the window must not wait for
    from visualizer.engine.report import Report


class MainWindow(QMainWindow):
    """One document, its run and its picture."""

    #: the window has been closed and its thread has ended
    closed = Signal()

    def __init__(self, scene: Scene, device: str = "auto", settings: Settings | None = None) -> None:
        super().__init__()
        self.settings = settings or Settings()
        if self.settings.theme and self.settings.theme != scene.view.theme:
            scene = scene.with_(view=scene.view.with_(theme=self.settings.theme))
        self.device = device
        self.store = Store(scene, self)
        self.files = Files(self.store, self.settings, self)
        self.player = Player(device, self)
        self._theme: Theme = theme(scene.view.theme)
        self._selection = -1
        self._active = 0
        self._restarted = True
        self._crashed = False
        self._result: Result | None = None
        self.setAcceptDrops(True)
        self._build_panels()
        self._lay_out()
        self.presenter = Presenter(self, self.billboard)
        self.commands = Commands(self)
        self.menus = Menus(self)
        self._connect()
        apply_theme(self._app(), self._theme)
        self._show_scene(scene, scene)
        self._restore()
        self.player.start()

    @staticmethod
    def _app() -> QApplication:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        return app

    # building

    def _build_panels(self) -> None:
        self.figure = Figure()
        self.billboard = Billboard()
        self.transport = Transport()
        self.target = TargetPanel()
        self.noise = NoisePanel()
        self.field = FieldPanel()
        self.sampler = SamplerPanel()
        self.layers = LayersPanel()
        self.dynamics = DynamicsPanel()
        self.occupancy = OccupancyPanel()
        self.diagnostics = DiagnosticsPanel()
        self.race = RacePanel()
        self.fit = FitPanel()
        self.fourier = FourierPanel()
        self.title = QLabel()
        self.title.setObjectName("title")
        self.title.setWordWrap(True)
        self.caption = QLabel()
        self.caption.setObjectName("muted")
        self.caption.setWordWrap(True)
        self.status = QLabel("Starting the engine…")
        self.status.setObjectName("muted")

    def _lay_out(self) -> None:
        left: list[QWidget] = [self.title, self.caption, self.target, self.noise, self.field, self.sampler]
        right: list[QWidget] = [self.dynamics, self.race, self.occupancy, self.fourier, self.diagnostics, self.layers]
        self.left = side(LEFT_WIDTH, left, "What runs: target, noise, score, sampler")
        self.right = side(RIGHT_WIDTH, [*right, self.fit, self.status], "Read-outs and layers")
        centre = middle(self.figure, self.billboard, self.transport)
        self.banner = Banner(centre)
        self.setCentralWidget(across(self.left, centre, self.right))
        self.setMinimumSize(900, 520)
        # Keys begin with the window, and go back to it from text that is left with a click beside everything.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setFocus()
        self.layers.list.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def _connect(self) -> None:
        self.store.changed.connect(self._scene_changed)
        self.store.opened.connect(self._opened)
        self.store.history_changed.connect(self.menus.show_history)
        self.files.problem.connect(self._problem)
        self.files.news.connect(self.banner.news)
        self.files.changed.connect(self.menus.show_recent)
        self.files.tour_opened.connect(self.presenter.begin)
        self.files.chosen.connect(self.commands.take_file)
        self.files.opening.connect(self.presenter.end)
        for panel in (self.target, self.noise, self.field, self.sampler, self.layers, self.fit, self.fourier):
            panel.edited.connect(self._picture_edited)
        self.sampler.pictures.chosen.connect(self.choose_picture)
        self.sampler.pictures.added.connect(self.commands.add_picture)
        self.sampler.pictures.removed.connect(self.commands.remove_picture)
        for part in (self.noise, self.field, self.sampler, self.fit, self.fourier, self.figure):
            part.gesture.connect(self._gesture)
        self.figure.edited.connect(self._edited)
        self.figure.view_changed.connect(self._look)
        self.figure.selected.connect(self._select)
        self.figure.start_here.connect(self.commands.start_at)
        self.diagnostics.measure.clicked.connect(self.commands.measure_passages)
        self.sampler.tradeoff.clicked.connect(self.commands.measure_tradeoff)
        self.target.select.connect(self._select)
        self.target.problem.connect(self._problem)
        self.target.news.connect(self.banner.news)
        self.target.gesture.connect(self._gesture)
        self.target.drawn.brush_changed.connect(self._take_brush)
        self.target.data.fit_wanted.connect(self.commands.fit_mixtures)
        self.sampler.problem.connect(self._problem)
        self.field.problem.connect(self._problem)
        self.field.train_wanted.connect(self.commands.train)
        self.field.judge_wanted.connect(self.commands.judge)
        self.field.log_prob_known.connect(self.sampler.offer_log_prob)
        for view in (self.fourier.view, self.billboard.fourier):
            view.plot.sigma_wanted.connect(self.noise.take_sigma)
            view.plot.band_wanted.connect(self.fourier.set_band)
            view.plot.gesture.connect(self._gesture)
        self.transport.play.connect(self.player.play)
        self.transport.step.connect(self.player.step_by)
        self.transport.restart.connect(self.commands.restart)
        self.transport.seek.connect(self.player.seek)
        self.transport.speed.connect(self.player.set_speed)
        self.player.frame.connect(self._show_result)
        self.player.trouble.connect(self._trouble)
        self.player.loaded.connect(self._loaded)

    def _restore(self) -> None:
        geometry = self.settings.geometry
        if geometry is None or not self.restoreGeometry(geometry):
            room = self.screen().availableSize()  # less its frame and title
            self.resize(min(1440, room.width() - 8), min(900, room.height() - 40))
        if self.settings.panels_hidden:
            self.commands.toggle_panels()

    # the scene

    @property
    def active_picture(self) -> int:
        """Which of several pictures the panels edit."""
        return min(self._active, max(0, len(self.store.scene.panels) - 1))

    def choose_picture(self, index: int) -> None:
        """Lets the panels edit another picture."""
        self._active = index
        self._show_scene(self.store.scene, self.store.scene)
        if self._result is not None and len(self._result.pictures) == len(self.figure.canvases):
            self._show_result(self._result)

    def _picture_edited(self, edited: Scene, label: str) -> None:
        """A panel edited the scene of the active picture."""
        self._edited(with_picture(self.store.scene, self.active_picture, edited), label)

    def _edited(self, scene: Scene, label: str) -> None:
        if scene == self.store.scene:
            self._show_scene(scene, scene)
        else:
            self.store.edit(scene, label)

    def _gesture(self, begins: bool) -> None:
        if begins:
            self.store.begin()
        else:
            self.store.end()

    def _scene_changed(self, scene: Scene, old: Scene) -> None:
        self.banner.settle()  # what was wrong is done with, or was of another scene
        self._show_scene(scene, old)

    def _opened(self) -> None:
        """Another document: its run begins at its start, paused."""
        self._restarted = True
        self.banner.hide()  # what it said was of another scene
        self.player.play(False)
        self.player.restart()

    def _show_scene(self, scene: Scene, old: Scene) -> None:
        t = theme(scene.view.theme)
        if t is not self._theme:
            self._theme = t
            self.settings.theme = t.name
            apply_theme(self._app(), t)
        if changes(old, scene) & Change.RESTART:
            self._restarted = True
        self.title.setText(scene.title)
        self.caption.setText(scene.caption)
        self.caption.setVisible(bool(scene.caption))
        self.figure.show_scene(scene, t)
        shown = picture(scene, self.active_picture)
        self.target.show_scene(shown, t)
        if not self._only_the_target(scene, old):
            for panel in (self.noise, self.field, self.sampler, self.layers, self.fit):
                panel.show_scene(shown)
            self.commands.show_scene(shown)
            self.sampler.pictures.show_scene(scene, self.active_picture)
            self.dynamics.show_scene(shown, t)
            self.fourier.show_scene(shown, t)
            self.transport.apply_theme(t)
        else:
            for part in (self.noise, self.field, self.sampler, self.layers, self.fit, self.fourier):
                part.take(shown)
        self.player.show(scene, self.store.dragging)
        self._look()

    @staticmethod
    def _only_the_target(scene: Scene, old: Scene) -> bool:
        """Whether the shapes of the same components are all that changed, as while one is dragged."""
        if scene is old or scene.target.d != old.target.d or scene.target.components != old.target.components:
            return False
        rest = [name for name in type(scene).model_fields if name != "target"]
        return all(getattr(scene, name) is getattr(old, name) for name in rest)

    # the picture

    def _look(self) -> None:
        self.player.look(self.figure.views())

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The moment on the screen; nothing before there is one."""
        return self._result.pictures if self._result is not None else ()

    @property
    def playing(self) -> bool:
        """Whether the run plays, as far as one can see."""
        return self._result is not None and self._result.playing

    def report(self, index: int) -> Report | None:
        """The last diagnostics of a picture, if there are any."""
        reports = self._result.reports if self._result is not None else ()
        return reports[index] if index < len(reports) else None

    def _show_result(self, result: Result) -> None:
        self._result = result
        self.figure.show_pictures(result.pictures)
        first = result.pictures[min(self.active_picture, len(result.pictures) - 1)]
        self.transport.show_playing(result.playing)
        self.transport.show_moment(first.moment, self._restarted)
        self._restarted = False
        self.noise.show_moment(first.moment)
        self.dynamics.show_moment(first.moment)
        self.occupancy.show_occupancy(self.store.scene, first.occupancy, self._theme)
        self.sampler.start.show_modes(len(first.occupancy.shares) if first.occupancy is not None else 1)
        self.race.show_reports(self.store.scene, result.reports)
        at = self.active_picture
        self.diagnostics.show_report(self.report(at), self.store.scene.target.known)
        self.fourier.show_picture(first, self._theme)
        self.fit.show_fitting(first.fitting)
        self._show_status(result)

    def _show_status(self, result: Result) -> None:
        m = result.pictures[0].moment
        count = f"{m.count:,}".replace(",", "\u202f")
        rate = f", {result.frames_per_second:.0f} frames/s" if result.playing else ""
        self.status.setText(f"{count} particles{rate}")
        self.status.setToolTip(f"Slowest of the last frames: {result.worst_frame_ms:.0f} ms")

    def _select(self, k: int) -> None:
        self._selection = k
        self.target.mixture.show_selection(k)
        for canvas in self.figure.canvases:
            handles: Any = getattr(canvas, "handles", None)
            if handles is not None and handles.selection != k:
                handles.selection = k
                handles.update()

    @property
    def selection(self) -> int:
        """Index of the selected component, or -1."""
        return self._selection if self._selection < self.store.scene.target.components else -1

    # trouble

    def _loaded(self, device: str) -> None:
        self.status.setText(f"Computing on {device}")

    def _take_brush(self, brush: Brush | None) -> None:
        """What is painted is p: while the picture follows a run it would be hidden in the noise."""
        self.figure.take_brush(brush)
        moment = self.pictures[0].moment if self.pictures else None
        if brush is not None and moment is not None and moment.sigma > 0 and not self.store.scene.sampler.endless:
            self.noise.take_sigma(0.0)
            self.banner.news("The picture shows p without noise while you paint; slide t, or follow the run, later.")

    def _problem(self, text: str) -> None:
        self.banner.problem(text)

    def _trouble(self, kind: str, text: str) -> None:
        if kind in ("diverged", "refused"):
            self.banner.problem(text, "Undo", self.store.undo if self.store.undo_label else None)
        else:
            self.show_crash(text)

    def show_crash(self, details: str) -> None:
        """The dialog for what nobody foresaw."""
        if self._crashed:
            return
        self._crashed = True
        print(details, file=sys.stderr)
        dialog = CrashDialog(self, details)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.save_wanted.connect(self.files.save_as)
        dialog.finished.connect(self._crash_seen)
        dialog.open()

    def _crash_seen(self) -> None:
        self._crashed = False

    # events

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for url in event.mimeData().urls():
            if url.isLocalFile():
                self.commands.take_file(url.toLocalFile())
                event.acceptProposedAction()
                return

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.target.drawn.brush is not None:
            self.target.drawn.put_down()
            return
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.presenter.end()  # first: only then the scene is the user's own again
        if not self.files.may_discard() or not self.commands.may_drop_recording():
            event.ignore()
            return
        self.commands.stop()
        self.settings.geometry = self.saveGeometry()
        self.settings.panels_hidden = self.left.isHidden()
        self.player.stop()
        event.accept()
        self.closed.emit()
