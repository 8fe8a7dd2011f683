"""What can be found, and by which words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QTimer
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

from visualizer.gui.actions import actions
from visualizer.gui.commands import Commands
from visualizer.gui.desk import Desk
from visualizer.gui.manual import FIRST, pages, read_text, slug
from visualizer.gui.menus import Menus
from visualizer.gui.widgets.card import Card, Choice
from visualizer.gui.widgets.number import NumberSlider
from visualizer.scene.layers import LAYERS, layer_names
from visualizer.scene.presets import load_scene, preset_names
from visualizer.scene.tour import tour_names

#: Words that people use for what is called something else here, by the name of an action or of a layer.
ALSO = {
    "restart": "reset again begin",
    "new_seed": "random reset",
    "fit": "zoom reset view whole",
    "reset_window": "window cards columns",
    "toggle_play": "start run stop pause animate",
    "save_picture": "image screenshot figure png",
    "export_video": "movie film animation mp4 gif",
    "export_numbers": "csv table data",
    "toggle_theme": "colours black white",
    "larger": "font size zoom text",
    "smaller": "font size zoom text",
    "add_picture": "side by side two race",
    "toggle_cards": "panels sidebar",
    "show_help": "shortcuts keyboard",
    "show_manual": "documentation help",
    "toggle_anatomy": "strip anatomy network encoder decoder parts",
    "training": "learn fit vae gan flow autoencoder network train",
    "latents": "codes encoder decoder vae autoencoder posterior",
    "variational": "elbo kl strokes kernel bound",
    "families": "vae gan flow autoencoder compare",
    "digits": "mnist handwritten images walk jump",
    "film_tour": "movie video mp4 lecture",
    "arrows": "vectors gradient field",
    "flow": "stream lines gradient field",
    "density": "heat map probability",
    "trails": "paths lines history",
}
#: The same by a word in the name of a number.
ALSO_OF_NUMBERS = {
    "particles": "more points samples number count",
    "step": "size learning rate",
    "steps": "number longer",
    "leapfrog": "trajectory length",
    "bandwidth": "kernel width smoothing",
    "σ": "noise smoothing sigma",
    "t": "time noise",
}
_MARKUP = re.compile(r"[*`_$\\{}]")
_LAID_OUT_MS = 60


@dataclass(frozen=True)
class Entry:
    """Something that can be found.

    Attributes:
        title, where, keys: what it is called, where it stands in the window, and its keys.
        words: others that it is found by.
        do: does it.
        aside: whether it is something to look at rather than something to do: of two that fit as well it comes later.
    """

    title: str
    where: str
    keys: str
    words: str
    do: Callable[[], object]
    aside: bool = False


def score(query: str, entry: Entry) -> float:
    """How well an entry fits; 0 where a word of the query begins none of its words.

    A word of the title counts more than one of the place or the tip, a whole word more than its beginning.
    """
    title, rest = _words(entry.title), _words(f"{entry.where} {entry.words}")
    total = 0.0
    for wanted in _words(query):
        in_title = max((_fit(wanted, word) for word in title), default=0.0)
        found = max(4.0 * in_title, max((_fit(wanted, word) for word in rest), default=0.0))
        if not found:
            return 0.0
        total += found
    begins = entry.title.lower().startswith(query.strip().lower())
    return max(0.5, total + 2.0 * begins - 0.01 * len(title) - 3.0 * entry.aside)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def _fit(wanted: str, word: str) -> float:
    return 0.0 if not word.startswith(wanted) else 1.5 if word == wanted else 1.0


def present(desk: Desk, commands: Commands, menus: Menus) -> Iterator[Entry]:
    """What can be done in the window as it is now."""
    for spec in actions():
        action = menus.actions[spec.method]
        if action.isEnabled():
            keys = QKeySequence(spec.keys[0]).toString(QKeySequence.SequenceFormat.NativeText) if spec.keys else ""
            words = f"{spec.tip} {ALSO.get(spec.method, '')}"
            yield Entry(action.text().rstrip("…"), spec.menu, keys, words, action.trigger)
    d = desk.scene.target.d
    for name in layer_names(d):
        there = LAYERS[name].of(d)
        assert there is not None  # it is one of those that are there
        words = f"{there.tip} {name} {ALSO.get(name, '')} show hide"
        toggle = partial(desk.cards.layers.toggle, name)
        yield Entry(there.title, "Layer", str(there.key) if there.key else "", words, toggle)
    for card in desk.cards:
        yield from _of_card(desk, card)


def _of_card(desk: Desk, card: Card) -> Iterator[Entry]:
    """The choices and the numbers of a card that are there to be set."""
    heading = card.accessibleName()
    for choice in card.findChildren(Choice):
        if choice.isVisibleTo(card.inside) and choice.isEnabled():
            for i in range(choice.count()):
                if choice.model().index(i, 0).flags().value & 32:  # ItemIsEnabled
                    of = choice.accessibleName()
                    where = heading if of == heading else f"{heading} › {of}"
                    yield Entry(choice.itemText(i), where, "", choice.toolTip(), partial(_choose, choice, i))
    for slider in card.findChildren(NumberSlider):
        if slider.isVisibleTo(card.inside) and slider.isEnabled():
            name = slider.name.text()
            also = " ".join(ALSO_OF_NUMBERS.get(word, "") for word in name.split())
            yield Entry(name, heading, "", f"{slider.toolTip()} {also} set change", partial(_reveal, desk, slider))


def _choose(choice: Choice, index: int) -> None:
    choice.setCurrentIndex(index)
    choice.activated.emit(index)


def _reveal(desk: Desk, slider: NumberSlider) -> None:
    """Brings a control into sight, its number ready to be typed over."""
    for card in desk.cards:
        if card.isAncestorOf(slider):
            card.fold(False)
    for column in (desk.left, desk.right):
        inside: QWidget | None = column.widget()
        if inside is not None and inside.isAncestorOf(slider):
            column.show()
            column.ensureWidgetVisible(slider, 0, 40)

    def take() -> None:
        slider.activateWindow()
        slider.field.setFocus()
        slider.field.selectAll()

    QTimer.singleShot(_LAID_OUT_MS, slider, take)


def stored(desk: Desk, commands: Commands) -> list[Entry]:
    """Scenes, tours and pages, which lie in files: call it in the background."""
    found = list[Entry]()
    for name in preset_names():
        scene = load_scene(name)
        words = f"{name} {scene.caption} {scene.sampler.title} {scene.target.called}"
        found.append(Entry(scene.title, "Scene", "", words, partial(desk.files.open_path, name), True))
    for name in tour_names():
        title = name.replace("-", " ").capitalize()
        found.append(Entry(title, "Tour", "", "lecture present", partial(commands.present_tour, name), True))
    for file, title in pages():
        headings = [title] if file == FIRST else [title, *re.findall(r"^##+ (.+)$", read_text(file), re.MULTILINE)]
        for i, heading in enumerate(headings):
            plain = _MARKUP.sub("", heading)
            where = "Manual" if i == 0 else f"Manual › {title}"
            open_there = partial(commands.show_manual_at, file, slug(heading) if i else "")
            found.append(Entry(plain, where, "", "help read about", open_there, True))
    return found
