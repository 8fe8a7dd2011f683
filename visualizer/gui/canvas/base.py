"""What the canvases in one and two dimensions share."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from visualizer.engine.frame import Picture, Viewport
from visualizer.engine.palette import Theme
from visualizer.gui.canvas.brush import Brush, Stroke
from visualizer.gui.canvas.look import pen
from visualizer.gui.theme import font
from visualizer.scene.across import walks_across
from visualizer.scene.model import Scene

_SETTLE_MS = 120
pg.setConfigOptions(antialias=True)


def style_axes(plot: Any, t: Theme, sides: tuple[str, ...], scale: float = 1.0) -> None:
    """Axes in the theme's quiet colours and the interface's font, only on `sides`."""
    for side in ("left", "bottom", "right", "top"):
        if side not in sides:
            plot.hideAxis(side)
            continue
        axis = plot.getAxis(side)
        axis.setPen(pen(t.line))
        axis.setTextPen(pen(t.muted))
        axis.setTickFont(font(round(11 * scale)))
        if axis.autoSIPrefix:  # switching it off again would work out a prefix and apply it unnamed
            axis.enableAutoSIPrefix(False)
        axis.setStyle(tickLength=-4, tickTextOffset=5)


def name_axis(axis: Any, text: str, t: Theme, scale: float = 1.0) -> None:
    """A name beside an axis, in the middle of it."""
    axis.setLabel(text, **{"color": t.muted, "font-size": f"{round(11 * scale)}px"})
    axis.resizeEvent()  # another name would be in the middle only once the plot has another size


class Canvas(pg.GraphicsLayoutWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """A picture of one run. Reports where one looks; draws what it is given."""

    #: the visible rectangle or the size has changed
    view_changed = Signal()
    #: the view was moved or zoomed by hand
    moved = Signal()
    #: a point (x, y) from which all particles should start
    start_here = Signal(tuple)
    #: (scene, label): the user edited the target in the picture
    edited = Signal(object, str)
    #: (view, label): what of the world is shown, and how, was edited in the picture
    viewed = Signal(object, str)
    gesture = Signal(bool)
    #: index of the component taken hold of, or -1
    selected = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scene_shown: Scene | None = None
        self.theme_shown: Theme | None = None
        self.picture: Picture | None = None
        #: pixels to a logical one; None: as many as the screen has
        self.ratio: float | None = None
        self.transparent = False
        #: how much larger than usual the axes' type is
        self.type_scale = 1.0
        self.setFrameShape(self.Shape.NoFrame)
        # Every frame changes nearly everything: one repaint of all is cheaper than finding the dirty parts.
        self.setViewportUpdateMode(self.ViewportUpdateMode.FullViewportUpdate)
        self.setCacheMode(self.CacheModeFlag.CacheNone)  # filling with a colour is quicker than copying it
        self.ci.layout.setSpacing(0)
        self.ci.layout.setContentsMargins(6, 6, 6, 6)
        self._brush: Brush | None = None
        self._stroke: Stroke | None = None
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self._settled)

    def new_plot(self, row: int, column: int) -> Any:
        """A plot without pyqtgraph's padding, its buttons and its menus, which take a third of a plot's time."""
        plot = self.addPlot(row=row, col=column, enableMenu=False)
        plot.hideButtons()
        plot.getViewBox().setDefaultPadding(0)
        return plot

    def _size_of(self, plot: Any) -> tuple[int, int]:
        """Pixels that the inside of a plot is wide and high.

        pyqtgraph's rectangle of it is half a pixel larger: images of that size would be stretched.
        """
        size, ratio = plot.getViewBox().size(), self.pixel_ratio()
        return max(8, round(size.width() * ratio)), max(8, round(size.height() * ratio))

    def pixel_ratio(self) -> float:
        """How many pixels images have to a logical one."""
        return self.ratio or self.devicePixelRatioF()

    def paint_background(self, t: Theme) -> None:
        """The theme's canvas, or nothing in a transparent picture."""
        self.setBackground(None if self.transparent else t.canvas)

    def show_scene(self, scene: Scene, t: Theme) -> None:
        """Takes over what a scene says about the picture itself."""
        raise NotImplementedError

    def show_picture(self, picture: Picture) -> None:
        """Draws a moment."""
        raise NotImplementedError

    def viewport_shown(self) -> Viewport:
        """The visible rectangle and its size in device pixels."""
        raise NotImplementedError

    def place(self, at: tuple[float, ...]) -> QPointF:
        """A point of the target's space in the widget's coordinates; in 1-D half way up (or along) the plot."""
        raise NotImplementedError

    def fit(self, *, whole: bool = False) -> None:
        """Shows the whole target."""
        raise NotImplementedError

    def data_at(self, position: QPointF) -> QPointF:
        """A point of the widget in data coordinates."""
        raise NotImplementedError

    def start_point(self, at: QPointF) -> tuple[float, ...]:
        """A point in data coordinates as a point of the target's space."""
        raise NotImplementedError

    def range_changed(self, *_: Any) -> None:
        """The view shows another rectangle."""
        self._moved()

    def handle_edited(self, target: Any, label: str) -> None:
        """A handle was dragged: an edit of the scene shown."""
        if self.scene_shown is not None:
            self.edited.emit(self.scene_shown.with_(target=target), label)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            if self.scene_shown is not None and walks_across(self.scene_shown):  # there it is no place
                return
            at = self.start_point(self.data_at(event.position()))
            self.start_here.emit(tuple(round(v, 4) for v in at))
            event.accept()
            return
        plain = event.button() == Qt.MouseButton.LeftButton and not event.modifiers()
        if self._brush is not None and plain and self._paint_to(event.position(), begins=True):
            event.accept()
            return
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._stroke is not None:
            self._paint_to(event.position(), begins=False)
            event.accept()
            return
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._stroke is not None:
            self._stroke = None
            self.gesture.emit(False)
            event.accept()
            return
        super().mouseReleaseEvent(event)

    def take_brush(self, brush: Brush | None) -> None:
        """What the mouse paints with on a drawing; None: it moves the view."""
        self._brush = brush
        self.setCursor(Qt.CursorShape.CrossCursor if brush is not None else Qt.CursorShape.ArrowCursor)

    def _paint_to(self, position: QPointF, begins: bool) -> bool:
        """Paints on to a place of the widget; says whether there is anything to paint on."""
        scene = self.scene_shown
        if scene is None or not scene.target.painted:
            return False
        at = self.data_at(position)
        place = (float(at.x()), float(at.y()))
        if begins and self._brush is not None:
            self._stroke = Stroke(self._brush, place)
            self.gesture.emit(True)
        if self._stroke is not None:
            painted = self._stroke.to(place, scene)
            if painted is not None:
                self.edited.emit(painted, "paint")
        return True

    def _moved(self) -> None:
        self.view_changed.emit()
        self._settle.start()

    def _settled(self) -> None:
        self.view_changed.emit()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_settle"):
            self._moved()
