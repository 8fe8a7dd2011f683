"""A strip above the picture: the parts of the model that is followed, as small live pictures joined by arrows."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from visualizer.engine.findings.anatomy import Anatomy, Organ
from visualizer.engine.host.talk import SHELF, Errand, Gone
from visualizer.engine.palette import Theme
from visualizer.gui.run.player import Player
from visualizer.gui.run.runner import Runner
from visualizer.gui.sizes import px, sized
from visualizer.gui.theme import colour, font
from visualizer.scene.model import Scene

#: Pixels: the largest picture, room for an arrow, between two rows of parts, around all, and a line of type.
_SIDE, _ARROW, _APART, _AROUND, _LINE = 104, 62, 26, 10, 17
_DOT = 1.7
_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Return, Qt.Key.Key_Enter)
_TYPE = 11


class AnatomyStrip(QWidget):
    """Follows the scene of one picture while the strip is seen; a click or Return opens a part in the big picture."""

    #: what a part opens, as `Organ.opens` has it
    opened = Signal(str)

    def __init__(self, player: Player) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Parts of the model")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.runner = Runner(player, self)
        self.runner.progressed.connect(self.show_anatomy)
        self.runner.failed.connect(self._failed)
        self._scene: Scene | None = None
        self._theme: Theme | None = None
        self._followed: object = None
        self._said = ""
        self._chosen = -1
        self.shown: Anatomy | None = None
        sized(self, AnatomyStrip._fit)
        self.hide()

    def show_scene(self, scene: Scene, t: Theme) -> None:
        """Follows the scene: asks for the parts again where the model may be another one."""
        self._scene, self._theme = scene, t
        strokes = getattr(scene.sampler, "strokes", 0)
        followed = (scene.target, scene.field, scene.process, strokes, scene.seed, t.name, scene.guidance)
        if not self.isVisible():
            self.runner.stop()
            self._followed = None
        elif followed != self._followed:
            self._followed = followed
            if scene.target.known:
                self._said = ""
                self.runner.start(Errand("visualizer.engine.experiments.anatomy:anatomy", scene, SHELF))
            else:
                self.runner.stop()
                self.shown, self._said = None, "Without a target there is nothing that parts could be shown of."
        self.update()

    def setVisible(self, visible: bool) -> None:
        super().setVisible(visible)
        if self._scene is not None and self._theme is not None:
            self.show_scene(self._scene, self._theme)

    def show_anatomy(self, value: Anatomy) -> None:
        """Other parts, or the same ones later."""
        self.shown = value
        self._chosen = min(self._chosen, len(value.organs) - 1)
        self.setAccessibleDescription(", ".join(organ.name for organ in value.organs))
        self._fit()
        self.update()

    def _fit(self) -> None:
        """As high as its pictures are."""
        places = self.places()
        side = places[0].height() if places else _SIDE
        self.setFixedHeight(side + px(_LINE) + 2 * _AROUND)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, ValueError):
            raise error
        if not isinstance(error, Gone):
            self.shown, self._said = None, str(error)
            self.update()

    # where parts stand

    def places(self) -> list[QRect]:
        """The picture of each part."""
        if self.shown is None:
            return []
        organs = self.shown.organs
        gaps = [0 if i == 0 else _ARROW if organ.arrow else _APART for i, organ in enumerate(organs)]
        side = min(_SIDE, (self.width() - 2 * _AROUND - sum(gaps)) // len(organs))
        left = (self.width() - sum(gaps) - side * len(organs)) // 2
        found = []
        for gap in gaps:
            left += gap
            found.append(QRect(left, _AROUND, side, side))
            left += side
        return found

    def _at(self, x: float, y: float) -> int:
        for i, place in enumerate(self.places()):
            if place.contains(int(x), int(y)):
                return i
        return -1

    # mouse and keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self._at(event.position().x(), event.position().y())
        opens = self.shown is not None and at >= 0 and bool(self.shown.organs[at].opens)
        self.setCursor(Qt.CursorShape.PointingHandCursor if opens else Qt.CursorShape.ArrowCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._open(self._at(event.position().x(), event.position().y()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        count = len(self.places())
        steps = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}
        if event.key() in steps and count:
            self._chosen = (self._chosen + steps[Qt.Key(event.key())]) % count
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(self._chosen)
        else:
            super().keyPressEvent(event)

    def _open(self, index: int) -> None:
        if self.shown is not None and index >= 0 and self.shown.organs[index].opens:
            self._chosen = index
            self.update()
            self.opened.emit(self.shown.organs[index].opens)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _KEYS:
            event.accept()  # the run has arrows of its own
            return True
        if isinstance(event, QHelpEvent) and self.shown is not None:
            at = self._at(event.pos().x(), event.pos().y())
            tip = self.shown.words if at < 0 else tip_of(self.shown.organs[at])
            QToolTip.showText(event.globalPos(), tip, self)
            return True
        return super().event(event)

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        if (t := self._theme) is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(t.window))
        painter.setFont(font(px(_TYPE)))
        if self.shown is None:
            painter.setPen(QColor(t.muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._said or "Taking the model apart…")
            painter.end()
            return
        places = self.places()
        for i, (organ, place) in enumerate(zip(self.shown.organs, places, strict=True)):
            if organ.arrow:
                _paint_arrow(painter, places[i - 1], place, organ.arrow, t)
            self._paint_organ(painter, organ, place, i == self._chosen)
        painter.end()

    def _paint_organ(self, painter: QPainter, organ: Organ, place: QRect, chosen: bool) -> None:
        assert self._theme is not None  # it is painted in one
        t = self._theme
        painter.fillRect(place, QColor(t.canvas))
        if organ.image is not None:
            pixels = np.ascontiguousarray(organ.image)
            h, w = pixels.shape[:2]
            painter.drawImage(place, QImage(pixels.data, w, h, QImage.Format.Format_ARGB32_Premultiplied))
        painter.save()
        painter.setClipRect(place)
        inks = t.components if organ.modes.max(initial=0) > 0 else (t.particles,)
        x = place.left() + organ.points[:, 0] * place.width()
        y = place.bottom() - organ.points[:, 1] * place.height()
        for k, ink in enumerate(inks):
            of = organ.modes % len(inks) == k
            painter.setPen(QPen(colour(ink, 0.8), _DOT, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawPoints(QPolygonF([QPointF(a, b) for a, b in zip(x[of].tolist(), y[of].tolist(), strict=True)]))
        painter.restore()
        painter.setPen(QPen(QColor(t.learned if chosen else t.line), 1.5 if chosen else 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(place, 4, 4)
        painter.setPen(QColor(t.text if organ.opens else t.muted))
        below = QRect(place.left() - 20, place.bottom() + 2, place.width() + 40, px(_LINE))
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, organ.name)


def tip_of(organ: Organ) -> str:
    """What a click opens."""
    kind, _, which = organ.opens.partition(":")
    if kind == "stroke":
        return f"{organ.name}: click to see the run there" if int(which) else "noise: click to see the run begin"
    if kind == "layer":
        return f"{organ.name}: click to see it in the picture"
    return f"{organ.name}: click to open the latent space" if kind == "latents" else organ.name


def _paint_arrow(painter: QPainter, before: QRect, after: QRect, said: str, t: Theme) -> None:
    y = before.center().y()
    left, right = before.right() + 7, after.left() - 7
    painter.setPen(QPen(QColor(t.muted), 1.4))
    painter.drawLine(left, y, right, y)
    painter.drawPolyline([QPointF(right - 5, y - 4), QPointF(right, y), QPointF(right - 5, y + 4)])
    painter.setPen(QColor(t.muted))
    where = QRect(before.right() - 8, y - px(_LINE) - 3, after.left() - before.right() + 16, px(_LINE))
    painter.drawText(where, Qt.AlignmentFlag.AlignCenter, said)
