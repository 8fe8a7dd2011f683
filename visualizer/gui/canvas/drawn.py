"""The items of a picture: one for each drawing, made when a drawing of its sort comes for the first time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QRectF

from visualizer.engine.drawings import (
    Arrows,
    Bars,
    Curve,
    Dots,
    Drawing,
    Image,
    Key,
    Lines,
    Marks,
    Plot,
    Text,
    Tree,
)
from visualizer.engine.frame import Picture
from visualizer.engine.palette import Theme
from visualizer.gui.canvas.curves import BarsItem, CurveItem, DotsItem
from visualizer.gui.canvas.key import KeyItem
from visualizer.gui.canvas.look import Look
from visualizer.gui.canvas.marks import MarksItem
from visualizer.gui.canvas.raster import RasterItem
from visualizer.gui.canvas.text import TextItem
from visualizer.gui.canvas.vectors import PathItem, TreeItem

#: The item of each sort of drawing. Text and keys stand in corners of their plot, and do not move with the view.
_ITEMS: dict[type[Drawing], Callable[[], Any]] = {
    Image: RasterItem, Lines: PathItem, Arrows: PathItem, Tree: TreeItem, Curve: CurveItem, Bars: BarsItem,
    Dots: DotsItem, Marks: MarksItem, Text: TextItem, Key: KeyItem,
}  # fmt: skip
_IN_CORNERS = (Text, Key)
#: Handles stand above the drawings, and corners above the handles.
_CORNERS = 1001.0
#: Drawings of one layer in their order.
_NEXT = 1e-3


@dataclass(frozen=True)
class Place:
    """A plot that is drawn in, and whether `along` runs upwards in it."""

    plot: Any
    upwards: bool = False


class Drawn:
    """The items of all drawings in the plots of a canvas."""

    def __init__(self, places: Mapping[Plot, Place]) -> None:
        self._places = places
        self._items: dict[tuple[str, int, type[Drawing], Plot], Any] = {}

    def show(self, picture: Picture, t: Theme, type_scale: float) -> None:
        """Draws the layers of a moment; items of other drawings are hidden."""
        shown = set()
        for z, (layer, drawings) in enumerate(picture.layers.items()):
            for i, drawing in enumerate(drawings):
                if drawing.plot not in self._places:
                    continue
                key = (layer, i, type(drawing), drawing.plot)
                shown.add(key)
                item = self._items.get(key)
                if item is None:
                    item = self._items[key] = self._made(drawing)
                top = picture.ranges.get(drawing.plot, (0.0, 1.0))[1]
                item.show(drawing, Look(t, type_scale, self._places[drawing.plot].upwards, top))
                item.setVisible(True)
                item.setZValue(_CORNERS if isinstance(drawing, _IN_CORNERS) else z + drawing.lift + i * _NEXT)
        for key in self._items.keys() - shown:
            self._items[key].setVisible(False)
        self.place_corners()

    def _made(self, drawing: Drawing) -> Any:
        item, plot = _ITEMS[type(drawing)](), self._places[drawing.plot].plot
        if isinstance(drawing, _IN_CORNERS):
            item.setParentItem(plot.getViewBox())
        else:
            plot.addItem(item, ignoreBounds=True)
        return item

    def place_corners(self) -> None:
        """Puts what stands in corners there, once the plots have another size."""
        for (_, _, sort, plot), item in self._items.items():
            if issubclass(sort, _IN_CORNERS):
                item.place(QRectF(self._places[plot].plot.getViewBox().rect()))

    def item(self, layer: str, sort: type[Drawing]) -> Any:
        """The first visible item of a layer and a sort of drawing; None where there is none."""
        found = (item for key, item in self._items.items() if (key[0], key[2]) == (layer, sort) and item.isVisible())
        return next(found, None)
