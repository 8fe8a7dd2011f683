"""Ctrl+K: everything is found by the words a newcomer would use, and done by Return."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from visualizer.gui.actions import actions
from visualizer.gui.finding.entries import Entry, present, score
from visualizer.gui.finding.finder import Finder
from visualizer.gui.manual import ManualDialog


@pytest.fixture
def find(make_window, three_modes, qtbot):
    """Opens the finder, types, and returns the window and the finder."""
    window = make_window(three_modes)

    def typed(text, wanted=""):
        window.menus.actions["find_anything"].trigger()
        finder = window.findChildren(Finder)[-1]
        QTest.keyClicks(finder.field, text)
        if wanted:  # scenes and pages are read in the background
            qtbot.waitUntil(lambda: wanted in titles(finder))
        return window, finder

    return typed


def titles(finder):
    return [finder.list.item(i).text() for i in range(finder.list.count())]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("arrows", "Score arrows"),
        ("more particles", "particles"),
        ("step size", "step h"),
        ("reset window", "Reset everything"),
        ("movie", "Export video or GIF"),
        ("screenshot", "Save picture"),
        ("dark", "Dark or light"),
        ("hamil", "Hamiltonian Monte Carlo"),
        ("csv", "Export numbers"),
    ],
)
def test_words_of_newcomers_find_what_they_mean(find, text, first):
    _, finder = find(text)
    assert titles(finder)[0] == first
    finder.reject()


def test_reset_may_mean_the_window_or_the_run(find):
    _, finder = find("reset")
    assert titles(finder)[:2] == ["Reset everything", "Restart"]
    finder.reject()


def test_return_does_what_was_found(find, qtbot):
    window, finder = find("new seed")
    before = window.desk.store.scene.seed
    QTest.keyClick(finder.field, Qt.Key.Key_Return)
    assert window.desk.store.scene.seed == before + 1
    _, finder = find("nuts")
    QTest.keyClick(finder.field, Qt.Key.Key_Return)
    assert window.desk.store.scene.sampler.kind == "nuts"
    assert "arrows" not in window.desk.store.scene.layers.plane
    _, finder = find("arrows")
    QTest.keyClick(finder.field, Qt.Key.Key_Down)
    QTest.keyClick(finder.field, Qt.Key.Key_Up)
    QTest.keyClick(finder.field, Qt.Key.Key_Return)
    assert "arrows" in window.desk.store.scene.layers.plane
    _, finder = find("step size")
    QTest.keyClick(finder.field, Qt.Key.Key_Return)
    field = window.desk.cards.sampler.form.fields["step"].field
    qtbot.waitUntil(field.hasFocus)
    assert field.selectedText() == field.text()
    _, finder = find("Neal's funnel", "Neal's funnel")
    QTest.keyClick(finder.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "unnel" in window.desk.store.scene.title)


def test_pages_of_the_manual_are_opened_at_their_headings(find, qtbot):
    window, finder = find("time grid manual", "Time grids")
    QTest.keyClick(finder.field, Qt.Key.Key_Return)
    (manual,) = window.findChildren(ManualDialog)
    qtbot.waitUntil(lambda: "karras" in manual.browser.toPlainText())
    manual.close()


def test_nothing_found_says_so_and_escape_changes_nothing(find):
    window, finder = find("qqqq")
    assert not titles(finder)
    assert finder.nothing.isVisibleTo(finder)
    before = window.desk.store.scene
    QTest.keyClick(finder.field, Qt.Key.Key_Return)
    QTest.keyClick(finder.field, Qt.Key.Key_Escape)
    assert not finder.isVisible()
    assert window.desk.store.scene == before


def test_every_action_is_found_by_its_own_name(make_window, three_modes):
    window = make_window(three_modes)
    entries = list(present(window.desk, window.commands, window.menus))
    for spec in actions():
        action = window.menus.actions[spec.method]
        if action.isEnabled():
            name = action.text().rstrip("…")
            best = max(entries, key=lambda e, name=name: score(name, e))
            assert best.title == name


def test_every_word_must_fit_and_titles_come_first():
    def entry(title, words="", where="Run"):
        return Entry(title, where, "", words, lambda: None)

    assert score("step foo", entry("step h")) == 0
    assert score("step", entry("step h")) > score("step", entry("leapfrog", "steps")) > 0
    assert score("step", entry("step h")) > score("step", Entry("step h", "Scene", "", "", lambda: None, True))
    assert score("run step", entry("step h")) > 0
