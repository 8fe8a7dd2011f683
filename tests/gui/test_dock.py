"""What measures and trains stands beside the picture that it speaks of, and covers nothing of it."""

from __future__ import annotations

import pytest

from tests.gui.test_experiments import opened


@pytest.fixture
def training(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    window.resize(1366, 768)
    before = window.columns.sizes()
    return window, opened(window, qtbot, "training"), before


def test_it_takes_the_place_of_the_read_outs_and_gives_it_back(training, qtbot):
    window, dialog, before = training
    dock = window.desk.dock
    assert dock.holds(dialog)
    assert not dialog.isWindow()
    assert not window.desk.right.isVisible()
    left, centre, right = window.columns.sizes()
    assert left == before[0]
    assert right >= 400
    assert centre >= 388, "the picture keeps its place"
    dialog.reject()
    assert window.columns.sizes() == before
    assert window.desk.right.isVisible()
    assert window.desk.settings.columns in (None, (before[0], before[2])), "the width of what is docked is not kept"


def test_it_moves_into_a_window_of_its_own_and_that_is_remembered(training, qtbot):
    window, dialog, before = training
    dialog.move_button.click()
    assert dialog.isWindow()
    assert dialog.isVisible()
    assert window.columns.sizes() == before
    dialog.reject()
    qtbot.waitUntil(lambda: not window.commands.experiments)
    again = opened(window, qtbot, "training")
    assert again.isWindow()
    again.move_button.click()
    assert window.desk.dock.holds(again)
    assert window.desk.settings.docked
    again.reject()


def test_a_second_one_has_a_window_of_its_own(training, qtbot):
    window, dialog, _ = training
    window.commands.experiment("variational")
    qtbot.waitUntil(lambda: len(window.commands.experiments) == 2)
    other = window.commands.experiments[-1]
    assert other.isWindow()
    assert window.desk.dock.holds(dialog)
    other.reject()
    dialog.reject()


def test_it_is_hidden_with_the_cards_and_in_a_presentation(training):
    window, dialog, _ = training
    window.commands.toggle_cards()
    assert not dialog.isVisible()
    window.commands.toggle_cards()
    assert dialog.isVisible()
    window.commands.present()
    assert not dialog.isVisible()
    window.presenter.end()
    assert dialog.isVisible()
    dialog.reject()


def test_where_type_becomes_too_large_for_both_it_moves_out(training, qtbot):
    """The left column keeps what it needs; nothing in it is cut off."""
    window, dialog, before = training
    desk = window.desk
    for docked in (True, False):  # at 125 %, at 150 %
        window.commands.larger()
        assert desk.dock.holds(dialog) == docked
        assert dialog.isVisible()
        assert window.columns.sizes()[0] > before[0], "it grows with the type"
        assert desk.left.widget().minimumSizeHint().width() <= desk.left.viewport().width(), "nothing is cut off"
    assert desk.settings.docked, "it was not the user who moved it"
    dialog.reject()
