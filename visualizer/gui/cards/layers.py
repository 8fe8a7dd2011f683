"""The layers: which are drawn, and in which order."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QListWidget, QListWidgetItem, QWidget

from visualizer.engine.palette import Theme
from visualizer.gui.canvas.handles import MAX_HANDLES
from visualizer.gui.sizes import px, sized
from visualizer.gui.widgets.card import Card, Choice, More, wrapped
from visualizer.scene.across import walks_across
from visualizer.scene.layers import LAYERS, InPicture, LayerKind, Need, layer_names
from visualizer.scene.model import Scene

#: Where an item has the name of its layer.
_NAME = Qt.ItemDataRole.UserRole
#: Side of the square in the colour of a layer, in pixels.
_DOT = 9


def _there(scene: Scene) -> Need:
    """What there is that layers may need."""
    target = scene.target
    found = {
        Need.DENSITY: target.known,
        Need.POINTS: target.points_shown is not None,
        Need.NO_HANDLES: not 0 < target.components <= MAX_HANDLES,
        Need.RIVER: scene.view.picture == "river",
        Need.NETWORK: scene.field.kind == "learned",
        Need.GUIDANCE: scene.guidance.kind != "none",
    }
    return reduce(or_, (need for need, there in found.items() if there), Need.NOTHING)


def layers_offered(scene: Scene) -> list[str]:
    """The layers there can be: those drawn from the top down, then the others."""
    drawn, there = scene.layers.of(scene.target.d), _there(scene)
    every = [*reversed(drawn), *(n for n in layer_names(scene.target.d) if n not in drawn)]
    return [
        name for name in every
        if LAYERS[name].needs in there and (name in drawn or LAYERS[name].wanted_with in there)
    ]  # fmt: skip


def titled_layers(scene: Scene) -> list[tuple[str, str]]:
    """The layers there can be, from the bottom up, and what they are called."""
    drawn, offered = scene.layers.of(scene.target.d), layers_offered(scene)
    order = [*(n for n in reversed(offered) if n not in drawn), *(n for n in reversed(offered) if n in drawn)]
    return [(name, _said(name, scene.target.d).title) for name in order]


def _said(name: str, d: int) -> InPicture:
    found = LAYERS[name].of(d)
    assert found is not None  # the scene has made sure of it
    return found


def _offer(scene: Scene) -> object:
    """All that decides which layers are listed."""
    target = scene.target
    kinds = target.d, target.kind, target.components, scene.field.kind, scene.guidance.kind
    return scene.layers, scene.view.picture, *kinds


def _swatch(kind: LayerKind, scene: Scene, t: Theme) -> QIcon:
    """The colour that a layer is drawn in."""
    followed = scene.field.kind == "learned" or scene.guidance.kind != "none"
    role = "learned" if followed and kind.follows else kind.ink
    dot = QPixmap(4 * _DOT, 4 * _DOT)  # icons shrink to what there is room for, and do not grow
    dot.fill(QColor(getattr(t, role)) if role else Qt.GlobalColor.transparent)
    return QIcon(dot)


class LayersCard(Card):
    """A list to tick and to drag into order (the upper ones are drawn over the lower), and how density is shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Layers, the uppermost first", parent)
        #: the layers that are drawn or were so in this scene: what is switched off stays in sight
        self._in_use: set[str] = set()
        self._styled = ""
        self.list = QListWidget()
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.list.setAccessibleName("Layers")
        sized(self.list, lambda w: w.setIconSize(QSize(px(_DOT), px(_DOT))))
        self.list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemChanged.connect(self._changed)
        self.list.model().rowsMoved.connect(self._moved)
        self.scale = Choice([("linear", "Linear density"), ("log", "Log density")],
                            "Colours over p or over log p (14 nats)", "Density scale")  # fmt: skip
        self.scale.activated.connect(self._choose_scale)
        self.picture = Choice([("river", "River over time"), ("line", "Curves")],
                              "The 1-D picture: pₜ(x) over time, or curves", "Picture")  # fmt: skip
        self.picture.activated.connect(self._choose_picture)
        row = QHBoxLayout()
        row.addWidget(self.scale)
        row.addWidget(self.picture)
        self.body.addLayout(row)
        self.body.addWidget(self.list)
        more = More("more")
        more.changed.connect(self._fit_list)
        self.add_more(more)
        # The rows are as high as their type once the style sheet has been read.
        sized(self, lambda card: QTimer.singleShot(0, card, card._fit_list))

    def show_scene(self, scene: Scene, t: Theme) -> None:
        """Follows the scene: drawn layers first, the uppermost on top, then those switched off."""
        old, self._scene = self._scene, scene
        flat = scene.target.d == 2
        self.scale.setVisible(flat and scene.target.known)
        self.picture.setVisible(not flat)
        self.scale.show_value(scene.layers.scale)
        self.picture.show_value(scene.view.picture)
        across = walks_across(scene)  # which has layers of its own
        self.list.setEnabled(not across)
        self.list.setToolTip("Noise left, data right has layers of its own (Shift+V)" if across else "")
        styled, self._styled = self._styled, t.name
        if old is not None and styled == t.name and _offer(old) == _offer(scene):
            return
        drawn = scene.layers.of(scene.target.d)
        if old is None or (old.title, old.target.d) != (scene.title, scene.target.d):
            self._in_use.clear()
        self._in_use.update(drawn)
        self.list.blockSignals(True)
        self.list.clear()
        for name in layers_offered(scene):
            said = _said(name, scene.target.d)
            item = QListWidgetItem(_swatch(LAYERS[name], scene, t), said.title)
            item.setData(_NAME, name)
            item.setToolTip(wrapped(f"{said.tip}\nDrag to change the order."))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if name in drawn else Qt.CheckState.Unchecked)
            self.list.addItem(item)
        self.list.blockSignals(False)
        self._fit_list()

    def _fit_list(self) -> None:
        """Shows what is drawn, or was in this scene; the others where more is asked for."""
        assert self.more is not None  # made with the card
        few, hidden, high = self.more.is_folded, 0, 4
        for i in range(self.list.count()):
            item = self.list.item(i)
            rest = item.data(_NAME) not in self._in_use
            item.setHidden(few and rest)
            hidden += rest
            high += 0 if item.isHidden() else self.list.sizeHintForRow(i)
        self.list.setFixedHeight(high)
        self.more.setVisible(hidden > 0)
        self.more.say(f"{hidden} more" if few else "fewer")

    def toggle(self, name: str) -> None:
        """Switches one layer, as its shortcut does."""
        for i in range(self.list.count()):
            item = self.list.item(i)
            if item.data(_NAME) == name:
                on = item.checkState() == Qt.CheckState.Checked
                item.setCheckState(Qt.CheckState.Unchecked if on else Qt.CheckState.Checked)
                return

    def _changed(self, item: QListWidgetItem) -> None:
        """A layer switched on goes on top, where it can be seen."""
        name = item.data(_NAME)
        top = name if item.checkState() == Qt.CheckState.Checked else None
        self._emit("switch a layer", top)

    def _moved(self, *_: Any) -> None:
        self._emit("reorder layers")

    def _emit(self, label: str, top: str | None = None) -> None:
        if self._scene is None:
            return
        items = [self.list.item(i) for i in range(self.list.count())]
        drawn = tuple(i.data(_NAME) for i in reversed(items) if i.checkState() == Qt.CheckState.Checked)
        key = "plane" if self._scene.target.d == 2 else "line"
        offered = {i.data(_NAME) for i in items}
        drawn = (*drawn, *(n for n in getattr(self._scene.layers, key) if n not in offered))
        if top is not None:
            drawn = (*(name for name in drawn if name != top), top)
        self.edited.emit(self._scene.with_(layers=self._scene.layers.with_(**{key: drawn})), label)

    def _choose_scale(self) -> None:
        if self._scene is not None:
            layers = self._scene.layers.with_(scale=self.scale.value)
            self.edited.emit(self._scene.with_(layers=layers), "change the density's scale")

    def _choose_picture(self) -> None:
        if self._scene is not None:
            view = self._scene.view.with_(picture=self.picture.value)
            self.edited.emit(self._scene.with_(view=view), "choose the picture")
