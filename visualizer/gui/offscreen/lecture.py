"""A recorded lecture drawn off screen, as it looked, at any size."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QThreadPool
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from visualizer.engine.frame import Moment, Picture, Viewport
from visualizer.engine.host.talk import Errand
from visualizer.export.options import Rate
from visualizer.gui.figure import Figure
from visualizer.gui.jobs import run_in_background
from visualizer.gui.offscreen.capture import application, engine_thread
from visualizer.gui.offscreen.page import AS_ON_SCREEN, Look
from visualizer.gui.presenting.overlay import SPOT_SECONDS, Overlay, type_scale
from visualizer.gui.theme import apply_theme, colour, theme
from visualizer.gui.words.billboard import Billboard
from visualizer.scene.compare import picture
from visualizer.scene.model import Scene
from visualizer.scene.script import Event, Timeline
from visualizer.scene.tour import Mark

if TYPE_CHECKING:
    from visualizer.engine.stage import Stage  # brings torch, which only the engine's thread needs

#: At least so many pixels to a logical one.
_LEAST = 0.4


def _ask(owner: QObject, errand: Errand, done: Callable[[Any], None]) -> None:
    """Here there is no host: errands are done in a thread."""
    run_in_background(owner, lambda: errand.run(lambda argument: argument), done)


class LectureCapture:
    """Takes a script's events in and draws what the audience saw."""

    def __init__(self, look: Look) -> None:
        self._app = application()
        # What was a screen stays one: at a small size all of it is small.
        look = replace(look, scale=look.scale or max(_LEAST, math.sqrt(look.width * look.height / AS_ON_SCREEN)))
        self.look = look
        self._smoothed = False
        self._moment: Moment | None = None
        self._width, self._height = look.logical
        self._stage = QWidget()
        self._stage.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
        self.figure, self._billboard = Figure(ratio=look.ratio), Billboard(_ask)
        beside = QHBoxLayout()
        beside.setSpacing(0)
        beside.addWidget(self.figure, 1)
        beside.addWidget(self._billboard.side)
        column = QVBoxLayout(self._stage)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._billboard.top)
        column.addLayout(beside, 1)
        column.addWidget(self._billboard.bottom)
        self._overlay = Overlay(self.figure)
        self._overlay.show()
        self._billboard.show_strips(True)
        self._stage.setFixedSize(self._width, self._height)  # what goes and comes at once would make it grow
        self.scene: Scene | None = None
        self._texts = ("", "", "")
        self._equation, self._blank, self._norms, self._digits = True, False, 0, 0.0
        self._marks: tuple[Mark, ...] = ()
        self._spot: tuple[float, tuple[float, float]] | None = None
        self.pixels = np.zeros((look.height, look.width, 4), np.uint8)
        data, stride = self.pixels.data, 4 * look.width
        self._image = QImage(data, look.width, look.height, stride, QImage.Format.Format_RGB32)
        self._image.setDevicePixelRatio(look.ratio)
        self._stage.show()

    def take(self, event: Event, scene: Scene | None) -> None:
        """Something happens."""
        if scene is not None:
            self.scene = scene
        said = zip((event.title, event.caption, event.number), self._texts, strict=True)
        self._texts = tuple(old if new is None else new for new, old in said)  # type: ignore[assignment]  # three
        self._equation = self._equation if event.equation is None else event.equation
        self._marks = self._marks if event.marks is None else event.marks
        self._blank = self._blank if event.blank is None else event.blank
        self._norms = self._norms if event.norms is None else event.norms
        self._digits = self._digits if event.digits is None else event.digits
        if event.spot is not None:
            self._spot = (event.at, event.spot)

    def lay_out(self) -> None:
        """Makes room for what is to be shown; until the next event nothing moves."""
        assert self.scene is not None
        t = theme(self.scene.view.theme)
        apply_theme(self._app, t)
        self._billboard.show_texts(*self._texts, t, self._height)
        self._billboard.show_equation(picture(self.scene, 0), self._moment, self._equation, t, self._height)
        self._billboard.show_side(self.scene, self._norms, self._digits, t, self._height)
        QThreadPool.globalInstance().waitForDone()  # formulas
        self._app.processEvents()
        self.figure.show_scene(self.scene, t)
        self.figure.enlarge_type(type_scale(self._height))
        for canvas in self.figure.canvases:
            if hasattr(canvas, "handles"):
                canvas.handles.hide()
        self._app.processEvents()
        self._overlay.show_marks(self._marks, t, round(0.022 * self._height))

    def draw(self, pictures: tuple[Picture, ...], seconds: float) -> NDArray[np.uint8]:
        """A moment, (height, width, 4) B, G, R, X; the next call overwrites it."""
        assert self.scene is not None
        t = theme(self.scene.view.theme)
        self._image.fill(Qt.GlobalColor.black if self._blank else colour(t.canvas))
        if self._blank:
            return self.pixels
        self.figure.show_pictures(pictures)
        if (pictures[0].moment.sigma > 0) != self._smoothed:
            self._smoothed = not self._smoothed
            shown, self._moment = picture(self.scene, 0), pictures[0].moment
            self._billboard.show_equation(shown, pictures[0].moment, self._equation, t, self._height)
            QThreadPool.globalInstance().waitForDone()
            self._app.processEvents()
        if self.scene.view.fourier:
            self._billboard.fourier.show_picture(pictures[0], t)
        self._place_spot(seconds)
        painter = QPainter(self._image)
        self._stage.render(painter, QPoint(0, 0))
        painter.end()
        return self.pixels

    def _place_spot(self, seconds: float) -> None:
        at = None
        if self._spot is not None and seconds - self._spot[0] < SPOT_SECONDS:
            x, y = self._spot[1]
            at = QPoint(round(x * self.figure.width()), round(y * self.figure.height()))
        self._overlay.set_spot(at)

    def close(self) -> None:
        """Lets the widgets go."""
        self._stage.close()
        self._stage.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


class _Follower:
    """The stages of a lecture's scene, taken from moment to moment of its script."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._stages: list[Stage] = []

    def moment(self, scene: Scene, step: int, restart: bool, views: tuple[Viewport, ...]) -> tuple[Picture, ...]:
        """The pictures of `scene` at `step`; in the engine's thread."""
        from visualizer.engine.stage import Stage

        panels = scene.resolved_panels()
        if len(panels) != len(self._stages):
            self._stages = [Stage(panel, self._device) for panel in panels]
        for stage, panel in zip(self._stages, panels, strict=True):
            stage.edit(panel)
            if restart:
                stage.simulation.restart()
            here = stage.simulation.state.step
            if step > here:
                stage.simulation.advance(step - here)
            elif step < here:
                stage.simulation.seek(step)
        return tuple(s.picture(v) for s, v in zip(self._stages, views, strict=True))


def lecture_frames(timeline: Timeline, look: Look, fps: Rate, count: int, device: str) -> Generator[NDArray[np.uint8]]:
    """`count` frames of a recorded lecture, from its beginning, by a fixed clock."""
    capture, follower = LectureCapture(look), _Follower(device)
    events, done = timeline.script.events, 0
    with engine_thread() as pool, closing(capture):
        for index in range(count):
            seconds, restart, first = float(index / fps), False, done
            while done < len(events) and events[done].at <= seconds:
                capture.take(events[done], timeline.scenes.get(done))
                restart |= events[done].restart
                done += 1
            if done > first:
                capture.lay_out()
            assert capture.scene is not None
            moment = capture.scene, timeline.step_at(seconds), restart, capture.figure.views()
            yield capture.draw(pool.submit(follower.moment, *moment).result(), seconds)
