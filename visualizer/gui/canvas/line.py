"""The 1-D canvas: curves with histogram and rug, and the river of p_t(x) with paths across it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from visualizer.engine.frame import Floats, LinePicture, Picture, Viewport
from visualizer.engine.palette import Theme
from visualizer.gui.canvas.axis_handles import AxisHandles
from visualizer.gui.canvas.base import Canvas, FillItem, pen, round_up, style_axes
from visualizer.gui.canvas.mode_marks import ModeMarksItem
from visualizer.gui.canvas.readout import FitReadout
from visualizer.gui.canvas.river import RiverPlot
from visualizer.gui.canvas.step_marks import StepMarks
from visualizer.gui.theme import colour, font
from visualizer.scene.model import Scene
from visualizer.scene.targets.mixture import with_handles

#: Height of an axis with ticks and a label, the same for plots that stand side by side.
_LABELLED = 46
_ROOM_FOR_SCORE = 620
#: The slowest mode, of mean square 1, is drawn up to this.
_MODE_RANGE = 3.0


class Curves:
    """p, p_t, histogram and rug in one plot and the score in another, with x along either axis."""

    def __init__(self, density: Any, score: Any, vertical: bool) -> None:
        self.density, self.score, self.vertical = density, score, vertical
        self.bars = FillItem()
        self.rug = pg.PlotCurveItem(connect="pairs")
        self.data = pg.PlotCurveItem(connect="pairs")
        self._data_shown: object = None
        self.step = StepMarks(vertical)
        self.traps = {side: FillItem() for side in ("score", "error")}
        self.mode = pg.PlotCurveItem()
        self.target = pg.PlotCurveItem()
        self.noised = pg.PlotCurveItem()
        self.slope = pg.PlotCurveItem()
        self.learned = pg.PlotCurveItem()
        self.tilted = pg.PlotCurveItem()
        self.fitted = pg.PlotCurveItem()
        self.band = pg.PlotCurveItem()
        self.band_areas = {side: FillItem() for side in ("density", "error")}
        self.band_name = pg.TextItem(anchor=(0, 0))
        self.band_name.setParentItem(density.getViewBox())
        self.band_name.setPos(10, 6)
        self.readout = FitReadout(top=True)
        self.readout.setParentItem(density.getViewBox())
        self.zero = pg.InfiniteLine(angle=90 if vertical else 0, pos=0)
        self.handles = AxisHandles(vertical)
        self.marks = ModeMarksItem("left" if vertical else "bottom")
        self._shown: object = None
        self._mode_shown: object = None
        self._learned_shown: object = None
        self._tilted_shown: object = None
        self._band_shown: object = None
        self._limits = (0.0, 0.0, 0.0)
        for item in (
            *self.traps.values(), *self.band_areas.values(), self.bars, self.data, self.rug, *self.step.items,
            self.target, self.noised, self.tilted, self.fitted, self.band, self.marks, self.handles,
        ):  # fmt: skip
            density.addItem(item, ignoreBounds=True)
        for item in (self.zero, self.slope, self.learned, self.mode):
            score.addItem(item, ignoreBounds=True)

    def apply_theme(self, t: Theme, scale: float) -> None:
        """Colours, and type so many times as large as usual."""
        self.bars.setBrush(colour(t.particles, 0.45))
        self.rug.setPen(pen(t.particles, 1, 0.6))
        self.data.setPen(pen(t.text, 1, 0.55))
        self.step.apply_theme(t)
        self.marks.apply_theme(t, scale)
        for side, value in (("score", t.score), ("error", t.error)):
            self.traps[side].setBrush(colour(value, 0.22))
        self.mode.setPen(pen(t.noise, 1.8, dash=True))
        self.target.setPen(pen(t.density, 1.6, 0.75, dash=True))
        self.noised.setPen(pen(t.density, 2.4))
        self.slope.setPen(pen(t.score, 2.0))
        self.learned.setPen(pen(t.learned, 1.6))
        self.tilted.setPen(pen(t.noise, 2.0))
        self.fitted.setPen(pen(t.learned, 2.2))
        self.band.setPen(pen(t.text, 1.4))
        for side, value in (("density", t.density), ("error", t.error)):
            self.band_areas[side].setBrush(colour(value, 0.6))
        self.band_name.setColor(t.text)
        self.band_name.setFont(font(round(12 * scale)))
        self.readout.apply_theme(t, scale)
        self.zero.setPen(pen(t.line))

    def show_layers(self, names: tuple[str, ...]) -> None:
        """Only the layers named."""
        pairs = {
            "particles": self.bars, "data": self.data, "rug": self.rug, "target": self.target, "density": self.noised,
            "score": self.slope, "tilted": self.tilted, "modes": self.marks,
        }  # fmt: skip
        for name, item in pairs.items():
            item.setVisible(name in names)
        self.learned.setVisible("score" in names)
        for item in self.step.items:
            item.setVisible("step" in names)
        for item in (*self.traps.values(), self.mode):
            item.setVisible("traps" in names)

    def name_band(self, band: tuple[float, float] | None) -> None:
        """Says which frequencies are shown; where the plot is narrow there is no room for it."""
        text = "" if band is None or self.vertical else f"pₜ within {band[0]:.3g} ≤ |ω| ≤ {band[1]:.3g}"
        self.band_name.setText(text)

    def show_picture(self, picture: LinePicture) -> None:
        """Draws a moment."""
        bars = float(picture.histogram.max())
        curves = [picture.density, picture.target if self.target.isVisible() else None]
        tallest = max((float(c.max()) for c in curves if c is not None), default=bars)
        tallest = max(tallest, min(bars, 2.2 * tallest))
        score = picture.learned if picture.score is None else picture.score
        steepest = 0.0 if score is None else float(np.abs(score).max())
        top, reach = round_up(1.1 * tallest), round_up(steepest + 1e-9)
        self.bars.show_bars(picture.edges, picture.histogram, upright=not self.vertical)
        self._draw_ticks(self.rug, picture.rug, 0.035 * top)
        self._show_data(picture.data, top)
        self.step.show_step(picture.step, top)
        self.marks.show_marks(picture.modes)
        self._show_traps(picture, reach)
        if picture.tilted is not self._tilted_shown:
            self._tilted_shown = picture.tilted
            curve = np.full_like(picture.grid, np.nan) if picture.tilted is None else picture.tilted
            self._draw(self.tilted, picture.grid, curve)
        self.readout.show_fit(picture.fitted if not self.vertical else None)
        curve_of_fit = picture.fitted.curve if picture.fitted is not None else None
        self.fitted.setVisible(curve_of_fit is not None)
        if curve_of_fit is not None:
            self._draw(self.fitted, *curve_of_fit)
        if picture.learned is not self._learned_shown:
            self._learned_shown = picture.learned
            curve = np.full_like(picture.grid, np.nan) if picture.learned is None else picture.learned
            self._draw(self.learned, picture.grid, curve)
        if picture.density is not self._shown:
            self._shown = picture.density
            for item, values in (
                (self.target, picture.target), (self.noised, picture.density), (self.slope, picture.score),
            ):  # fmt: skip
                self._draw(item, picture.grid, np.full_like(picture.grid, np.nan) if values is None else values)
        bottom = self._show_band(picture)
        if (bottom, top, reach) != self._limits:
            self._limits = (bottom, top, reach)
            if self.vertical:
                self.density.setXRange(bottom, top, padding=0)
                self.score.setXRange(-reach, reach, padding=0)
            else:
                self.density.setYRange(bottom, top, padding=0)
                self.score.setYRange(-reach, reach, padding=0)

    def _show_data(self, data: Floats | None, top: float) -> None:
        """Higher than the rug, which stands before them."""
        if (id(data), top) != self._data_shown:
            self._data_shown = (id(data), top)
            self._draw_ticks(self.data, np.zeros(0, np.float32) if data is None else data, 0.06 * top)

    def _draw_ticks(self, item: Any, at: Floats, height: float) -> None:
        self._draw(item, np.repeat(at, 2), np.tile(np.array([0.0, height], np.float32), len(at)))

    def _show_band(self, picture: LinePicture) -> float:
        """The part of p_t in a band, and how far down it goes: 0 where there is none."""
        if picture.band is not self._band_shown:
            self._band_shown = picture.band
            curve = np.zeros_like(picture.grid) if picture.band is None else picture.band
            edges = _edges(picture.grid)
            for side, part in (("density", np.maximum(curve, 0)), ("error", np.minimum(curve, 0))):
                self.band_areas[side].show_bars(edges, part, upright=not self.vertical)
            self._draw(self.band, picture.grid, curve if picture.band is not None else np.full_like(curve, np.nan))
        return -round_up(-1.1 * float(picture.band.min())) if picture.band is not None else 0.0

    def _show_traps(self, picture: LinePicture, reach: float) -> None:
        """The signs of the slowest mode under the density, and the mode beside the score."""
        if picture.traps is self._mode_shown:
            return
        self._mode_shown = picture.traps
        mode = np.zeros_like(picture.grid) if picture.traps is None else picture.traps
        density = np.zeros_like(picture.grid) if picture.density is None else picture.density
        edges = _edges(picture.grid)
        for side, inside in (("score", mode > 0), ("error", mode < 0)):
            self.traps[side].show_bars(edges, np.where(inside, density, 0), upright=not self.vertical)
        shown = np.clip(mode, -_MODE_RANGE, _MODE_RANGE) * (reach / _MODE_RANGE)
        self._draw(self.mode, picture.grid, shown if picture.traps is not None else np.full_like(shown, np.nan))

    def _draw(self, item: Any, along: Floats, across: Floats) -> None:
        item.setData(across, along) if self.vertical else item.setData(along, across)


class LineCanvas(Canvas):
    """A picture of a 1-D run."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mode = ""
        self.curves: Curves
        self.river: RiverPlot | None = None

    def _lay_out(self, mode: str) -> None:
        """Builds the plots of one mode: curves alone, or the river with curves standing beside it."""
        self.clear()
        self._mode = mode
        self.river = None
        if mode == "river":
            self.plot = self.addPlot(row=0, col=0)
            density = self.addPlot(row=0, col=1)
            score = self.addPlot(row=0, col=2)
            self.river = RiverPlot(self.plot)
            for plot in (density, score):
                plot.setYLink(self.plot)
        else:
            self.plot = density = self.addPlot(row=0, col=0)
            score = self.addPlot(row=1, col=0)
            score.setXLink(density)
            self.ci.layout.setRowStretchFactor(0, 3)
            self.ci.layout.setRowStretchFactor(1, 1)
        for plot in (self.plot, density, score):
            plot.hideButtons()
            plot.setMenuEnabled(False)
            plot.getViewBox().setDefaultPadding(0)
        self._density, self._score = density, score
        if mode == "river":
            self._share_width()
        self.curves = Curves(density, score, vertical=mode == "river")
        self.plot.getViewBox().sigRangeChanged.connect(self.range_changed)
        self.plot.getViewBox().sigRangeChangedManually.connect(lambda *_: self.moved.emit())
        along_x = mode != "river"
        self.plot.getViewBox().setMouseEnabled(along_x, not along_x)
        for plot in (density, score):
            plot.getViewBox().setMouseEnabled(along_x, not along_x)
        handles = self.curves.handles
        handles.edited.connect(self.handle_edited)
        handles.gesture.connect(self.gesture)
        handles.selected.connect(self.selected)
        self.theme_shown = None

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if getattr(self, "_mode", "") == "river":
            self._share_width()

    def _share_width(self) -> None:
        """The river keeps most of the width; the score goes first where there is little."""
        width = self.width()
        self._density.setFixedWidth(min(190, max(70, 0.2 * width)))
        self._score.setVisible(width >= _ROOM_FOR_SCORE)
        self._score.setFixedWidth(110 if width >= _ROOM_FOR_SCORE else 0)

    @property
    def handles(self) -> AxisHandles:
        """The handles on the mixture."""
        return self.curves.handles

    def show_scene(self, scene: Scene, t: Theme) -> None:
        old = self.scene_shown
        relaid = self._mode != scene.view.picture
        if relaid:
            self._lay_out(scene.view.picture)
        self.scene_shown = scene
        if self.theme_shown is not t or old is None or old.target.axis_names != scene.target.axis_names:
            self._apply_theme(t)
        self.theme_shown = t
        self.curves.show_layers(scene.layers.line)
        self.curves.name_band(scene.view.band)
        if self.river is not None:
            self.river.set_paths_visible("paths" in scene.layers.line)
        self.handles.show_target(with_handles(scene.target), t)
        far = old is not None and old.target is not scene.target and scene.target.elsewhere(old.target)
        if old is None or relaid or far or old.view.x != scene.view.x or old.process.kind != scene.process.kind:
            self.fit()

    def _apply_theme(self, t: Theme) -> None:
        self.paint_background(t)
        self.curves.apply_theme(t, self.type_scale)
        name = (self.scene_shown.target.axis_names[0] if self.scene_shown is not None else "") or "x"
        if self.river is not None:
            self.river.apply_theme(t)
            self.river.image.set_opaque(not self.transparent)
            style_axes(self.plot, t, ("left", "bottom"), self.type_scale)
            style_axes(self._density, t, ("bottom",), self.type_scale)
            style_axes(self._score, t, ("bottom",), self.type_scale)
            self._label(self.plot, "left", name, t)
            self._label(self._density, "bottom", "density", t)
            self._label(self._score, "bottom", "score", t)
            for plot in (self.plot, self._density, self._score):
                plot.getAxis("bottom").setHeight(round(_LABELLED * self.type_scale))
            for plot in (self._density, self._score):  # narrow: few numbers
                plot.getAxis("bottom").setTickDensity(0.45)
        else:
            style_axes(self._density, t, ("left", "bottom"), self.type_scale)
            style_axes(self._score, t, ("left", "bottom"), self.type_scale)
            for plot, text in ((self._density, "density"), (self._score, "score")):
                plot.getAxis("left").setWidth(round(58 * self.type_scale))
                self._label(plot, "left", text, t)
            self._label(self._score, "bottom", name, t)

    def _label(self, plot: Any, side: str, text: str, t: Theme) -> None:
        size = round(11 * self.type_scale)
        plot.getAxis(side).setLabel(text, **{"color": t.muted, "font-size": f"{size}px"})

    def fit(self) -> None:
        if self.scene_shown is None:
            return
        low, high = line_view(self.scene_shown)
        if self._mode == "river":
            self.plot.setYRange(low, high, padding=0)
        else:
            self.plot.setXRange(low, high, padding=0)

    def viewport_shown(self) -> Viewport:
        if not self._mode:
            return Viewport(-4, 4, 0, 1, 400, 300)
        x, y = self.plot.getViewBox().viewRange()
        low, high = y if self._mode == "river" else x
        rect = self.plot.getViewBox().sceneBoundingRect()
        width, height = max(8, round(rect.width())), max(8, round(rect.height()))
        return Viewport(low, high, 0.0, 1.0, width, height, transparent=self.transparent)

    def show_picture(self, picture: Picture) -> None:
        if not isinstance(picture, LinePicture) or self.theme_shown is None:
            return
        self.picture = picture
        self.curves.show_picture(picture)
        if self.river is not None and picture.river is not None:
            size = round(11 * self.type_scale)
            self.river.show_river(picture.river, picture.x0, picture.x1, self.theme_shown, size)

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


def _edges(grid: Floats) -> Floats:
    """Of cells around the points of a grid."""
    half = 0.5 * (grid[1] - grid[0])
    return np.append(grid - half, grid[-1] + half).astype(np.float32)


def line_view(scene: Scene) -> tuple[float, float]:
    """The interval to show: as the scene says, else the target and, where noise fits, the noised target too."""
    if scene.view.x is not None:
        return scene.view.x
    ((low, high),) = scene.target.extent(3.5)
    widen = 0.0
    if scene.view.picture == "river" and scene.sampler.clock == "t":
        widen = 0.5 * (high - low) if scene.process.explodes else 0.0
        low, high = min(low, -3.0), max(high, 3.0)
    return low - widen, high + widen
