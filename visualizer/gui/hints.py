"""The first minute: three hints, one after another, that go when what they tell of is done, and never come again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from visualizer.engine.host.talk import Result
from visualizer.gui.canvas.plane import PlaneCanvas
from visualizer.gui.desk import Desk
from visualizer.scene.model import Scene
from visualizer.scene.presets import preset_names
from visualizer.scene.targets.mixture import MixtureTarget

#: Pixels between a hint and what it points at, and its least distance from the edges of the window.
_APART, _MARGIN = 14, 6
#: Room around what has been scrolled to.
_SCROLLED = 70


@dataclass(frozen=True)
class _Hint:
    """What is said, and where what it tells of is, in the window; None while that is out of sight."""

    text: str
    place: Callable[[], QRect | None]


class Hints(QFrame):
    """A small card with an arrow. It lies over the window and takes no room."""

    def __init__(self, desk: Desk, explore: Callable[[], None]) -> None:
        window = desk.host
        super().__init__(window)
        self._desk, self._explore, self._window = desk, explore, window
        self._at = QPoint()
        self.setObjectName("hint")
        self.text, self.number = QLabel(), QLabel()
        self.number.setObjectName("muted")
        self.close_button = QPushButton("No more hints")
        self.close_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.close_button.clicked.connect(self._end)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 7, 8, 7)
        for widget in (self.text, self.number, self.close_button):
            row.addWidget(widget)
        self._left = {
            "play": _Hint("Play: press Space, or click here", lambda: self._of(desk.transport.play_button)),
            "drag": _Hint("Drag a dot: the density follows", self._dot),
            "smooth": _Hint(
                "Slide σ: smoothing opens the way to the other modes", lambda: self._of(desk.cards.noise.sigma)
            ),
        }
        self._all = len(self._left)
        desk.player.frame.connect(self._played)
        desk.figure.edited.connect(self._dragged)
        desk.store.changed.connect(self._smoothed)
        window.installEventFilter(self)
        self._show_next()

    # what is done

    def _played(self, result: Result) -> None:
        if result.playing:
            self._done("play")
        elif self.isVisible():
            self._place()  # the picture may have moved

    def _dragged(self, _scene: Scene, _label: str) -> None:
        self._done("drag")

    def _smoothed(self, scene: Scene, old: Scene) -> None:
        def level(s: Scene) -> object:
            return s.sampler.level if s.sampler.own_level else (s.view.t, s.view.sigma)

        if level(scene) != level(old):
            self._done("smooth")

    def _done(self, name: str) -> None:
        if self._left.pop(name, None) is not None:
            self._show_next()

    def _end(self) -> None:
        """They are seen, and never come again."""
        self._left.clear()
        self._desk.settings.hinted = True
        self._window.removeEventFilter(self)
        for signal, slot in (
            (self._desk.player.frame, self._played),
            (self._desk.figure.edited, self._dragged),
            (self._desk.store.changed, self._smoothed),
        ):
            signal.disconnect(slot)
        self.hide()
        self.deleteLater()

    # where it is shown

    def _show_next(self) -> None:
        if not self._left:
            self._end()
            text = f"That is how it goes. The gallery has {len(preset_names())} scenes; tours (menu Lecture) explain."
            self._desk.banner.offer(text, "Gallery…", self._explore)
            return
        if next(iter(self._left)) == "smooth":
            self._desk.left.ensureWidgetVisible(self._desk.cards.noise.sigma, 0, _SCROLLED)
        self.text.setText(next(iter(self._left.values())).text)
        self.number.setText(f"{self._all - len(self._left) + 1} of {self._all}")
        self._place()

    def _of(self, widget: QWidget) -> QRect | None:
        place = QRect(widget.mapTo(self._window, QPoint(0, 0)), widget.size())
        return place if widget.isVisible() and not widget.visibleRegion().isEmpty() else None

    def _dot(self) -> QRect | None:
        canvas, target = self._desk.figure.canvases[0], self._desk.scene.target
        if not isinstance(canvas, PlaneCanvas) or not isinstance(target, MixtureTarget):
            return None
        dot = canvas.mapTo(self._window, canvas.widget_at(*target.means[-1]).toPoint())
        return QRect(dot - QPoint(8, 8), dot + QPoint(8, 8))

    def _place(self) -> None:
        at = next(iter(self._left.values())).place()
        self.setVisible(at is not None)
        if at is None:
            return
        size, room = self.sizeHint(), self._window.size()
        x = min(max(at.center().x() - size.width() // 4, _MARGIN), room.width() - size.width() - _MARGIN)
        below = at.top() - _APART - size.height() < _MARGIN
        y = at.bottom() + _APART if below else at.top() - _APART - size.height()
        self._at = QPoint(at.center().x(), y if below else y + size.height())
        self.setGeometry(x, y, size.width(), size.height())
        self.raise_()
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest) and self._left:
            self._place()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        tip = self.mapFrom(self._window, self._at)
        away = 7 if tip.y() <= 0 else -7
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._desk.theme.density))
        painter.drawPolygon(
            QPolygonF([QPointF(tip), QPointF(tip) + QPointF(-away, away), QPointF(tip) + QPointF(away, away)])
        )
        painter.end()
