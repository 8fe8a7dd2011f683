"""The 2-D canvas: density, contours, flow, particles and the rest, with marginals along the axes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QWidget

from visualizer.engine.frame import Marginal, Picture, PlanePicture, Viewport
from visualizer.engine.palette import Theme
from visualizer.gui.canvas.base import Canvas, FillItem, pen, round_up, style_axes
from visualizer.gui.canvas.colour_key import ColourKey
from visualizer.gui.canvas.cut import Cut
from visualizer.gui.canvas.mode_marks import ModeMarksItem
from visualizer.gui.canvas.plane_handles import PlaneHandles
from visualizer.gui.canvas.raster import RasterItem
from visualizer.gui.canvas.readout import FitReadout
from visualizer.gui.canvas.vectors import PathItem, TreeItem
from visualizer.gui.theme import colour
from visualizer.scene.model import Scene
from visualizer.scene.targets.mixture import with_handles

_IMAGES = (
    "density",
    "band",
    "sinks",
    "traps",
    "error",
    "flow",
    "step",
    "particles",
    "data",
    "responsibilities",
    "difference",
)
_PATHS = (
    "contours",
    "modes",
    "tilted",
    "fit",
    "exact-arrows",
    "arrows",
    "exact-denoiser",
    "denoiser",
    "trajectories",
    "momenta",
    "trails",
)
#: Paths that belong to a layer of another name.
_LAYER_OF = {"trajectories": "step", "momenta": "step", "tree": "step"}
_MARGINAL_PX = 84
_NONE = np.zeros(0, np.float32)
#: Conditional densities are shown up to so many times the height of the marginal's.
_CUT_UP_TO = 4.0


class PlaneCanvas(Canvas):
    """A picture of a 2-D run; the mixture can be taken hold of."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.top = self.addPlot(row=0, col=0)
        self.plot = self.addPlot(row=1, col=0)
        self.right = self.addPlot(row=1, col=1)
        self.view = self.plot.getViewBox()
        self.view.setAspectLocked(True)
        self.images = {name: RasterItem(opaque=name == "density") for name in _IMAGES}
        self.paths = {name: PathItem() for name in _PATHS}
        self.tree = TreeItem()
        self.marks = ModeMarksItem("plane")
        self.handles = PlaneHandles()
        self.colour_key = ColourKey()
        self.readout = FitReadout()
        for item in (*self.images.values(), *self.paths.values(), self.tree, self.marks, self.handles):
            self.view.addItem(item, ignoreBounds=True)
        self.colour_key.setParentItem(self.view)
        self.readout.setParentItem(self.view)
        self._named: object = None
        self._set_up_marginals()
        self.cut = Cut(self.view, self.top, self.right)
        for plot in (self.top, self.plot, self.right):
            plot.hideButtons()
            plot.setMenuEnabled(False)
            plot.getViewBox().setDefaultPadding(0)
        self.view.sigRangeChanged.connect(self.range_changed)
        self.view.sigRangeChangedManually.connect(lambda *_: self.moved.emit())
        self.view.sigResized.connect(self._place_key)
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
        self._histograms = [FillItem() for _ in range(2)]
        self._curves = [pg.PlotCurveItem() for _ in range(2)]
        self._exact: list[object] = [None, None]
        self._tops = [0.0, 0.0]
        for plot, bars, curve in zip((self.top, self.right), self._histograms, self._curves, strict=True):
            plot.addItem(bars, ignoreBounds=True)
            plot.addItem(curve, ignoreBounds=True)

    def show_scene(self, scene: Scene, t: Theme) -> None:
        old = self.scene_shown
        if self.theme_shown is not t:
            self._apply_theme(t)
        self.scene_shown, self.theme_shown = scene, t
        order: dict[str, int] = {name: z for z, name in enumerate(scene.layers.plane)}
        items: list[tuple[str, Any]] = [*self.images.items(), *self.paths.items(), ("tree", self.tree)]
        for name, item in items:
            layer = _LAYER_OF.get(name, name)
            item.setVisible(layer in order or layer == "fit")
            # One particle's tree among thousands: nothing may cover it.
            item.setZValue(len(order) if name in ("tree", "fit") else order.get(layer, 0))
        self.marks.setVisible("modes" in order)
        self.images["band"].setVisible(True)  # there are pixels where there is a band
        self._show_key(scene, t)
        self._name_axes(scene, t)
        marginals = "marginals" in order or scene.view.cut is not None
        self.cut.show_cut(scene.view.cut)
        self.top.setVisible(marginals)
        self.right.setVisible(marginals)
        self.top.setFixedHeight(_MARGINAL_PX if marginals else 0)
        self.right.setFixedWidth(_MARGINAL_PX if marginals else 0)
        learned = scene.field.kind == "learned" or scene.guidance.kind != "none"
        self.paths["arrows"].set_pen(pen(t.learned if learned else t.score, 1.2, 0.9))
        self.paths["denoiser"].set_pen(pen(t.learned if learned else t.noise, 1.2, 0.85))
        self.handles.show_target(with_handles(scene.target), t)
        moved = old is None or (old.view.x, old.view.y) != (scene.view.x, scene.view.y)
        if moved or (old is not None and old.target is not scene.target and scene.target.elsewhere(old.target)):
            self.fit()

    def _apply_theme(self, t: Theme) -> None:
        self.paint_background(t)
        self.images["density"].set_opaque(not self.transparent)
        style_axes(self.plot, t, ("left", "bottom"), self.type_scale)
        for plot in (self.top, self.right):
            style_axes(plot, t, ())
        self.paths["contours"].set_pen(pen(t.contour, 1.0, 0.33))
        self.paths["modes"].set_pen(pen(t.text, 1.0, 0.5))
        self.marks.apply_theme(t, self.type_scale)
        self.paths["exact-arrows"].set_pen(pen(t.score, 1.2, 0.9))
        self.paths["exact-denoiser"].set_pen(pen(t.noise, 3.0, 0.8))  # seen on both sides of the network's
        self.paths["tilted"].set_pen(pen(t.noise, 1.0, 0.9))
        self.paths["trajectories"].set_pen(pen(t.noise, 1.0, 0.9))
        self.paths["momenta"].set_pen(pen(t.noise, 1.2, 0.8))
        self.cut.apply_theme(t, self.type_scale)
        self.readout.apply_theme(t, self.type_scale)
        self.paths["fit"].set_pen(pen(t.learned, 1.6, 0.95))
        self.colour_key.setScale(self.type_scale)
        self.tree.set_colours(t.components, t.text, t.learned)
        self.paths["trails"].set_pen(pen(t.particles, 1.0, 0.65))  # wider lines take Qt thirty times as long
        for bars, curve in zip(self._histograms, self._curves, strict=True):
            bars.setBrush(colour(t.particles, 0.42))
            curve.setPen(pen(t.density, 2.0))

    def _name_axes(self, scene: Scene, t: Theme) -> None:
        """Data have names."""
        names = scene.target.axis_names
        if (names, t, self.type_scale) == self._named:
            return
        self._named = (names, t, self.type_scale)
        for side, name in zip(("bottom", "left"), names, strict=True):
            axis = self.plot.getAxis(side)
            axis.setLabel(name, **{"color": t.muted, "font-size": f"{round(11 * self.type_scale)}px"})
            axis.showLabel(bool(name))

    def _show_key(self, scene: Scene, t: Theme) -> None:
        """Of the band that is shown, else of the error of a network."""
        peak = self.picture.band_peak if isinstance(self.picture, PlanePicture) else None
        banded = scene.view.band is not None and peak is not None
        if scene.view.band is not None and peak is not None:
            self.colour_key.show_band(t, scene.view.band, peak)
        else:
            self.colour_key.show_error(t)
        self.colour_key.setVisible(banded or ("error" in scene.layers.plane and scene.field.kind == "learned"))

    def _cut_moved(self, cut: tuple[float, float]) -> None:
        scene = self.scene_shown
        if scene is not None and scene.view.cut is not None:
            self.viewed.emit(scene.view.with_(cut=cut), "move the cut")

    def _place_key(self) -> None:
        self.colour_key.place(self.view.rect().bottomRight())
        self.readout.place(self.view.rect().bottomLeft())

    def fit(self) -> None:
        """The view the scene asks for, else the whole target with a margin."""
        scene = self.scene_shown
        if scene is None:
            return
        (x0, x1), (y0, y1) = plane_view(scene)
        self.view.setRange(xRange=(x0, x1), yRange=(y0, y1), padding=0)

    def viewport_shown(self) -> Viewport:
        (x0, x1), (y0, y1) = self.view.viewRange()
        ratio = self.pixel_ratio()
        rect = self.view.sceneBoundingRect()
        width, height = max(8, round(rect.width() * ratio)), max(8, round(rect.height() * ratio))
        return Viewport(x0, x1, y0, y1, width, height, ratio, self.transparent)

    def show_picture(self, picture: Picture) -> None:
        if not isinstance(picture, PlanePicture) or self.theme_shown is None or self.scene_shown is None:
            return
        peak = self.picture.band_peak if isinstance(self.picture, PlanePicture) else None
        self.picture = picture
        if picture.band_peak != peak:
            self._show_key(self.scene_shown, self.theme_shown)
        v = picture.viewport
        for name, item in self.images.items():
            item.set_pixels(picture.images.get(name), (v.x0, v.x1, v.y0, v.y1), v.ratio)
        self.paths["contours"].set_lines(picture.contours)
        self.paths["modes"].set_lines(picture.modes.borders if picture.modes is not None else ())
        self.marks.show_marks(picture.modes)
        self.paths["tilted"].set_lines(picture.tilted)
        self.paths["fit"].set_lines(picture.fitted.contours if picture.fitted is not None else ())
        self.readout.show_fit(picture.fitted)
        self.paths["arrows"].set_arrows(picture.arrows, head=0.3)
        self.paths["denoiser"].set_arrows(picture.denoiser, head=0.0)
        self.paths["exact-arrows"].set_arrows(picture.exact_arrows, head=0.3)
        self.paths["exact-denoiser"].set_arrows(picture.exact_denoiser, head=0.0)
        self.paths["trajectories"].set_lines(picture.trajectories)
        self.paths["momenta"].set_arrows(picture.momenta, head=0.25)
        self.paths["trails"].set_trails(picture.trails)
        self.tree.set_tree(picture.tree)
        self.cut.show_slices(picture.slices)
        if picture.marginals is not None:
            for axis, marginal in enumerate(picture.marginals):
                cut = 0.0 if picture.slices is None else float(picture.slices[axis][1].max())
                self._show_marginal(axis, marginal, cut)

    def _show_marginal(self, axis: int, m: Marginal, cut: float) -> None:
        box, bars, curve = (self.top, self.right)[axis].getViewBox(), self._histograms[axis], self._curves[axis]
        bars.show_bars(m.edges, m.histogram, upright=axis == 0)
        if m.exact is not self._exact[axis]:
            self._exact[axis] = m.exact
            grid, values = m.exact or (_NONE, _NONE)
            curve.setData(*((grid, values) if axis == 0 else (values, grid)))
        # A new range lays the plots out again, so it is only set when the bars have grown or shrunk a good deal.
        bars_up_to = float(m.histogram.max())
        density = float(m.exact[1].max()) if m.exact is not None else bars_up_to
        tallest = max(density, min(cut, _CUT_UP_TO * density))
        top = round_up(max(1.15 * tallest, min(bars_up_to, 2.2 * tallest)))
        if top != self._tops[axis]:
            self._tops[axis] = top
            (box.setYRange if axis == 0 else box.setXRange)(0, top, padding=0)

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


def plane_view(scene: Scene) -> tuple[tuple[float, float], tuple[float, float]]:
    """The rectangle to show: as the scene says, else the target out to 3.2 standard deviations."""
    (ax, bx), (ay, by) = scene.target.extent(3.2)
    return scene.view.x or (ax, bx), scene.view.y or (ay, by)
