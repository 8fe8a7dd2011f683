"""The manual in a window of its own: pages of `resources/manual` in Markdown, their formulas typeset."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QDesktopServices,
    QFontMetricsF,
    QImage,
    QKeySequence,
    QShortcut,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QTextBrowser,
    QVBoxLayout,
)

from visualizer.engine.palette import Theme
from visualizer.gui.desk import Desk
from visualizer.gui.jobs import Newest, run_in_background
from visualizer.gui.sizes import px, sized
from visualizer.gui.theme import font
from visualizer.gui.widgets.card import muted
from visualizer.gui.widgets.dialog import Dialog
from visualizer.gui.words.spoken import blocks, formula_image, pieces, refine, set_formula
from visualizer.scene.paths import data_folder

FIRST = "index.md"
_FORMULA = re.compile(r"^```math\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
_PICTURE = re.compile(r"!\[[^\]]*\]\(([^)]+)\)")
_LINK = re.compile(r"^- \[([^\]]+)\]\(([a-z-]+\.md)\)", re.MULTILINE)
#: Size of type, in pixels.
_TYPE = 14
#: Size of type in formulas.
_FORMULA_TYPE = 19.0
#: Lines longer than this are hard to read.
_WIDEST = 760
_LIST_WIDTH = 190
_FIELD_WIDTH = 260
_ROOM = 8.0


def manual_folder() -> Path:
    """Where the pages lie."""
    return data_folder("resources") / "manual"


@dataclass(frozen=True)
class Leaf:
    """A page as it was read.

    Attributes:
        name: of its file.
        text: Markdown, in which each formula is the image `formula:0`, `formula:1`, …
        formulas: SVG of each; "" where it could not be set.
        pictures: those that the text shows, by the name it calls them.
    """

    name: str
    text: str
    formulas: tuple[str, ...]
    pictures: dict[str, QImage]


def read_text(name: str) -> str:
    """A page in Markdown.

    Raises:
        OSError: there is no such page.
    """
    return (manual_folder() / name).read_text("utf-8")


def read_leaf(name: str, ink: str) -> Leaf:
    """A page with its formulas set in a colour.

    Raises:
        OSError: there is no such page.
    """
    folder = manual_folder()
    text = read_text(name)
    sources = _FORMULA.findall(text)
    svgs = tuple(set_formula(" ".join(source.split()), ink, _FORMULA_TYPE) for source in sources)
    numbers = iter(range(len(svgs)))

    def image(found: re.Match[str]) -> str:
        number = next(numbers)
        return f"![formula](formula:{number})" if svgs[number] else found.group(0)

    pictures = {place: QImage(str(folder / place)) for place in _PICTURE.findall(text)}
    return Leaf(name, _FORMULA.sub(image, text), svgs, pictures)


def pages() -> list[tuple[str, str]]:
    """(file, title) of all pages, in the order of the first one's list."""
    text = read_text(FIRST)
    return [(FIRST, "Contents"), *((file, title) for title, file in _LINK.findall(text))]


class _Browser(QTextBrowser):
    """A page whose lines are never longer than can be read; what it shows comes from the page alone."""

    def __init__(self) -> None:
        super().__init__()
        self.setOpenLinks(False)
        self.setAccessibleName("Page of the manual")

    def show_leaf(self, leaf: Leaf, t: Theme) -> None:
        document = QTextDocument(self)
        document.setDefaultFont(font(px(_TYPE)))
        document.setDocumentMargin(20)
        document.setMarkdown(leaf.text, QTextDocument.MarkdownFeature.MarkdownDialectGitHub)
        measure, ratio = QFontMetricsF(document.defaultFont()), self.devicePixelRatioF()
        for number, svg in enumerate(leaf.formulas):
            if svg:
                image = formula_image(svg, measure, ratio)
                document.addResource(QTextDocument.ResourceType.ImageResource, QUrl(f"formula:{number}"), image)
        for place, picture in leaf.pictures.items():
            width = min(_WIDEST - 60, picture.width())
            small = picture.scaledToWidth(round(width * ratio), Qt.TransformationMode.SmoothTransformation)
            small.setDevicePixelRatio(ratio)
            document.addResource(QTextDocument.ResourceType.ImageResource, QUrl(place), small)
        refine(document)
        _space(document)
        _colour_links(document, t)
        for table in document.rootFrame().childFrames():
            if isinstance(table, QTextTable):
                _rule(table, t)
        self.setDocument(document)
        self._measure()

    def _measure(self) -> None:
        beside = max(0, self.viewport().width() - _WIDEST)
        frame = self.document().rootFrame().frameFormat()
        frame.setRightMargin(20 + beside)
        self.document().rootFrame().setFrameFormat(frame)

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]  # whatever Qt hands over
        self._measure()


