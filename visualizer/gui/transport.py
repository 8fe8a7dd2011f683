"""Play, step, scrub, speed: the bar below the picture."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPixmap, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from visualizer.engine.frame import Moment
from visualizer.engine.palette import Theme
from visualizer.gui.sizes import px, sized
from visualizer.gui.theme import colour
from visualizer.gui.widgets.card import Choice
from visualizer.gui.widgets.slider import Slider

SPEEDS = (0.02, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0)
_ICON = 32
#: From this width on everything has room.
_ROOMY = 560
#: Width of the scrubber, at least: the columns beside the picture give way to it.
_LEAST = 90


class Transport(QWidget):
    """Buttons and a scrubber; it reports what is asked for and shows where the run is."""

    play = Signal(bool)
    step = Signal(int)
    restart = Signal()
    #: (step, exact)
    seek = Signal(int, bool)
    speed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.playing = False
        self._furthest = 1
        self._theme: Theme | None = None
        self.start_button = self._round("Back to the start (R)", self.restart)
        self.back_button = self._round("One step back (←)", None)
        self.back_button.clicked.connect(self._back)
        self.play_button = QPushButton()
        self.play_button.setObjectName("play")
        sized(self.play_button, lambda w: w.setFixedSize(px(38), px(38)))
        sized(self.play_button, lambda w: w.setIconSize(QSize(px(16), px(16))))
        self.play_button.clicked.connect(self.toggle)
        self.next_button = self._round("One step on (→)", None)
        self.next_button.clicked.connect(self._next)
        self.where = QLabel("step 0")
        sized(self.where, lambda w: w.setMinimumWidth(px(96)))
        self.scrubber = Slider()
        self.scrubber.setMinimumWidth(_LEAST)
        self.scrubber.setToolTip("The whole run: drag back to see the particles as they were")
        self.scrubber.setAccessibleName("Position in the run")
        self.scrubber.sliderMoved.connect(self._scrubbed)
        self.scrubber.sliderReleased.connect(self._released)
        self.scrubber.actionTriggered.connect(self._action)
        self.when = QLabel("")
        self.when.setObjectName("muted")
        sized(self.when, lambda w: w.setMinimumWidth(px(74)))
        options = [(str(v), f"{v:g}×") for v in SPEEDS]
        self.speeds = Choice(options, "Speed: steps per frame are multiplied by this (− and +)", "Speed")
        self.speeds.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        sized(self.speeds, lambda w: w.setFixedWidth(px(74)))
        self.speeds.show_value("1.0")
        self.speeds.currentIndexChanged.connect(self._speed_chosen)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 6, 14, 10)
        row.setSpacing(8)
        for widget in (self.start_button, self.back_button, self.play_button, self.next_button, self.where):
            row.addWidget(widget)
        row.addWidget(self.scrubber, 1)
        row.addWidget(self.when)
        row.addWidget(self.speeds)
        self.row = row

    def _round(self, tip: str, signal: object) -> QPushButton:
        button = QPushButton()
        button.setObjectName("round")
        sized(button, lambda w: w.setFixedSize(px(30), px(30)))
        sized(button, lambda w: w.setIconSize(QSize(px(16), px(16))))
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        if signal is not None:
            button.clicked.connect(signal)
        return button

    def apply_theme(self, t: Theme) -> None:
        """Draws the icons in the theme's colours."""
        if t is self._theme:
            return
        self._theme = t
        self.start_button.setIcon(_icon("start", t.text))
        self.back_button.setIcon(_icon("back", t.text))
        self.next_button.setIcon(_icon("next", t.text))
        self._show_play_icon()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room the scrubber keeps it: single steps have keys."""
        super().resizeEvent(event)
        roomy = event.size().width() >= px(_ROOMY)
        for widget in self._given_up():
            widget.setVisible(roomy)

    def _given_up(self) -> tuple[QWidget, ...]:
        return self.back_button, self.next_button, self.when

    def minimumSizeHint(self) -> QSize:
        """What is given up where there is little room asks for none."""
        least, gap = super().minimumSizeHint(), self.row.spacing()
        shown = [widget for widget in self._given_up() if not widget.isHidden()]
        return least - QSize(sum(widget.minimumWidth() or widget.width() for widget in shown) + gap * len(shown), 0)

    def _show_play_icon(self) -> None:
        if self._theme is not None:
            self.play_button.setIcon(_icon("pause" if self.playing else "play", self._theme.canvas))
        tip = "Pause (space)" if self.playing else "Play (space)"
        self.play_button.setToolTip(tip)
        self.play_button.setAccessibleName(tip)

    def toggle(self) -> None:
        """Plays or pauses."""
        self.show_playing(not self.playing)
        self.play.emit(self.playing)

    def change_speed(self, by: int) -> None:
        """To the next speed up or down."""
        self.speeds.setCurrentIndex(min(max(self.speeds.currentIndex() + by, 0), len(SPEEDS) - 1))

    def choose_speed(self, speed: float) -> None:
        """One of `SPEEDS`."""
        self.speeds.setCurrentIndex(SPEEDS.index(speed))

    def show_playing(self, playing: bool) -> None:
        """Shows whether the run is playing."""
        if playing != self.playing:
            self.playing = playing
            self._show_play_icon()

    def show_moment(self, m: Moment, restarted: bool) -> None:
        """Shows where the run is. The scrubber spans the run, or what there has been of one without end."""
        self._furthest = max(m.step, m.last_step, self._furthest if m.endless and not restarted else 1)
        if not self.scrubber.isSliderDown():
            self.scrubber.blockSignals(True)
            self.scrubber.setRange(0, self._furthest)
            self.scrubber.setPageStep(max(1, self._furthest // 20))
            self.scrubber.setValue(m.step)
            self.scrubber.blockSignals(False)
        self.where.setText(f"step {m.step:,}".replace(",", "\u202f"))
        self.when.setText("" if m.endless else f"t = {m.t:.3g}")

    def _scrubbed(self, step: int) -> None:
        self.show_playing(False)
        self.seek.emit(step, False)

    def _released(self) -> None:
        self.seek.emit(self.scrubber.value(), True)

    def _action(self, _: int) -> None:
        if not self.scrubber.isSliderDown():
            self.show_playing(False)
            self.seek.emit(self.scrubber.sliderPosition(), True)

    def _back(self) -> None:
        self.step.emit(-1)

    def _next(self) -> None:
        self.step.emit(1)

    def _speed_chosen(self) -> None:
        self.speed.emit(float(self.speeds.value))


def _icon(name: str, value: str) -> QIcon:
    """A small drawn symbol."""
    pixmap = QPixmap(QSize(_ICON, _ICON))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour(value))
    shapes = {
        "play": [[(10, 5), (27, 16), (10, 27)]],
        "pause": [[(8, 6), (13, 6), (13, 26), (8, 26)], [(19, 6), (24, 6), (24, 26), (19, 26)]],
        "next": [[(7, 7), (20, 16), (7, 25)], [(21, 7), (25, 7), (25, 25), (21, 25)]],
        "back": [[(25, 7), (12, 16), (25, 25)], [(7, 7), (11, 7), (11, 25), (7, 25)]],
        "start": [[(17, 7), (6, 16), (17, 25)], [(28, 7), (17, 16), (28, 25)]],
    }
    for points in shapes[name]:
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in points]))
    painter.end()
    return QIcon(pixmap)
