"""What everything in the window works on: the document, its run, the picture, the cards, and which of them are chosen.

Commands, menus, the presenter and the recorder know the desk; none of them knows the window.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from PySide6.QtWidgets import QMainWindow, QScrollArea

from visualizer.engine.findings.report import Report
from visualizer.engine.frame import Picture
from visualizer.engine.host.talk import Result
from visualizer.engine.palette import Theme
from visualizer.gui.anatomy import AnatomyStrip
from visualizer.gui.banner import Banner
from visualizer.gui.canvas.frequency import FrequencyPlot
from visualizer.gui.cards.columns import Cards
from visualizer.gui.dock import Dock
from visualizer.gui.document.files import Files
from visualizer.gui.document.plugins import Plugins
from visualizer.gui.document.settings import Settings
from visualizer.gui.document.store import Store
from visualizer.gui.figure import Figure
from visualizer.gui.run.player import Player
from visualizer.gui.theme import theme
from visualizer.gui.transport import Transport
from visualizer.gui.widgets.card import Shown
from visualizer.gui.words.billboard import Billboard
from visualizer.scene.compare import picture, with_picture
from visualizer.scene.model import Scene


@dataclass(eq=False)
class Desk:
    """The parts of a window, and what is done with them from several places.

    Attributes:
        host: the window: parent of dialogs, and what fills the screen.
        device: what was asked to compute on.
        store, files: the document, and where it is kept.
        plugins: what is let in from outside.
        player: its run.
        figure, billboard, transport, banner: the picture, a lecture's words around it, the row below, the line above.
        anatomy: the parts of the model, above the picture.
        cards: the controls and read-outs.
        left, right: the columns that the cards stand in.
        dock: what holds the right one, or a window that is docked in its place.
        result: the last moment that came from the run.
        restarted: whether the next moment is the first of a run.
    """

    host: QMainWindow
    settings: Settings
    device: str
    store: Store
    files: Files
    plugins: Plugins
    player: Player
    figure: Figure
    billboard: Billboard
    transport: Transport
    anatomy: AnatomyStrip
    banner: Banner
    cards: Cards
    left: QScrollArea
    right: QScrollArea
    dock: Dock
    result: Result | None = None
    restarted: bool = True
    _active: int = field(default=0, init=False)
    _selection: int = field(default=-1, init=False)

    # what there is

    @property
    def scene(self) -> Scene:
        """The document as it is now."""
        return self.store.scene

    @property
    def theme(self) -> Theme:
        """Its colours."""
        return theme(self.scene.view.theme)

    @property
    def active_picture(self) -> int:
        """Which of several pictures the cards are about."""
        return min(self._active, max(0, len(self.scene.panels) - 1))

    @property
    def shown(self) -> Scene:
        """The scene of that picture."""
        return picture(self.scene, self.active_picture)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The moment on the screen; nothing before there is one."""
        return self.result.pictures if self.result is not None else ()

    @property
    def playing(self) -> bool:
        """Whether the run plays, as far as one can see."""
        return self.result is not None and self.result.playing

    @property
    def moment(self) -> Shown | None:
        """What cards are shown of the moment on the screen."""
        return Shown(self.scene, self.active_picture, self.result, self.theme) if self.result is not None else None

    @property
    def report(self) -> Report | None:
        """The last diagnostics of the picture that the cards are about, if there are any."""
        return self.moment.report if self.moment is not None else None

    @property
    def selection(self) -> int:
        """Index of the selected component, or -1."""
        return self._selection if self._selection < self.scene.target.components else -1

    # what is done

    def edit(self, scene: Scene, label: str) -> None:
        """The document becomes this one. Where it is the same, controls that say something else are put back."""
        if scene == self.scene:
            self.figure.show_scene(scene, self.theme)
            self.show_cards()
        else:
            self.store.edit(scene, label)

    def edit_picture(self, edited: Scene, label: str) -> None:
        """The scene of the picture that the cards are about becomes this one."""
        self.edit(with_picture(self.scene, self.active_picture, edited), label)

    def gesture(self, begins: bool) -> None:
        """What is edited from its beginning to its end is one edit."""
        if begins:
            self.store.begin()
        else:
            self.store.end()

    def choose_picture(self, index: int) -> None:
        """Lets the cards be about another picture."""
        self._active = index
        self.show_cards()
        if self.result is not None and len(self.result.pictures) == len(self.figure.canvases):
            self.show_result(self.result)

    def obey(self, plot: FrequencyPlot) -> None:
        """What is dragged in a Fourier view, wherever it stands, is an edit."""
        plot.sigma_wanted.connect(self.cards.noise.take_sigma)
        plot.band_wanted.connect(self.cards.fourier.set_band)
        plot.gesture.connect(self.gesture)

    def select(self, k: int) -> None:
        """Selects a component, or none with -1."""
        self._selection = k
        self.cards.target.mixture.show_selection(k)
        for canvas in self.figure.canvases:
            handles: Any = getattr(canvas, "handles", None)
            if handles is not None and handles.selection != k:
                handles.selection = k
                handles.update()

    def show_cards(self, shapes_alone: bool = False) -> None:
        """All cards follow the scene. While a component is dragged, only its shape is shown anew: that is fast."""
        shown, t = self.shown, self.theme
        for card in self.cards:
            if shapes_alone and card is not self.cards.target:
                card.take(shown)
            else:
                card.show_scene(shown, t)
        if not shapes_alone:
            self.figure.choose(-1 if self.left.isHidden() else self.active_picture)
            self.anatomy.show_scene(shown, t)
            self.cards.sampler.pictures.show_scene(self.scene, self.active_picture)
            self.transport.apply_theme(t)

    def show_result(self, result: Result) -> None:
        """Draws a moment of the run, and shows it to the cards."""
        self.result = result
        self.figure.show_pictures(result.pictures)
        shown = self.moment
        assert shown is not None  # there is a result now
        self.transport.show_playing(result.playing)
        self.transport.show_moment(shown.picture.moment, self.restarted)
        self.restarted = False
        for card in self.cards:
            card.show_result(shown)
