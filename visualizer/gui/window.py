"""The window: columns of cards left and right, the picture in the middle, the transport below."""

from __future__ import annotations

import sys

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QMainWindow

from visualizer.engine.host.talk import Engine, Result
from visualizer.engine.palette import Theme
from visualizer.gui.anatomy import AnatomyStrip
from visualizer.gui.arrangement import WIDTHS, across, middle, set_widths, side
from visualizer.gui.banner import Banner
from visualizer.gui.canvas.brush import Brush
from visualizer.gui.captions import Captions
from visualizer.gui.cards.columns import Cards
from visualizer.gui.commands import Commands
from visualizer.gui.desk import Desk
from visualizer.gui.dialogs import CrashDialog
from visualizer.gui.dock import Dock
from visualizer.gui.document.files import Files
from visualizer.gui.document.plugins import Plugins
from visualizer.gui.document.settings import Settings
from visualizer.gui.document.store import Store
from visualizer.gui.figure import Figure
from visualizer.gui.finding.finder import Finder
from visualizer.gui.menus import Menus
from visualizer.gui.presenting.presenter import Presenter
from visualizer.gui.run.player import Player
from visualizer.gui.sizes import factor
from visualizer.gui.theme import apply_theme, theme
from visualizer.gui.transport import Transport
from visualizer.gui.widgets.card import muted
from visualizer.gui.words.billboard import Billboard
from visualizer.scene.changes import Change, changes
from visualizer.scene.model import Scene

_LONG_STEP = "The engine has been at one step for"


