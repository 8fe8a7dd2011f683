"""The layers: which are drawn, and in which order."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QListWidget, QListWidgetItem, QWidget

from visualizer.gui.canvas.handles import MAX_HANDLES
from visualizer.gui.widgets.card import Card, Choice, wrapped
from visualizer.scene.model import Scene
from visualizer.scene.view import LAYERS_1D, LAYERS_2D

NAMES = {
    "density": ("Density pₜ", "pₜ(x) as an image, indigo"),
    "contours": ("Contours", "Lines of equal density: p = max p · exp(−r²/2) for r = 0.6, 1.2, …"),
    "flow": ("Score flow", "Tracers that drift along ∇log pₜ and leave fading trails"),
    "arrows": ("Score arrows", "∇log pₜ on a grid; of a network or under guidance in green"),
    "denoiser": (
        "Denoiser arrows",
        "x → D(x) = E[x_0 | x_t = x], Tweedie's formula; of a network or guided in green",
    ),
    "exact-arrows": ("Exact score arrows", "The target's own ∇log pₜ, beside that of the network that is followed"),
    "exact-denoiser": ("Exact denoiser arrows", "The target's own x → D(x), beside the network's"),
    "tilted": (
        "Tilted density",
        "pₜ(x)^(1−w) pₜ(x | y)^w, violet: what guidance aims at at this noise level",
    ),
    "error": ("Error of the network", "σ‖s_θ − s‖: transparent where the network is right, opaque red from 1"),
    "data": ("Data", "The points of the data set, in the colour of text"),
    "particles": ("Particles", "The particles; many of them as an image of counts on a log scale"),
    "step": (
        "What the step did",
        "What the sampler has: refused proposals (red), trajectories, momenta, replicas (violet to red), jumps (green)",
    ),
    "difference": ("Particles − p", "The particles' density minus pₜ: too many red, too few indigo"),
    "traps": (
        "Traps",
        "The slowest mode of Langevin, relaxation time 1/λ₂: teal and red are the two traps it parts",
    ),
    "sinks": ("Sinks of the score", "∇·s = Δ log pₜ: teal where the score flows together, red where apart"),
    "trails": ("Trails", "The last 60 steps of 64 particles"),
    "responsibilities": ("Responsibilities", "Each particle in the colour of its component, or of its mode"),
    "modes": (
        "Modes",
        "The modes by number, and the lines along which their basins meet: from there ẋ = ∇log p falls to either side",
    ),
    "marginals": ("Marginals", "Exact marginals and the particles' histograms along the axes"),
    "target": ("Target p", "The density p_0, dashed"),
    "score": ("Score", "∇log pₜ(x)"),
    "rug": ("Rug", "A tick for each of 400 particles"),
    "paths": ("Paths in the river", "64 particles followed through time"),
}
#: Layers of the density, which must be known.
_OF_THE_DENSITY = (
    "density", "contours", "tilted", "difference", "traps", "exact-arrows", "exact-denoiser", "error", "target",
    "responsibilities", "modes",
)  # fmt: skip
#: Layers that hold a network against the truth.
JUDGING = ("exact-arrows", "exact-denoiser", "error")
_LINE_NAMES = {
    "step": (
        "What the step did",
        "Above the rug: refused proposals (red), jumps (green), replicas by temperature, "
        "trajectories and momenta (violet)",
    ),
    "traps": (
        "Traps",
        "The slowest mode of Langevin, relaxation time 1/λ₂: under pₜ its two signs, teal and red, beside the score "
        "the eigenfunction itself",
    ),
    "density": ("Density pₜ", "The density at the noise level shown"),
    "particles": ("Histogram", "The particles' histogram, amber"),
}


def layers_offered(scene: Scene) -> list[str]:
    """The layers there can be: those drawn from the top down, then the others."""
    flat = scene.target.d == 2
    drawn: tuple[str, ...] = scene.layers.plane if flat else scene.layers.line
    every: tuple[str, ...] = LAYERS_2D if flat else LAYERS_1D
    order = [*reversed(drawn), *(n for n in every if n not in drawn)]
    if scene.target.kind != "data":  # it comes back with data
        order = [n for n in order if n != "data"]
    if not flat and scene.view.picture != "river":
        order = [n for n in order if n != "paths"]
    if not scene.target.known:
        order = [n for n in order if n not in _OF_THE_DENSITY]
    if scene.guidance.kind == "none":
        order = [n for n in order if n in drawn or n != "tilted"]
    if 0 < scene.target.components <= MAX_HANDLES:  # components have handles
        order = [n for n in order if n != "modes"]
    if scene.field.kind != "learned":  # nothing is learned that could be held against the truth
        order = [n for n in order if n in drawn or n not in JUDGING]
    return order


def layer_names(scene: Scene) -> list[tuple[str, str]]:
    """The layers there can be, from the bottom up, and what they are called."""
    names = {**NAMES, **({} if scene.target.d == 2 else _LINE_NAMES)}
    drawn = set(scene.layers.plane if scene.target.d == 2 else scene.layers.line)
    offered = layers_offered(scene)
    order = [*(n for n in reversed(offered) if n not in drawn), *(n for n in reversed(offered) if n in drawn)]
    return [(name, names[name][0]) for name in order]


def _offer(scene: Scene) -> object:
    """All that decides which layers are listed."""
    target = scene.target
    kinds = target.d, target.kind, target.components, scene.field.kind, scene.guidance.kind
    return scene.layers, scene.view.picture, *kinds


class LayersPanel(Card):
    """A list to tick and to drag into order (the upper ones are drawn over the lower), and how density is shown."""

    edited = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Layers, the uppermost first", parent)
        self._scene: Scene | None = None
        self.list = QListWidget()
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.list.setAccessibleName("Layers")
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

    def take(self, scene: Scene) -> None:
        """Edits start from this scene; nothing that is shown here has changed."""
        self._scene = scene

    def show_scene(self, scene: Scene) -> None:
        """Follows the scene: drawn layers first, the uppermost on top, then those switched off."""
        old, self._scene = self._scene, scene
        flat = scene.target.d == 2
        self.scale.setVisible(flat and scene.target.known)
        self.picture.setVisible(not flat)
        self.scale.show_value(scene.layers.scale)
        self.picture.show_value(scene.view.picture)
        if old is not None and _offer(old) == _offer(scene):
            return
        drawn = scene.layers.plane if flat else scene.layers.line
        names = {**NAMES, **({} if flat else _LINE_NAMES)}
        order = layers_offered(scene)
        self.list.blockSignals(True)
        self.list.clear()
        for name in order:
            text, tip = names[name]
            item = QListWidgetItem(text)
            item.setData(Qt.ItemDataRole.UserRole, name)
            item.setToolTip(wrapped(f"{tip}\nDrag to change the order."))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if name in drawn else Qt.CheckState.Unchecked)
            self.list.addItem(item)
        self.list.blockSignals(False)
        self.list.setFixedHeight(sum(self.list.sizeHintForRow(i) for i in range(self.list.count())) + 4)

    def toggle(self, name: str) -> None:
        """Switches one layer, as its shortcut does."""
        for i in range(self.list.count()):
            item = self.list.item(i)
            if item.data(Qt.ItemDataRole.UserRole) == name:
                on = item.checkState() == Qt.CheckState.Checked
                item.setCheckState(Qt.CheckState.Unchecked if on else Qt.CheckState.Checked)
                return

    def _changed(self, item: QListWidgetItem) -> None:
        """A layer switched on goes on top, where it can be seen."""
        name = item.data(Qt.ItemDataRole.UserRole)
        top = name if item.checkState() == Qt.CheckState.Checked else None
        self._emit("switch a layer", top)

    def _moved(self, *_: Any) -> None:
        self._emit("reorder layers")

    def _emit(self, label: str, top: str | None = None) -> None:
        if self._scene is None:
            return
        items = [self.list.item(i) for i in range(self.list.count())]
        drawn = tuple(
            i.data(Qt.ItemDataRole.UserRole) for i in reversed(items) if i.checkState() == Qt.CheckState.Checked
        )
        key = "plane" if self._scene.target.d == 2 else "line"
        offered = {i.data(Qt.ItemDataRole.UserRole) for i in items}
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
