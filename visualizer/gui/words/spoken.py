"""Captions in Markdown with formulas between dollars."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import QByteArray, QRectF, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QPainter,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

from visualizer.engine.palette import Theme
from visualizer.gui.jobs import run_in_background
from visualizer.gui.theme import font
from visualizer.gui.widgets.math import typeset

#: A formula between single dollars, without spaces at its ends, so that prices are none; a dollar after \ is one.
_FORMULA = re.compile(r"(?<!\\)\$(?!\s)([^$\n]+?)(?<![\s\\])\$")
_LINE = 1.32


def formulas(text: str) -> list[str]:
    """The formulas in a text."""
    return _FORMULA.findall(text)


class Words(QTextBrowser):
    """A text in large type, as high as it needs to be. Formulas are set in the background; then all appears at once."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setOpenLinks(False)
        self._wanted: object = None
        self._highest = 10_000

    def show_words(self, text: str, t: Theme, size: int, highest: int) -> None:
        """Shows a text in type of `size` pixels; beyond `highest` pixels it scrolls."""
        key = (text, t.name, size)
        self._highest = highest
        if key == self._wanted:
            self._fit()
            return
        self._wanted = key
        # In the sheet, not as a font: the application's own sheet would put its size back.
        self.setStyleSheet(f"background: transparent; font-size: {size}px;")
        self.setAccessibleName(text)

        def work() -> Any:
            return key, [set_formula(f, t.text, 1.2 * size) for f in formulas(text)]

        def done(answer: Any) -> None:
            if answer[0] == self._wanted:
                self.setDocument(_document(text, answer[1], t, size, self))
                self._fit()

        run_in_background(self, work, done)

    def _fit(self) -> None:
        self.document().setTextWidth(self.viewport().width())
        self.setFixedHeight(min(self._highest, round(self.document().size().height()) + 2))

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._fit()


def set_formula(tex: str, ink: str, size: float) -> str:
    """A formula as SVG; "" where it is none that can be set."""
    try:
        return typeset(tex, ink, size)
    except Exception:  # the library raises whatever it comes across
        return ""


def _document(text: str, svgs: list[str], t: Theme, size: int, parent: QWidget) -> QTextDocument:
    """Markdown as a document, its formulas as images on the line."""
    document = QTextDocument(parent)
    document.setDefaultFont(font(size))
    document.setDocumentMargin(0)
    numbers = iter(range(len(svgs)))
    # A picture that a text names would be fetched, from anywhere: it becomes a link, which nobody follows.
    text = text.replace("![", "[")
    marked = _FORMULA.sub(lambda found: _in_markdown(found, next(numbers), svgs), text).replace("\\$", "$")
    document.setMarkdown(marked, QTextDocument.MarkdownFeature.MarkdownNoHTML)
    for i, svg in enumerate(svgs):  # what is there before is forgotten with the text before
        if not svg:
            continue
        image = formula_image(svg, QFontMetricsF(document.defaultFont()), parent.devicePixelRatioF())
        document.addResource(QTextDocument.ResourceType.ImageResource, QUrl(f"formula:{i}"), image)
    cursor = QTextCursor(document)
    cursor.select(QTextCursor.SelectionType.Document)
    ink = QTextCharFormat()
    ink.setForeground(QColor(t.text))
    cursor.mergeCharFormat(ink)
    refine(document)
    return document


def _in_markdown(found: re.Match[str], number: int, svgs: list[str]) -> str:
    """An image for a formula; its source where it could not be set."""
    return f"![formula](formula:{number})" if svgs[number] else f"`{found.group(1)}`"


def formula_image(svg: str, measure: QFontMetricsF, ratio: float) -> QImage:
    """A formula as an image, with as many pixels to a logical one as the screen has.

    Qt puts the middle of an image half the height of an x above the baseline. So the image is made higher, above or
    below, as much as brings the formula's own baseline onto that of the text.
    """
    renderer = QSvgRenderer(QByteArray(svg.encode()))
    box = renderer.viewBoxF()  # its zero is the baseline
    above, below, middle = -box.top(), box.bottom(), measure.xHeight() / 2
    more = (above - middle) - (below + middle)  # what is missing below, if positive
    top, bottom = max(0.0, -more), max(0.0, more)
    image = QImage(
        math.ceil(box.width() * ratio), math.ceil((box.height() + top + bottom) * ratio),
        QImage.Format.Format_ARGB32_Premultiplied,
    )  # fmt: skip
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, top * ratio, box.width() * ratio, box.height() * ratio))
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image


def refine(document: QTextDocument) -> None:
    """Formulas stand in the middle of their line; what is strong is as strong as the font that is shipped."""
    whole = QTextCursor(document)
    whole.select(QTextCursor.SelectionType.Document)
    spacing = QTextBlockFormat()
    spacing.setLineHeight(100 * _LINE, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    whole.mergeBlockFormat(spacing)
    for cursor, form in pieces(document):
        if form.isImageFormat():
            form.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignMiddle)
        if form.fontWeight() > QFont.Weight.DemiBold:
            form.setFontWeight(QFont.Weight.DemiBold)
        cursor.setCharFormat(form)


def blocks(document: QTextDocument) -> Iterator[QTextBlock]:
    """Paragraphs, headings, and cells of tables, in their order."""
    block = document.begin()
    while block.isValid():
        yield block
        block = block.next()


def pieces(document: QTextDocument) -> list[tuple[QTextCursor, QTextCharFormat]]:
    """What is set alike, selected, with its format: all of it is found before anything is changed."""
    found = []
    for block in blocks(document):
        iterator = block.begin()
        while not iterator.atEnd():
            fragment = iterator.fragment()
            cursor = QTextCursor(document)
            cursor.setPosition(fragment.position())
            cursor.setPosition(fragment.position() + fragment.length(), QTextCursor.MoveMode.KeepAnchor)
            found.append((cursor, fragment.charFormat()))
            iterator += 1
    return found
