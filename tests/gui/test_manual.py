"""The manual in the program: every page reads, every link leads somewhere, every formula is typeset."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QTextDocument
from PySide6.QtTest import QTest

from visualizer.gui.manual import FIRST, ManualDialog, manual_folder, pages, read_leaf, slug

NAMES = [name for name, _ in pages()]


def test_the_contents_name_every_page():
    assert sorted(NAMES) == sorted(path.name for path in manual_folder().glob("*.md"))


@pytest.mark.parametrize("name", NAMES)
def test_formulas_are_set_pictures_are_there_and_links_lead_somewhere(name, qapp):
    leaf = read_leaf(name, "#000000")
    assert "```math" not in leaf.text
    assert all(svg.startswith("<svg") for svg in leaf.formulas)
    assert all(not picture.isNull() for picture in leaf.pictures.values())
    for target in re.findall(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)", leaf.text):
        if target.startswith("http"):
            continue
        file, _, anchor = target.partition("#")
        text = (manual_folder() / (file or name)).resolve()
        assert text.exists(), target
        if anchor:
            headings = {slug(line.lstrip("# ")) for line in text.read_text("utf-8").splitlines() if line[:1] == "#"}
            assert anchor in headings, target


def test_the_manual_opens_goes_to_pages_and_finds_words(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    QTest.keyClick(window, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    manual = window.findChild(ManualDialog)
    shown = lambda: manual.browser.document().toPlainText()  # noqa: E731  # asked for again and again
    qtbot.waitUntil(lambda: shown().startswith("Manual"))
    assert manual.list.count() == len(NAMES)
    manual.browser.anchorClicked.emit(QUrl("troubleshooting.md"))
    qtbot.waitUntil(lambda: shown().startswith("Troubleshooting"))
    assert manual.list.currentItem().text() == "Troubleshooting"
    manual.list.setCurrentRow(NAMES.index("noise.md"))
    qtbot.waitUntil(lambda: shown().startswith("Noise"))
    document = manual.browser.document()
    assert not document.resource(QTextDocument.ResourceType.ImageResource, QUrl("formula:0")).isNull()
    manual.wanted.setText("denoiser")
    QTest.keyClick(manual.wanted, Qt.Key.Key_Return)
    assert manual.browser.textCursor().selectedText() == "denoiser"
    manual.wanted.setText("zebra")
    QTest.keyClick(manual.wanted, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "not in the manual" in manual.missing.text())
    manual.wanted.setText("Foreign networks")
    QTest.keyClick(manual.wanted, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: manual.browser.textCursor().selectedText() == "Foreign networks")
    manual.back()
    qtbot.waitUntil(lambda: shown().startswith("Noise"))
    inks = lambda: manual._theme.name  # noqa: E731  # asked for again and again
    window.commands.toggle_theme()
    qtbot.waitUntil(lambda: inks() == window.desk.theme.name)
    manual.open_page(FIRST)
    qtbot.waitUntil(lambda: shown().startswith("Manual"))
    manual.reject()
