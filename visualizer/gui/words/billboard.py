"""What stands around the picture while presenting: a title above, caption and equation below, in large type."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from visualizer.engine.frame import Moment
from visualizer.engine.palette import Theme
from visualizer.gui.canvas.fourier_view import FourierView
from visualizer.gui.run.player import Ask
from visualizer.gui.theme import font
from visualizer.gui.widgets.math import MathLabel
from visualizer.gui.words.equations import equation
from visualizer.gui.words.norms import NormView
from visualizer.gui.words.sheet import SheetView
from visualizer.gui.words.spoken import Words
from visualizer.scene.model import Scene

#: Size of the title, as a share of the window's height.
_TITLE = 0.034
#: Size of the text, as a share of the window's height.
_TEXT = 0.0235
_CAPTION_MOST = 0.24
#: Width of what stands beside the picture, in heights of the window.
_SIDE = 0.36
#: The same of a sheet of digits, which is what is looked at.
_SHEET = 0.6
#: Margin around it, in pixels.
_AROUND = 40


class Billboard:
    """Strips around the picture, hidden unless something is presented."""

    def __init__(self, ask: Ask) -> None:
        self.top, self.bottom = QWidget(), QWidget()
        self.title, self.number, self.recording = QLabel(), QLabel(), QLabel("● recording")
        self.recording.hide()
        self.title.setWordWrap(True)
        self.number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.words, self.math = Words(), MathLabel()
        above = QHBoxLayout(self.top)
        above.setContentsMargins(28, 14, 28, 4)
        above.addWidget(self.title, 1)
        above.addWidget(self.recording)
        above.addWidget(self.number)
        below = QHBoxLayout(self.bottom)
        below.setContentsMargins(28, 8, 28, 20)
        below.setSpacing(40)
        below.addWidget(self.words, 3, Qt.AlignmentFlag.AlignTop)
        below.addWidget(self.math, 2, Qt.AlignmentFlag.AlignTop)
        self.side = QWidget()
        self.fourier = FourierView((260, 300), 130)
        beside = QVBoxLayout(self.side)
        beside.setContentsMargins(12, 24, 28, 12)
        beside.addWidget(self.fourier)
        beside.addWidget(self.fourier.hues)
        self.norms = NormView(ask)
        beside.addWidget(self.norms)
        self.sheet = SheetView(ask)
        beside.addWidget(self.sheet)
        beside.addStretch(1)
        for strip in (self.top, self.bottom, self.side):
            strip.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
            strip.hide()
        for strip in (self.top, self.bottom):
            strip.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def show_strips(self, visible: bool) -> None:
        """Shows or hides those above and below."""
        self.top.setVisible(visible)
        self.bottom.setVisible(visible)
        if not visible:
            self.side.hide()

    def show_recording(self, on: bool, t: Theme) -> None:
        """Says that what happens is recorded."""
        self.recording.setVisible(on)
        self.recording.setStyleSheet(f"color: {t.error}; font-size: 15px; padding-right: 16px;")

    def show_texts(self, title: str, caption: str, number: str, t: Theme, height: int) -> None:
        """Title, caption and "3 / 12" in type that suits a window of this height."""
        for strip in (self.top, self.bottom, self.side):
            strip.setStyleSheet(f"background: {t.canvas};")
        _set(self.title, title, font(round(_TITLE * height), QFont.Weight.DemiBold), t.text)
        _set(self.number, number, font(round(_TEXT * height)), t.faint)
        self.words.setVisible(bool(caption))
        self.words.show_words(caption, t, round(_TEXT * height), round(_CAPTION_MOST * height))

    def show_equation(self, scene: Scene, moment: Moment | None, wanted: bool, t: Theme, height: int) -> None:
        """What is running."""
        self.math.setVisible(wanted)
        if wanted:
            self.math.show_tex(equation(scene, t, moment, False), t.text, 1.35 * _TEXT * height)

    def show_side(self, scene: Scene, norms: int | None, digits: float | None, t: Theme, height: int) -> None:
        """Beside the picture what is asked for: characteristic function, length of vectors, a chain of digits."""
        asked = {self.fourier: scene.view.fourier, self.norms: bool(norms), self.sheet: bool(digits)}
        self.side.setVisible(any(asked.values()))
        for widget in sorted(asked, key=lambda w: asked[w]):  # what goes makes room before something comes
            widget.setVisible(asked[widget])
        size = round(0.8 * _TEXT * height)
        wide = round((_SHEET if digits else _SIDE) * height)
        self.side.setFixedWidth(wide + _AROUND)
        self.fourier.plot.heights = (round(0.8 * wide), wide)
        if scene.view.fourier:
            self.fourier.show_scene(scene, t, t.canvas, size)
        if norms:
            self.norms.show_norms(norms, t, t.canvas, size)
        if digits:
            self.sheet.show_sheet(digits, t, wide, size)


def _set(label: QLabel, text: str, type_: QFont, ink: str) -> None:
    label.setText(text)
    label.setStyleSheet(f"font-size: {type_.pixelSize()}px; font-weight: {type_.weight().value}; color: {ink};")