class MainWindow(QMainWindow):
    """One document, its run and its picture: lays the desk out, and connects what is on it."""

    #: the window has been closed and its thread has ended
    closed = Signal()

    def __init__(self, scene: Scene, engine: Engine, device: str = "auto", settings: Settings | None = None) -> None:
        super().__init__()
        settings = settings or Settings()
        if settings.theme and settings.theme != scene.view.theme:
            scene = scene.with_(view=scene.view.with_(theme=settings.theme))
        self._crashed = False
        self.setAcceptDrops(True)
        apply_theme(self._app(), theme(scene.view.theme))  # before there are parts, which would be styled again
        self.desk = self._lay_out(Store(scene, self), settings, device, engine)
        self._theme: Theme = self.desk.theme
        self.presenter = Presenter(self.desk)
        self.commands = Commands(self.desk, self.presenter)
        self.menus = Menus(self.desk, self.commands)
        self._connect()
        self._show_scene(scene, scene)
        self._restore()
        self.desk.player.start()

    def find_anything(self) -> None:
        """Opens the field that finds everything."""
        finder = Finder(self.desk, self.commands, self.menus)
        finder.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        finder.open()

    @staticmethod
    def _app() -> QApplication:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        return app

    # building

    def _lay_out(self, store: Store, settings: Settings, device: str, engine: Engine) -> Desk:
        self.words, self.status = Captions(), muted("Starting the engine…", wrap=False)
        player = Player(engine, self)
        cards, figure, billboard, transport = Cards(player), Figure(), Billboard(player.ask), Transport()
        left = side([self.words, *cards.left], "What runs: target, noise, score, sampler")
        right = side([*cards.right, self.status], "Read-outs and layers")
        anatomy = AnatomyStrip(player)
        centre = middle(figure, billboard, transport, anatomy)
        banner = Banner(centre)
        dock = Dock(right)
        self.columns = across(left, centre, dock)
        self.setCentralWidget(self.columns)
        self.columns.splitterMoved.connect(self._keep_columns)
        self.setMinimumSize(900, 520)
        # Keys begin with the window, and go back to it from text that is left with a click beside everything.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setFocus()
        cards.layers.list.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        files = Files(store, settings, player, self)
        parts = (figure, billboard, transport, anatomy, banner, cards, left, right, dock)
        return Desk(self, settings, device, store, files, Plugins(settings, self), player, *parts)

    def _connect(self) -> None:
        desk = self.desk
        desk.store.changed.connect(self._scene_changed)
        desk.store.opened.connect(self._opened)
        desk.store.history_changed.connect(self.menus.show_history)
        desk.files.problem.connect(desk.banner.problem)
        desk.files.news.connect(desk.banner.news)
        desk.files.changed.connect(self.menus.show_recent)
        desk.files.tour_opened.connect(self.presenter.begin)
        desk.files.chosen.connect(self.commands.take_file)
        desk.files.opening.connect(self.presenter.end)
        self.presenter.presenting.connect(self.menus.show_presenting)
        desk.player.frame.connect(self._show_result)
        desk.player.trouble.connect(self._trouble)
        desk.player.loaded.connect(self._loaded)
        desk.player.stuck.connect(self._stuck)
        self.words.wanted.connect(self.commands.edit_caption)
        self._connect_figure()
        self._connect_cards()
        self._connect_transport()

    def _connect_figure(self) -> None:
        figure = self.desk.figure
        figure.edited.connect(self.desk.edit)
        figure.gesture.connect(self.desk.gesture)
        figure.view_changed.connect(self._look)
        figure.selected.connect(self.desk.select)
        figure.start_here.connect(self.commands.start_at)
        self.desk.anatomy.opened.connect(self.commands.open_organ)

    def _connect_cards(self) -> None:
        """What all cards say, then what single ones want of commands or of each other."""
        desk, cards, commands = self.desk, self.desk.cards, self.commands
        for card in cards:
            card.edited.connect(desk.edit_picture)
            card.gesture.connect(desk.gesture)
            card.problem.connect(desk.banner.problem)
            card.news.connect(desk.banner.news)
            card.folded.connect(self._keep_folded)
        cards.sampler.pictures.chosen.connect(desk.choose_picture)
        cards.sampler.pictures.added.connect(commands.add_picture)
        cards.sampler.pictures.removed.connect(commands.remove_picture)
        crowds = (commands.one_chain, commands.few_hundred, commands.cloud)
        for button, crowd in zip(cards.sampler.crowds, crowds, strict=True):
            button.clicked.connect(lambda _=False, ask=crowd: ask())
        cards.sampler.tradeoff.clicked.connect(lambda: commands.experiment("tradeoff"))
        cards.diagnostics.measure.clicked.connect(lambda: commands.experiment("passages"))
        cards.target.select.connect(desk.select)
        cards.target.drawn.brush_changed.connect(self._take_brush)
        cards.target.data.fit_wanted.connect(lambda: commands.experiment("mixtures"))
        cards.field.train_wanted.connect(lambda: commands.experiment("training"))
        cards.field.judge_wanted.connect(lambda: commands.experiment("judging"))
        cards.field.log_prob_known.connect(cards.sampler.offer_log_prob)
        cards.fourier.large.clicked.connect(commands.show_large_fourier)
        for view in (cards.fourier.view, desk.billboard.fourier):
            desk.obey(view.plot)

    def _keep_columns(self, *_: int) -> None:
        if self.desk.dock.occupied:
            return
        widths = self.columns.sizes()
        self.desk.settings.columns = (round(widths[0] / factor()), round(widths[-1] / factor()))

    def _keep_folded(self, _: bool) -> None:
        self.desk.settings.folded = self.desk.cards.folded

    def _connect_transport(self) -> None:
        transport, player = self.desk.transport, self.desk.player
        transport.play.connect(player.play)
        transport.step.connect(player.step_by)
        transport.restart.connect(self.commands.restart)
        transport.seek.connect(player.seek)
        transport.speed.connect(player.set_speed)

    def _restore(self) -> None:
        settings = self.desk.settings
        if settings.geometry is None or not self.restoreGeometry(settings.geometry):
            room = self.screen().availableSize()  # less its frame and title
            self.resize(min(1440, room.width() - 8), min(900, room.height() - 40))
        self.columns.resize(self.size())
        set_widths(self.columns, settings.columns or WIDTHS)
        self.desk.cards.fold_as(settings.folded)
        if settings.cards_hidden:
            self.commands.toggle_cards()

    # the scene

    def _scene_changed(self, scene: Scene, old: Scene) -> None:
        self.desk.banner.settle()  # what was wrong is done with, or was of another scene
        self._show_scene(scene, old)

    def _opened(self) -> None:
        """Another document: its run begins at its start, paused."""
        self.desk.restarted = True
        self.words.take(self.desk.scene)
        self.words.show_scene(self.desk.scene, self.desk.theme)
        self.desk.banner.hide()  # what it said was of another scene
        self.desk.player.play(False)
        self.desk.player.restart()

    def _show_scene(self, scene: Scene, old: Scene) -> None:
        desk, t, changed = self.desk, self.desk.theme, changes(old, scene)
        if t is not self._theme:
            self._theme = t
            desk.settings.theme = t.name
            apply_theme(self._app(), t)
        if changed & Change.RESTART:
            desk.restarted = True
        self.words.show_scene(scene, t)
        desk.figure.show_scene(scene, t)
        shapes_alone = scene is not old and not changed & Change.CONTROLS
        desk.show_cards(shapes_alone)
        if not shapes_alone:
            self.commands.show_scene(desk.shown)
        desk.player.show(scene, desk.store.dragging)
        self._look()

    # the picture

    def _look(self) -> None:
        self.desk.player.look(self.desk.figure.views())

    def _show_result(self, result: Result) -> None:
        self.desk.show_result(result)
        m = result.pictures[0].moment
        count = f"{m.count:,}".replace(",", "\u202f")
        rate = f", {result.frames_per_second:.0f} frames/s" if result.playing else ""
        self.status.setText(f"{count} particles{rate}")
        where = m.device.upper()  # not every sampler runs on a GPU that there is
        self.status.setToolTip(f"Computed on: {where}. Slowest of the last frames: {result.worst_frame_ms:.0f} ms")

    def _loaded(self, device: str) -> None:
        self.status.setText(f"Computing on {device}")

    def _take_brush(self, brush: Brush | None) -> None:
        """What is painted is p: while the picture follows a run it would be hidden in the noise."""
        desk = self.desk
        desk.figure.take_brush(brush)
        moment = desk.pictures[0].moment if desk.pictures else None
        if brush is not None and moment is not None and moment.sigma > 0 and not desk.scene.sampler.endless:
            desk.cards.noise.take_sigma(0.0)
            desk.banner.news("The picture shows p without noise while you paint; slide t, or follow the run, later.")

    # trouble

    def _trouble(self, kind: str, text: str) -> None:
        store = self.desk.store
        if kind == "died":  # there is nothing to undo
            self.desk.transport.show_playing(False)
            self.desk.banner.problem(text)
        elif kind != "crash":
            self.desk.banner.problem(text, "Undo", store.undo if store.undo_label else None)
        else:
            self.show_crash(text)

    def _stuck(self, seconds: float) -> None:
        """A step takes long: says so, and offers to stop it."""
        banner = self.desk.banner
        if seconds:
            banner.offer(f"{_LONG_STEP} {seconds:.0f} s. You can go on editing.", "Stop", self.desk.player.stop_step)
        elif banner.text.text().startswith(_LONG_STEP):
            banner.hide()

    def show_crash(self, details: str) -> None:
        """The dialog for what nobody foresaw."""
        if self._crashed:
            return
        self._crashed = True
        print(details, file=sys.stderr)
        dialog = CrashDialog(self, details)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.save_wanted.connect(self.desk.files.save_as)
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
        if event.key() == Qt.Key.Key_Escape and self.desk.cards.target.drawn.brush is not None:
            self.desk.cards.target.drawn.put_down()
            return
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.presenter.end()  # first: only then the scene is the user's own again
        if not self.desk.files.may_discard(self.close) or not self.commands.may_drop_recording():
            event.ignore()
            return
        self.commands.stop()
        self.commands.journal.close()
        self.desk.settings.geometry = self.saveGeometry()
        self.desk.settings.cards_hidden = self.desk.left.isHidden()
        self.desk.player.stop()
        event.accept()
        self.closed.emit()
