"""The 2-D canvas: the plane with plots above it and at its right, and handles on the mixture."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QWidget

from visualizer.engine.drawings import Plot
from visualizer.engine.frame import Picture, Viewport
from visualizer.engine.palette import Theme
from visualizer.gui.canvas.base import Canvas, name_axis, style_axes
from visualizer.gui.canvas.cut import Cut
from visualizer.gui.canvas.drawn import Drawn, Place
from visualizer.gui.canvas.plane_handles import PlaneHandles
from visualizer.scene.across import Across, walks_across
from visualizer.scene.changes import Change, changes
from visualizer.scene.layers import LAYERS
from visualizer.scene.model import Scene
from visualizer.scene.targets.mixture import with_handles

_MARGINAL_PX = 84
#: How many times wider than the target the view can become.
_SPOT = 16


class PlaneCanvas(Canvas):
    """A picture of a 2-D run; the mixture can be taken hold of."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.top, self.plot, self.right = self.new_plot(0, 0), self.new_plot(1, 0), self.new_plot(1, 1)
        self.view = self.plot.getViewBox()
        self.view.setAspectLocked(True)
        self.handles = PlaneHandles()
        self.view.addItem(self.handles, ignoreBounds=True)
        self._named: object = None
        self._widest = 0.0
        self._ranges: dict[Plot, tuple[float, float]] = {}
        self._set_up_marginals()
        self.cut = Cut(self.view)
        self.drawn = Drawn({"plane": Place(self.plot), "top": Place(self.top), "right": Place(self.right, True)})
        self.view.sigRangeChanged.connect(self.range_changed)
        self.view.sigRangeChangedManually.connect(lambda *_: self.moved.emit())
        self.view.sigResized.connect(self.drawn.place_corners)
        self.handles.edited.connect(self.handle_edited)
        self.handles.gesture.connect(self.gesture)
        self.handles.selected.connect(self.selected)
        self.cut.moved.connect(self._cut_moved)
        self.cut.gesture.connect(self.gesture)

    def _set_up_marginals(self) -> None:
        self.top.setFixedHeight(_MARGINAL_PX)
        self.right.setFixedWidth(_MARGINAL_PX)
        self.top.setXLink(self.plot)
        self.right.setYLink(self.plot)
        for plot in (self.top, self.right):
            plot.getViewBox().setMouseEnabled(False, False)

    def show_scene(self, scene: Scene, t: Theme) -> None:
        old = self.scene_shown
        if self.theme_shown is not t:
            self._apply_theme(t)
        self.scene_shown, self.theme_shown = scene, t
        self._name_axes(scene, t)
        across = walks_across(scene)
        ends = Across.of(scene).apart / 2 if across else 0.0  # places between the two are of different times
        self.plot.getAxis("bottom").setTicks([[(-ends, "noise"), (ends, "data")]] if across else None)
        beside = scene.view.cut is not None or any(LAYERS[name].beside for name in scene.layers.plane)
        beside = beside and not across
        self.cut.show_cut(None if across else scene.view.cut)
        self.top.setVisible(beside)
        self.right.setVisible(beside)
        self.top.setFixedHeight(_MARGINAL_PX if beside else 0)
        self.right.setFixedWidth(_MARGINAL_PX if beside else 0)
        self.handles.show_target(None if across else with_handles(scene.target), t)
        self._bound_zoom(scene)
        if old is None or changes(old, scene) & Change.FRAME:
            self.fit()

    def _bound_zoom(self, scene: Scene) -> None:
        """So far out that the target is a small spot, and no farther."""
        sides = [high - low for low, high in (*plane_view(scene), *plane_view(scene, whole=True))]
        widest = _SPOT * 2.0 ** math.ceil(math.log2(max(sides)))  # in steps: it stays while a component is dragged
        if widest != self._widest:
            self._widest = widest
            self.view.setLimits(maxXRange=widest, maxYRange=widest)

    def _apply_theme(self, t: Theme) -> None:
        self.paint_background(t)
        style_axes(self.plot, t, ("left", "bottom"), self.type_scale)
        for plot in (self.top, self.right):
            style_axes(plot, t, ())
        self.cut.apply_theme(t, self.type_scale)

    def _name_axes(self, scene: Scene, t: Theme) -> None:
        """Data have names."""
        names = scene.target.axis_names
        if (names, t, self.type_scale) == self._named:
            return
        self._named = (names, t, self.type_scale)
        for side, name in zip(("bottom", "left"), names, strict=True):
            axis = self.plot.getAxis(side)
            name_axis(axis, name, t, self.type_scale)
            axis.showLabel(bool(name))

    def _cut_moved(self, cut: tuple[float, float]) -> None:
        scene = self.scene_shown
        if scene is not None and scene.view.cut is not None:
            self.viewed.emit(scene.view.with_(cut=cut), "move the cut")

    def fit(self, *, whole: bool = False) -> None:
        """The view the scene asks for, else the whole target with a margin; the `whole` target in any case."""
        scene = self.scene_shown
        if scene is None:
            return
        (x0, x1), (y0, y1) = plane_view(scene, whole=whole)
        self.view.setRange(xRange=(x0, x1), yRange=(y0, y1), padding=0)

    def viewport_shown(self) -> Viewport:
        (x0, x1), (y0, y1) = self.view.viewRange()
        return Viewport(x0, x1, y0, y1, *self._size_of(self.plot), self.pixel_ratio(), self.transparent)

    def show_picture(self, picture: Picture) -> None:
        if picture.d != 2 or self.theme_shown is None:  # one of the target before may still come
            return
        self.picture = picture
        self.drawn.show(picture, self.theme_shown, self.type_scale)
        for plot, limits in picture.ranges.items():
            # A new range lays the plots out again, so it is only set when it is another one.
            if limits != self._ranges.get(plot):
                self._ranges[plot] = limits
                box = (self.top if plot == "top" else self.right).getViewBox()
                (box.setYRange if plot == "top" else box.setXRange)(*limits, padding=0)

    def start_point(self, at: QPointF) -> tuple[float, ...]:
        return (at.x(), at.y())

    def data_at(self, position: QPointF) -> QPointF:
        """A point of the widget in data coordinates."""
        return self.view.mapSceneToView(self.mapToScene(position.toPoint()))  # type: ignore[no-any-return]  # pyqtgraph

    def place(self, at: tuple[float, ...]) -> QPointF:
        return self.widget_at(at[0], at[1])

    def widget_at(self, x: float, y: float) -> QPointF:
        """A point of the plane in the widget's coordinates."""
        return QPointF(self.mapFromScene(self.view.mapViewToScene(QPointF(x, y))))


def plane_view(scene: Scene, *, whole: bool = False) -> tuple[tuple[float, float], tuple[float, float]]:
    """The rectangle to show: as the scene says, else (or where the `whole` target is wanted) it out to 3.2 σ."""
    if walks_across(scene):
        return Across.of(scene).view
    (ax, bx), (ay, by) = scene.target.extent(3.2)
    if whole:
        return (ax, bx), (ay, by)
    return scene.view.x or (ax, bx), scene.view.y or (ay, by)
