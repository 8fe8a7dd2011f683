"""The pictures of a scene: one canvas for each panel, with titles. The window and the export show the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from visualizer.engine.frame import Picture, Viewport
from visualizer.engine.palette import Theme
from visualizer.gui.canvas.base import Canvas
from visualizer.gui.canvas.brush import Brush
from visualizer.gui.canvas.line import LineCanvas
from visualizer.gui.canvas.plane import PlaneCanvas
from visualizer.gui.theme import font
from visualizer.gui.widgets.card import OneLine
from visualizer.gui.words.names import picture_title
from visualizer.scene.model import Scene
from visualizer.scene.view import ViewPart

#: Pixels of a picture's title and its axis, and how much larger pictures have to become to be placed otherwise.
_TITLE, _BETTER = 46, 1.1


class Figure(QWidget):
    """Canvases side by side; rebuilt only when their number or the dimension changes."""

    #: a canvas shows another part of the world, or at another size
    view_changed = Signal()
    #: by hand: moved and zoomed, or back to the whole target
    moved = Signal()
    fitted = Signal()
    #: (scene, label)
    edited = Signal(object, str)
    gesture = Signal(bool)
    selected = Signal(int)
    start_here = Signal(tuple)

    def __init__(self, parent: QWidget | None = None, *, ratio: float | None = None, transparent: bool = False) -> None:
        super().__init__(parent)
        self._ratio, self._transparent, self._type_scale = ratio, transparent, 1.0
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.canvases: list[Canvas] = []
        self.titles: list[OneLine] = []
        self._boxes: list[QWidget] = []
        self._stacked = False
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(0)
        self._scene: Scene | None = None
        self._theme: Theme | None = None
        self._brush: Brush | None = None

    def take_brush(self, brush: Brush | None) -> None:
        """What the mouse paints with in the picture; None: it moves the view."""
        self._brush = brush
        for canvas in self.canvases:
            canvas.take_brush(brush)

    def show_scene(self, scene: Scene, t: Theme) -> None:
        """Lays out and styles the canvases."""
        old, self._scene = self._scene, scene
        panels = scene.resolved_panels()
        restyled = t is not self._theme
        if old is None or len(panels) != len(self.canvases) or old.target.d != scene.target.d:
            self._rebuild(len(panels), scene.target.d)
            restyled = True
        if restyled:
            self._theme = t
            ground = "* { background: transparent; }" if self._transparent else f"Figure {{ background: {t.canvas}; }}"
            size = round(14 * self._type_scale)
            chosen = "#panel { border: 1px solid transparent; }" if len(panels) > 1 else ""
            chosen += f'#panel[chosen="true"] {{ border: 1px solid {t.density}; border-radius: 4px; }}'
            self.setStyleSheet(f"{ground} {chosen} #panelTitle {{ color: {t.text}; font-size: {size}px; }}")
        for canvas, panel in zip(self.canvases, panels, strict=True):
            canvas.show_scene(panel, t)
            canvas.setAccessibleName(f"Picture: {panel.title}")
        self._arrange()
        for i, title in enumerate(self.titles[: len(scene.panels)]):
            title.show_text(picture_title(scene, i))

    def _rebuild(self, count: int, d: int) -> None:
        while self._grid.count():
            item = self._grid.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.setParent(None)
                widget.deleteLater()
        self.canvases, self.titles, self._boxes = [], [], []
        for _ in range(count):
            canvas: Canvas = PlaneCanvas() if d == 2 else LineCanvas()
            canvas.ratio, canvas.transparent, canvas.type_scale = self._ratio, self._transparent, self._type_scale
            title = OneLine()
            title.setObjectName("panelTitle")
            title.setFont(font(round(14 * self._type_scale)))
            title.setAlignment(Qt.AlignmentFlag.AlignCenter)
            title.setVisible(count > 1)
            box = QFrame()
            box.setObjectName("panel")
            layout = QVBoxLayout(box)
            layout.setContentsMargins(0, 6 if count > 1 else 0, 0, 0)
            layout.setSpacing(0)
            layout.addWidget(title)
            layout.addWidget(canvas, 1)
            self._boxes.append(box)
            self.canvases.append(canvas)
            self.titles.append(title)
            canvas.view_changed.connect(self.view_changed)
            canvas.moved.connect(self.moved)
            canvas.take_brush(self._brush)
            canvas.edited.connect(self._canvas_edited)
            canvas.viewed.connect(self._canvas_viewed)
            canvas.gesture.connect(self.gesture)
            canvas.selected.connect(self.selected)
            canvas.start_here.connect(self.start_here)
        self._stacked = False
        self._place(1 if count == 1 else 2)

    def choose(self, index: int) -> None:
        """Marks the picture that the cards are about; a single one and -1 have no mark."""
        for i, box in enumerate(self._boxes):
            chosen = i == index and len(self._boxes) > 1
            if bool(box.property("chosen")) != chosen:
                box.setProperty("chosen", chosen)
                box.style().polish(box)

    def _place(self, columns: int) -> None:
        for i, box in enumerate(self._boxes):
            self._grid.addWidget(box, i // columns, i % columns)

    def _arrange(self) -> None:
        """Two pictures in the plane stand one above the other where they are larger so by a tenth."""
        if len(self._boxes) != 2 or self._scene is None or self._scene.target.d != 2:
            return
        view, whole = self._scene.view, self._scene.target.extent()
        (a, b), (c, d) = view.x or whole[0], view.y or whole[1]
        across, up, title = self.width() / (b - a), self.height() / (d - c), _TITLE / (d - c)
        beside, stacked = min(across / 2, up - title), min(across, up / 2 - title)
        wanted = stacked > (beside / _BETTER if self._stacked else beside * _BETTER)
        if wanted != self._stacked:
            self._stacked = wanted
            self._place(1 if wanted else 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _canvas_edited(self, panel: Scene, label: str) -> None:
        """A panel's edit is an edit of the target they share."""
        if self._scene is not None:
            self.edited.emit(self._scene.with_(target=panel.target), label)

    def _canvas_viewed(self, view: ViewPart, label: str) -> None:
        if self._scene is not None:
            self.edited.emit(self._scene.with_(view=view), label)

    def views(self) -> tuple[Viewport, ...]:
        """What the canvases show."""
        return tuple(c.viewport_shown() for c in self.canvases)

    def show_pictures(self, pictures: tuple[Picture, ...]) -> None:
        """Draws a moment of every panel."""
        if len(pictures) == len(self.canvases):
            for canvas, picture in zip(self.canvases, pictures, strict=True):
                canvas.show_picture(picture)

    def enlarge_type(self, scale: float) -> None:
        """Type of the axes so many times as large as usual."""
        if scale == self._type_scale or self._scene is None or self._theme is None:
            return
        self._type_scale = scale
        scene, t = self._scene, self._theme
        for canvas in self.canvases:
            canvas.type_scale, canvas.theme_shown = scale, None  # styled anew
        self._theme = None
        self.show_scene(scene, t)

    @contextmanager
    def without_handles(self) -> Iterator[None]:
        """Meanwhile nothing is there to take hold of: pictures for others have no handles."""
        handles: list[Any] = [c.handles for c in self.canvases if hasattr(c, "handles")]
        for item in handles:
            item.hide()
        try:
            yield
        finally:
            for item in handles:
                item.show()

    def fit(self, *, whole: bool = False) -> None:
        """Shows what the scene asks for everywhere, or the whole target."""
        for canvas in self.canvases:
            canvas.fit(whole=whole)
        self.fitted.emit()