def _space(document: QTextDocument) -> None:
    """Room above headings, and around formulas."""
    for block in blocks(document):
        form, formula = block.blockFormat(), block.text() == "\ufffc"
        if formula or form.headingLevel():
            form.setTopMargin(_ROOM if formula else 2 * _ROOM)
            form.setBottomMargin(_ROOM)
            if formula:
                form.setLineHeight(100, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
            QTextCursor(block).setBlockFormat(form)


def _colour_links(document: QTextDocument, t: Theme) -> None:
    """Qt would have them in a blue that cannot be read on a dark ground."""
    ink = QTextCharFormat()
    ink.setForeground(QColor(t.density))
    for cursor, form in pieces(document):
        if form.isAnchor():
            cursor.mergeCharFormat(ink)


def _rule(table: QTextTable, t: Theme) -> None:
    """Thin lines between the rows."""
    form = table.format()
    form.setBorder(1)
    form.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    form.setBorderBrush(QColor(t.line))
    form.setBorderCollapse(True)
    form.setCellPadding(6)
    form.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
    table.setFormat(form)


class ManualDialog(Dialog):
    """Pages at the left, the page at the right, a word to look for above; it opens at a page and a heading of it."""

    def __init__(self, desk: Desk, page: str = "", heading: str = "") -> None:
        super().__init__(desk.host)
        self._first = (page, heading)
        self.setWindowTitle("Manual")
        self.resize(1040, 720)
        self._desk, self._theme = desk, desk.theme
        #: pages that were left by a link or by the list
        self._before: list[str] = []
        desk.store.changed.connect(self._scene_changed)
        self._asked = Newest(self)
        self._name = ""
        self._anchor = ""
        self.list = QListWidget()
        sized(self.list, lambda w: w.setFixedWidth(px(_LIST_WIDTH)))
        self.list.setAccessibleName("Pages")
        self.list.currentItemChanged.connect(self._chosen)
        self.browser = _Browser()
        self.browser.anchorClicked.connect(self._follow)
        self.wanted = QLineEdit()
        self.wanted.setPlaceholderText("Find in the manual (Ctrl+F)")
        self.wanted.setClearButtonEnabled(True)
        sized(self.wanted, lambda w: w.setFixedWidth(px(_FIELD_WIDTH)))
        self.wanted.setAccessibleName("Find in the manual")
        self.wanted.returnPressed.connect(self._find_next)
        self.missing = muted(wrap=False)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self).activated.connect(self.wanted.setFocus)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Back), self).activated.connect(self.back)
        above = QHBoxLayout()
        above.addWidget(self.wanted)
        above.addWidget(self.missing, 1)
        right = QVBoxLayout()
        right.addLayout(above)
        right.addWidget(self.browser, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 14, 14, 14)
        layout.setSpacing(12)
        layout.addWidget(self.list)
        layout.addLayout(right, 1)
        self.browser.setFocus()
        run_in_background(self, pages, self._fill)

    def _fill(self, found: list[tuple[str, str]]) -> None:
        for file, title in found:
            item = QListWidgetItem(title)
            item.setData(Qt.ItemDataRole.UserRole, file)
            self.list.addItem(item)
        if self._first[0]:
            self.open_page(*self._first)
        else:
            self.list.setCurrentRow(0)

    def _chosen(self, item: QListWidgetItem | None) -> None:
        if item is not None and item.data(Qt.ItemDataRole.UserRole) != self._name:
            self.open_page(item.data(Qt.ItemDataRole.UserRole))

    def _scene_changed(self) -> None:
        if self._desk.theme is not self._theme:
            self._theme = self._desk.theme
            self._read(self._name)

    def back(self) -> None:
        """The page before."""
        if self._before:
            name = self._before.pop()
            self._name = ""
            self.open_page(name)

    def open_page(self, name: str, anchor: str = "") -> None:
        """Shows a page, from a heading on."""
        if self._name and name != self._name:
            self._before.append(self._name)
        self._name, self._anchor = name, anchor
        for row in range(self.list.count()):
            if self.list.item(row).data(Qt.ItemDataRole.UserRole) == name:
                self.list.setCurrentRow(row)
        self._read(name)

    def _read(self, name: str, then: Callable[[], object] = lambda: None) -> None:
        def show(leaf: Leaf) -> None:
            self._show(leaf)
            then()

        ink = self._theme.text
        self._asked.run(lambda: read_leaf(name, ink), show, self._failed)

    def _show(self, leaf: Leaf) -> None:
        self.browser.show_leaf(leaf, self._theme)
        self.missing.clear()
        if self._anchor:
            self._to_heading(self._anchor)

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, OSError):
            raise error
        self.missing.setText(f"The page {self._name} cannot be read ({error.strerror}): install the program again.")

    def _to_heading(self, anchor: str) -> None:
        """Headings go by their words in small letters, joined by hyphens."""
        document = self.browser.document()
        for block in blocks(document):
            if block.blockFormat().headingLevel() and slug(block.text()) == anchor:
                at = document.documentLayout().blockBoundingRect(block).top()
                self.browser.verticalScrollBar().setValue(round(at))
                return

    def _follow(self, url: QUrl) -> None:
        if url.scheme() in ("http", "https"):
            QDesktopServices.openUrl(url)
        elif url.path().endswith(".md"):
            self.open_page(url.path(), url.fragment())
        elif url.hasFragment():
            self._to_heading(url.fragment())

    def _find_next(self) -> None:
        """The next place on this page; after the last of them, on the next page that has one."""
        text = self.wanted.text()
        if not text or self.browser.find(text):
            self.missing.clear()
            return
        names = [self.list.item(row).data(Qt.ItemDataRole.UserRole) for row in range(self.list.count())]
        at = names.index(self._name)

        def work() -> str:
            beyond = [*names[at + 1 :], *names[: at + 1]]
            return next((n for n in beyond if text.lower() in read_text(n).lower()), "")

        def found(name: str) -> None:
            if not name:
                self.missing.setText(f"“{text}” is not in the manual.")
                return
            self.open_page(name)
            self._read(name, lambda: self.browser.find(text))

        run_in_background(self, work, found)


def slug(heading: str) -> str:
    """What a heading goes by in links."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
