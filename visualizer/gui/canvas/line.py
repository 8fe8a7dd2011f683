"""The 1-D canvas: curves with histogram and rug, and the river of p_t(x) with paths across it."""

from __future__ import annotations

import math
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from visualizer.engine.drawings import Plot
from visualizer.engine.frame import Picture, Viewport
from visualizer.engine.palette import Theme
from visualizer.gui.canvas.axis_handles import AxisHandles
from visualizer.gui.canvas.base import Canvas, name_axis, style_axes
from visualizer.gui.canvas.drawn import Drawn, Place
from visualizer.gui.canvas.look import pen
from visualizer.scene.changes import Change, changes
from visualizer.scene.model import Scene
from visualizer.scene.targets.mixture import with_handles

#: Height of an axis with ticks and a label, the same for plots that stand side by side.
_LABELLED = 46
_ROOM_FOR_SCORE = 620
#: Width from which on it is said beside the name of the time which way the run goes.
_ROOM_FOR_WAY = 240
#: Width of a number below a plot of the river, with some room; and how many there are at most.
_NUMBER, _NUMBERS = 28, 6
#: The line at 0 stands below all layers.
_BELOW = -1000.0
#: The line of the present stands above them.
_NOW = 45.0


class LineCanvas(Canvas):
    """A picture of a 1-D run."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mode = ""
        self._ranges: dict[Plot, tuple[float, float]] = {}
        self._steps: dict[Plot, float] = {}
        self._named = ""

    def _lay_out(self, mode: str) -> None:
        """Builds the plots of one mode: curves alone, or the river with curves standing beside it."""
        self.clear()
        self._mode, self._ranges, self._steps, self._named = mode, {}, {}, ""
        if mode == "river":
            self.plot, density, score = (self.new_plot(0, column) for column in range(3))
            for plot in (density, score):
                plot.setYLink(self.plot)
        else:
            self.plot = density = self.new_plot(0, 0)
            score = self.new_plot(1, 0)
            score.setXLink(density)
            self.ci.layout.setRowStretchFactor(0, 3)
            self.ci.layout.setRowStretchFactor(1, 1)
        self._density, self._score = density, score
        if mode == "river":
            self._share_width()
        upwards = mode == "river"
        self.zero = pg.InfiniteLine(angle=90 if upwards else 0, pos=0)
        score.addItem(self.zero, ignoreBounds=True)
        self.zero.setZValue(_BELOW)
        self.now = pg.InfiniteLine(angle=90)
        places: dict[Plot, Place] = {"density": Place(density, upwards), "score": Place(score, upwards)}
        if upwards:
            self.now.setZValue(_NOW)
            self.plot.addItem(self.now, ignoreBounds=True)
            places["river"] = Place(self.plot)
        self.drawn = Drawn(places)
        self._listen(upwards)
        self.theme_shown = None

    def _listen(self, upwards: bool) -> None:
        """Handles on the axis of the density; the mouse moves the view along x."""
        density, score = self._density, self._score
        self.handles = AxisHandles(upwards)
        density.addItem(self.handles, ignoreBounds=True)
        density.getViewBox().sigResized.connect(self.drawn.place_corners)
        self.plot.getViewBox().sigRangeChanged.connect(self.range_changed)
        self.plot.getViewBox().sigRangeChangedManually.connect(lambda *_: self.moved.emit())
        for plot in (self.plot, density, score):
            plot.getViewBox().setMouseEnabled(not upwards, upwards)
        self.handles.edited.connect(self.handle_edited)
        self.handles.gesture.connect(self.gesture)
        self.handles.selected.connect(self.selected)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        if getattr(self, "_mode", "") == "river":
            self._share_width()  # first: what is too wide for the new size would stay so
        super().resizeEvent(event)

    def _share_width(self) -> None:
        """The river keeps most of the width; the score goes first where there is little."""
        width = self.width()
        self._density.setFixedWidth(min(190, max(70, 0.2 * width)))
        self._score.setVisible(width >= _ROOM_FOR_SCORE)
        self._score.setFixedWidth(110 if width >= _ROOM_FOR_SCORE else 0)

    def show_scene(self, scene: Scene, t: Theme) -> None:
        old = self.scene_shown
        relaid = self._mode != scene.view.picture
        if relaid:
            self._lay_out(scene.view.picture)
        self.scene_shown = scene
        if self.theme_shown is not t or old is None or old.target.axis_names != scene.target.axis_names:
            self._apply_theme(t)
        self.theme_shown = t
        self.handles.show_target(with_handles(scene.target), t)
        framed = old is None or changes(old, scene) & Change.FRAME
        if framed or relaid or (old is not None and old.process.kind != scene.process.kind):
            self.fit()

    def _apply_theme(self, t: Theme) -> None:
        self.paint_background(t)
        self.zero.setPen(pen(t.line))
        self.now.setPen(pen(t.text, 1.2, 0.9))
        self._named = ""
        name = (self.scene_shown.target.axis_names[0] if self.scene_shown is not None else "") or "x"
        if self._mode == "river":
            style_axes(self.plot, t, ("left", "bottom"), self.type_scale)
            style_axes(self._density, t, ("bottom",), self.type_scale)
            style_axes(self._score, t, ("bottom",), self.type_scale)
            name_axis(self.plot.getAxis("left"), name, t, self.type_scale)
            name_axis(self._density.getAxis("bottom"), "density", t, self.type_scale)
            name_axis(self._score.getAxis("bottom"), "score", t, self.type_scale)
            for plot in (self.plot, self._density, self._score):
                plot.getAxis("bottom").setHeight(round(_LABELLED * self.type_scale))
        else:
            style_axes(self._density, t, ("left", "bottom"), self.type_scale)
            style_axes(self._score, t, ("left", "bottom"), self.type_scale)
            for plot, text in ((self._density, "density"), (self._score, "score")):
                plot.getAxis("left").setWidth(round(58 * self.type_scale))
                name_axis(plot.getAxis("left"), text, t, self.type_scale)
            name_axis(self._score.getAxis("bottom"), name, t, self.type_scale)

    def fit(self, *, whole: bool = False) -> None:
        if self.scene_shown is None:
            return
        low, high = line_view(self.scene_shown, whole=whole)
        if self._mode == "river":
            self.plot.setYRange(low, high, padding=0)
        else:
            self.plot.setXRange(low, high, padding=0)

    def viewport_shown(self) -> Viewport:
        if not self._mode:
            return Viewport(-4, 4, 0, 1, 400, 300)
        x, y = self.plot.getViewBox().viewRange()
        low, high = y if self._mode == "river" else x
        return Viewport(low, high, 0.0, 1.0, *self._size_of(self.plot), self.pixel_ratio(), self.transparent)

    def show_picture(self, picture: Picture) -> None:
        if picture.d != 1 or self.theme_shown is None:  # one of the target before may still come
            return
        self.picture = picture
        self.drawn.show(picture, self.theme_shown, self.type_scale)
        plots: dict[Plot, Any] = {"density": self._density, "score": self._score, "river": self.plot}
        for plot, limits in picture.ranges.items():
            if limits != self._ranges.get(plot):
                self._ranges[plot] = limits
                across_x = self._mode == "river"
                (plots[plot].setXRange if across_x else plots[plot].setYRange)(*limits, padding=0)
        if self._mode == "river":
            for plot, (low, high) in self._ranges.items():
                self._space_numbers(plot, plots[plot], high - low)
        if picture.now is not None:
            self.now.setPos(picture.now)
        name = picture.names.get("river", "")
        if self.plot.width() < _ROOM_FOR_WAY * self.type_scale:
            name = name.partition(",")[0]
        if name != self._named:
            self._named = name
            name_axis(self.plot.getAxis("bottom"), name, self.theme_shown, self.type_scale)

    def _space_numbers(self, name: Plot, plot: Any, span: float) -> None:
        """As many numbers below a plot as have room, a round step apart."""
        room = plot.getViewBox().width() / (_NUMBER * self.type_scale)
        least = span / min(_NUMBERS, max(1.5, room))
        decade = 10.0 ** math.floor(math.log10(least))
        step = next(n * decade for n in (1, 2, 5, 10) if n * decade >= least)
        if step != self._steps.get(name):
            self._steps[name] = step
            plot.getAxis("bottom").setTickSpacing(levels=[(step, 0)])

    def start_point(self, at: QPointF) -> tuple[float, ...]:
        return (at.y() if self._mode == "river" else at.x(),)

    def place(self, at: tuple[float, ...]) -> QPointF:
        box = self.plot.getViewBox()
        (left, right), (low, high) = box.viewRange()
        point = QPointF(0.5 * (left + right), at[0]) if self._mode == "river" else QPointF(at[0], 0.5 * (low + high))
        return QPointF(self.mapFromScene(box.mapViewToScene(point)))

    def data_at(self, position: QPointF) -> QPointF:
        """A point of the widget in the main plot's coordinates."""
        at = self.mapToScene(position.toPoint())
        return self.plot.getViewBox().mapSceneToView(at)  # type: ignore[no-any-return]  # pyqtgraph has no types


def line_view(scene: Scene, *, whole: bool = False) -> tuple[float, float]:
    """The interval to show: as the scene says, else the target and, where noise fits, the noised target too.

    With `whole` it is the target, whatever the scene says.
    """
    if scene.view.x is not None and not whole:
        return scene.view.x
    ((low, high),) = scene.target.extent(3.5)
    widen = 0.0
    if scene.view.picture == "river" and scene.sampler.clock == "t":
        widen = 0.5 * (high - low) if scene.process.explodes else 0.0
        low, high = min(low, -3.0), max(high, 3.0)
    return low - widen, high + widen
