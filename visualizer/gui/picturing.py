"""The dialog that saves the picture: which kind of file, for which ground, with what around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QVBoxLayout,
)

from visualizer.engine.frame import Picture, Viewport
from visualizer.engine.host.talk import Errand, Portrayed
from visualizer.gui.desk import Desk
from visualizer.gui.document.asking import ask_to_save, suggested
from visualizer.gui.document.files import with_nets_beside
from visualizer.gui.forecast import Preview
from visualizer.gui.offscreen.page import Look, Page
from visualizer.gui.offscreen.stills import STILL_SUFFIXES, still, suffix_of
from visualizer.gui.widgets.card import Choice, button_row
from visualizer.gui.widgets.colours import Colours
from visualizer.gui.writing import WritingDialog
from visualizer.scene.model import Scene

_FORMATS = ((".png", "PNG picture"), (".svg", "SVG drawing, for papers"), (".pdf", "PDF page, for papers"))
_COLOURS = (("", "As in the window"), ("dark", "Dark, for screens"), ("light", "Light, for paper"))


class PictureDialog(WritingDialog):
    """The moment that is shown, as a file; drawn anew in the colours that are chosen."""

    def __init__(self, desk: Desk) -> None:
        said = "The moment that is shown is saved, without the handles."
        super().__init__("Save the picture", said, "Save…", desk.host)
        self._desk = desk
        self.format = Choice(list(_FORMATS), "In SVG and PDF curves stay curves", "Format")
        self.theme = Colours(_COLOURS, "Colours of the picture", "Colours")
        self.scale = QDoubleSpinBox()
        self.scale.setRange(1, 8)
        self.scale.setDecimals(1)
        self.scale.setValue(max(1.0, desk.figure.devicePixelRatioF()))
        self.scale.setSuffix(" ×")
        self.scale.setAccessibleName("Resolution")
        self.scale.setToolTip("Pixels of the file to one of the window; type and lines grow along")
        self.transparent = QCheckBox("Transparent background")
        self.outlines = QCheckBox("Letters as curves")
        self.outlines.setToolTip("The same in every program; without it text stays text, and can be edited")
        self.title, self.caption, self.equation = QCheckBox("Title"), QCheckBox("Caption"), QCheckBox("Equation")
        self.preview = Preview()
        self._lay_out()
        self.format.activated.connect(self._format_chosen)
        for choice in (self.format, self.theme):
            choice.activated.connect(self._show)
        for box in (self.transparent, self.title, self.caption, self.equation):
            box.toggled.connect(self._show)
        self._format_chosen()
        self._show()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setVerticalSpacing(7)
        around = QHBoxLayout()
        around.setSpacing(14)
        for box in (self.title, self.caption, self.equation):
            around.addWidget(box)
        around.addStretch(1)
        form.addRow("Format", self.format)
        form.addRow("Colours", self.theme)
        form.addRow("Resolution", self.scale)
        form.addRow("", self.transparent)
        form.addRow("", self.outlines)
        form.addRow("With", around)
        columns = QHBoxLayout()
        columns.setSpacing(20)
        columns.addLayout(form)
        columns.addWidget(self.preview, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 18, 18, 16)
        layout.setSpacing(12)
        layout.addLayout(columns)
        layout.addWidget(self.status)
        layout.addLayout(button_row(self.close_button, self.start))

    def _format_chosen(self) -> None:
        """A drawing for a paper is light, as long as nothing else is chosen."""
        suffix = str(self.format.value)
        self.theme.show_value("" if suffix == ".png" else "light")
        self.outlines.setEnabled(suffix == ".svg")
        self.scale.setEnabled(suffix == ".png")

    def look(self, suffix: str) -> Look:
        """What is chosen, for a kind of file."""
        figure = self._desk.figure
        ratio = self.scale.value() if suffix == ".png" else 1.0
        return Look(
            round(figure.width() * ratio), round(figure.height() * ratio), title=self.title.isChecked(),
            caption=self.caption.isChecked(), equation=self.equation.isChecked(),
            transparent=self.transparent.isChecked(), outlines=self.outlines.isChecked(), scale=ratio,
        )  # fmt: skip

    def _show(self) -> None:
        self.theme.say_for(self.transparent.isChecked())
        figure, width = self._desk.figure, 2 * self.preview.sizeHint().width()
        scale = width / figure.width()
        small = replace(self.look(".png"), width=width, height=round(figure.height() * scale), scale=scale)
        self._portray(self._desk.scene, small, lambda page, drawn: self.preview.show_image(page.image(drawn).copy()))

    def ask(self) -> None:
        suffix = str(self.format.value)
        path = ask_to_save(self, "Save to", suggested(self._desk.scene.title, suffix), f"*{suffix}", suffix)
        if path is not None:
            self.save_to(path)

    def save_to(self, path: Path) -> None:
        """Draws the picture, and writes it in the background; its networks come to lie beside it."""
        if not suffix_of(path):
            self.status.setText(f"{path.name}: expected a name that ends in {', '.join(STILL_SUFFIXES)}.")
            return
        self.begin("Drawing…")

        def drawn(scene: Scene, page: Page, pictures: tuple[Picture, ...]) -> None:
            self.write(path, still(suffix_of(path), page, pictures, scene, path.parent), f"Saved to {path}")

        with_nets_beside(
            self, self._desk.player, self._desk.scene, path,
            lambda scene: self._portray(scene, self.look(suffix_of(path)), partial(drawn, scene)),
            partial(self.failed, path),
        )  # fmt: skip

    def _portray(self, scene: Scene, look: Look, then: Callable[[Page, tuple[Picture, ...]], None]) -> None:
        """Hands a page in the chosen colours, and the pictures for it, over to `then`."""
        theme = str(self.theme.value) or scene.view.theme
        page = Page(as_shown(scene.with_(view=scene.view.with_(theme=theme)), self._desk.figure.views()), look)
        page.lay_out()

        def came(pictures: tuple[Picture, ...]) -> None:
            try:
                then(page, pictures)
            finally:
                page.close()

        wanted = Portrayed(theme, page.figure.views())
        errand = Errand("visualizer.engine.experiments.portraits:portraits", wanted)
        self._desk.player.ask(self, errand, came, lambda _: page.close())


def as_shown(scene: Scene, views: tuple[Viewport, ...]) -> Scene:
    """The scene with a view of what the canvases show, wherever they have been moved to."""
    view = views[0]
    x, y = (view.x0, view.x1), (view.y0, view.y1)
    return scene.with_(view=scene.view.with_(x=x, y=y) if scene.target.d == 2 else scene.view.with_(x=x))
