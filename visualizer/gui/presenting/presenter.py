"""Presenting: a tour, or the present scene, full screen in large type. Everything stays live."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QScreen
from PySide6.QtWidgets import QApplication, QWidget

from visualizer.engine.host.talk import Result
from visualizer.gui.desk import Desk
from visualizer.gui.document.store import Memento
from visualizer.gui.presenting.journey import Journey
from visualizer.gui.presenting.overlay import Blank, Overlay, type_scale
from visualizer.gui.presenting.recorder import Recorder
from visualizer.gui.presenting.speaker import SpeakerView, other_screen, place_beside
from visualizer.gui.sizes import factor
from visualizer.gui.theme import theme
from visualizer.scene.compare import picture
from visualizer.scene.model import Scene
from visualizer.scene.script import Script
from visualizer.scene.tour import Itinerary, Stop

_KEY = Qt.Key
_FILLED = Qt.WindowState.WindowFullScreen | Qt.WindowState.WindowMaximized
_NEXT = {_KEY.Key_PageDown, _KEY.Key_Right, _KEY.Key_Down, _KEY.Key_Return, _KEY.Key_Enter}
_BACK = {_KEY.Key_PageUp, _KEY.Key_Left, _KEY.Key_Up}
_BLANK = {_KEY.Key_B, _KEY.Key_Period}
_END = {_KEY.Key_Escape, _KEY.Key_F5}
_DIGITS = {getattr(_KEY, f"Key_{i}"): i for i in range(10)}
#: Two digits typed within this time are one number.
_TYPING_MS = 600
_PLAIN = Stop(transition=0.0)


class Presenter(QObject):
    """Takes the window over while something is presented, and gives it back as it was."""

    #: something is presented from now on (True), or not any more
    presenting = Signal(bool)
    #: the index of the stop
    moved = Signal(int)
    #: where the pointer is, in the figure
    spotted = Signal(QPoint)
    blanked = Signal(bool)
    #: a `Script` was recorded
    recorded = Signal(object)
    #: a recording has begun or ended
    recording_changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.host)
        self._desk, self.billboard = desk, desk.billboard
        self.overlay, self.blank = Overlay(desk.figure), Blank(desk.host)
        self._itinerary: Itinerary | None = None
        self._before: tuple[Memento, bool, Qt.WindowState] | None = None
        self.index = 0
        self._speaker: SpeakerView | None = None
        self._smoothed = False
        self._step: int | None = None
        self._recorder: Recorder | None = None
        self._typed = 0
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self._go_to_typed)
        self._placed: QRect | None = None
        self._journey = Journey(desk.store, self)
        self._journey.arrived.connect(self._show_marks)
        desk.player.frame.connect(self._watch)
        desk.store.changed.connect(self._scene_changed)
        desk.figure.view_changed.connect(self.overlay.update)

    @property
    def active(self) -> bool:
        """Whether something is presented."""
        return self._before is not None

    @property
    def document(self) -> Memento:
        """The user's own document, which a tour has taken the place of for a while."""
        return (
            self._before[0] if self._before is not None and self._itinerary is not None else self._desk.store.memento()
        )

    @property
    def recorded_so_far(self) -> Script | None:
        """What has been recorded up to now; None where nothing is recorded."""
        return None if self._recorder is None else self._recorder.script

    @property
    def stop(self) -> Stop:
        """The stop one is at; of a scene alone one without words of its own."""
        return self._itinerary.tour.stops[self.index] if self._itinerary is not None else _PLAIN

    @property
    def name(self) -> str:
        """What is presented."""
        return self._itinerary.tour.title if self._itinerary is not None else self._desk.scene.title

    @property
    def texts(self) -> tuple[str, str, str]:
        """Title, caption and "3 / 12"."""
        scene, stop = self._desk.scene, self.stop
        number = f"{self.index + 1} / {len(self._itinerary.scenes)}" if self._itinerary is not None else ""
        return stop.title or scene.title, stop.caption or scene.caption, number

    def toggle_recording(self) -> None:
        """Records from now on, or ends that."""
        if self._recorder is None:
            self._recorder = Recorder(self._desk, self)
        else:
            recorder, self._recorder = self._recorder, None
            script = recorder.finish()
            recorder.deleteLater()
            self.recorded.emit(script)
        self.billboard.show_recording(self._recorder is not None, self._desk.theme)
        self.recording_changed.emit()

    @property
    def recording(self) -> bool:
        """Whether what happens is recorded."""
        return self._recorder is not None

    # beginning and ending

    def begin(self, itinerary: Itinerary | None = None, speaker: bool = False) -> None:
        """Presents a tour from its first stop, or the present scene.

        The speaker's view opens where there is a second screen, or if it is asked for; with one screen alone the window
        then does not fill it.
        """
        if self.active:
            self.end()
        w, host = self._desk, self._desk.host
        self._before = (w.store.memento(), w.left.isHidden(), host.windowState())
        self._strip = not w.anatomy.isHidden()
        w.anatomy.hide()
        if itinerary is not None:
            w.store.path = None  # saving must not put a stop into the user's file
        self._itinerary, self.index = itinerary, 0
        for part in (w.left, w.dock, w.transport, host.menuBar()):
            part.hide()
        w.figure.choose(-1)
        w.banner.hide()
        self.presenting.emit(True)
        self.billboard.show_strips(True)
        self.overlay.show()
        QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]  # there is one
        screen = other_screen(host)
        if itinerary is not None and (speaker or screen is not None):
            self._open_speaker(itinerary, screen)
        w.select(-1)
        if self._speaker is None or screen is not None:
            host.showFullScreen()
        self._resize()
        if itinerary is not None:
            self.go(0)

    def _open_speaker(self, itinerary: Itinerary, screen: QScreen | None) -> None:
        w, host = self._desk, self._desk.host
        view = SpeakerView(itinerary, w.theme, host)
        view.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.moved.connect(view.show_stop)
        view.closed.connect(self._speaker_closed)
        if screen is not None:
            view.setGeometry(screen.availableGeometry())
        else:
            self._placed = host.geometry()
            place_beside(host, view)
        view.show()
        self._speaker = view

    def _speaker_closed(self) -> None:
        if self._speaker is not None:
            self.moved.disconnect(self._speaker.show_stop)
            self._speaker = None

    def end(self) -> None:
        """Back to the window. After a tour the scene that was open before is there again."""
        if self._before is None:
            return
        if self._recorder is not None:
            self.toggle_recording()
        memento, hidden, state = self._before
        self._before = None
        QApplication.instance().removeEventFilter(self)  # type: ignore[union-attr]  # there is one
        self._journey.cancel()
        self._typing.stop()
        if self._speaker is not None:
            self._speaker.close()
        w, host = self._desk, self._desk.host
        self.presenting.emit(False)
        self.billboard.show_strips(False)
        self.overlay.hide()
        self.blank.hide()
        w.select(-1)
        w.left.setHidden(hidden)
        w.dock.setHidden(hidden)
        w.anatomy.setVisible(self._strip)
        w.transport.show()
        host.menuBar().show()
        w.figure.enlarge_type(factor())
        host.setWindowState(state)
        if self._placed is not None and not state & _FILLED:
            host.setGeometry(self._placed)
        self._placed = None
        if self._itinerary is not None:
            w.store.restore(memento)
        w.show_cards()
        self._itinerary = None

    # moving

    def next(self) -> None:
        """To the next stop; at the last one it stays."""
        if self._itinerary is not None and self.index + 1 < len(self._itinerary.scenes):
            self.go(self.index + 1)

    def back(self) -> None:
        """To the stop before."""
        if self._itinerary is not None and self.index > 0:
            self.go(self.index - 1)

    def go(self, index: int) -> None:
        """To a stop: numbers move over where the run can go on, else it starts anew."""
        if self._itinerary is None:
            return
        self.index = min(max(index, 0), len(self._itinerary.scenes) - 1)
        self._desk.select(-1)
        scene = self._itinerary.scenes[self.index]
        now = self._desk.scene
        scene = scene.with_(view=scene.view.with_(theme=now.view.theme))
        self.overlay.show_marks((), theme(now.view.theme), 1)
        playing = self._desk.playing
        self._journey.go(scene, self.stop)
        self._step = None
        # A run that starts again is paused: where the stop says nothing, it goes on as before.
        self._desk.player.play(playing if self.stop.play is None else self.stop.play)
        self._show_stop()

    def _go_to_typed(self) -> None:
        number, self._typed = self._typed, 0
        if number:
            self.go(number - 1)

    def _watch(self, result: Result) -> None:
        """Pauses where the stop says so."""
        if not self.active:
            return
        self.billboard.fourier.show_picture(result.pictures[0], self._desk.theme)
        smoothed = result.pictures[0].moment.sigma > 0
        if smoothed != self._smoothed:  # the equation says p or p_σ
            self._smoothed = smoothed
            self._refresh()
        until, last = self.stop.until, self._step
        self._step = result.pictures[0].moment.step
        # Only on the way past it: what comes from before the stop, or is played on by hand, is let go.
        if until is not None and result.playing and last is not None and last < until <= self._step:
            self._desk.player.play(False)

    # what is shown

    def _scene_changed(self, scene: Scene, old: Scene) -> None:
        if self.active:
            (self._show_stop if scene.view.theme != old.view.theme else self._refresh)()

    def _refresh(self) -> None:
        self._show_equation(self._desk.scene)

    def _show_stop(self) -> None:
        scene = self._desk.scene
        t, height = theme(scene.view.theme), self._desk.host.height()
        self.billboard.show_texts(*self.texts, t, height)
        self._show_equation(scene)
        if not self._journey.under_way:
            self._show_marks()
        self.moved.emit(self.index)

    def _show_equation(self, scene: Scene) -> None:
        moment = self._desk.pictures[0].moment if self._desk.pictures else None
        t, height = theme(scene.view.theme), self._desk.host.height()
        self.billboard.show_equation(picture(scene, 0), moment, self.stop.equation, t, height)
        self.billboard.show_side(scene, self.stop.norms, self.stop.digits, t, height)

    def _show_marks(self) -> None:
        if self.active:
            t = self._desk.theme
            self.overlay.show_marks(self.stop.marks, t, round(0.022 * self._desk.host.height()))

    def _resize(self) -> None:
        self._desk.figure.enlarge_type(type_scale(self._desk.host.height()))
        self._show_stop()
        self.overlay.cover()

    # keys and mouse

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._is_ours(event):
            event.accept()
            return True
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self._is_ours(event):
            self._press(event)
            return True
        if kind == QEvent.Type.MouseMove and isinstance(event, QMouseEvent) and isinstance(watched, QWidget):
            if self._desk.figure.isAncestorOf(watched):
                at = self._desk.figure.mapFromGlobal(event.globalPosition().toPoint())
                self.overlay.move_spot(at)
                self.spotted.emit(at)
        elif kind == QEvent.Type.Resize and watched is self._desk.figure:
            self.overlay.cover()
        elif kind == QEvent.Type.Resize and watched is self._desk.host:
            QTimer.singleShot(0, self, self._resized)
        return False

    def _resized(self) -> None:
        if self.active:
            self._resize()

    def _is_ours(self, event: QKeyEvent) -> bool:
        if QApplication.activeWindow() not in (self._desk.host, self._speaker, None):
            return False  # another window has the keys
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        keys = _NEXT | _BACK | _BLANK | _END | _DIGITS.keys() | {_KEY.Key_Home, _KEY.Key_End}
        return self.active and plain and event.key() in keys and QApplication.activeModalWidget() is None

    def _press(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _END:
            self.end()
        elif key in _BLANK:
            self.blanked.emit(self.blank.toggle())
        elif key in _NEXT:
            if self._typed:
                self._typing.stop()
                self._go_to_typed()
            else:
                self.next()
        elif key in _BACK:
            self.back()
        elif key == _KEY.Key_Home:
            self.go(0)
        elif key == _KEY.Key_End and self._itinerary is not None:
            self.go(len(self._itinerary.scenes) - 1)
        elif key in _DIGITS:
            self._typed = min(10 * self._typed + _DIGITS[key], 999)
            self._typing.start()
