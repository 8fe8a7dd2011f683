"""Menus say what is on; new, back to what was saved, as on the first start; a report that tells no paths."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox

from visualizer import __version__
from visualizer.gui.cards.race import ranks
from visualizer.gui.document.settings import FOLDED_AT_FIRST
from visualizer.gui.gallery import Gallery
from visualizer.gui.words.about import report
from visualizer.scene import parse_scene
from visualizer.scene.tour import tour_names, tour_path

SWITCHES = [
    "toggle_log",
    "toggle_fourier",
    "toggle_step",
    "toggle_difference",
    "toggle_traps",
    "toggle_cut",
    "toggle_river",
]


@pytest.mark.parametrize("method", SWITCHES)
def test_what_is_on_has_a_check_mark(make_window, three_modes, method):
    window = make_window(three_modes)
    action = window.menus.actions[method]
    before = action.isChecked()
    action.trigger()
    assert action.isChecked() != before
    window.desk.store.undo()
    assert action.isChecked() == before


def test_a_switch_that_can_do_nothing_stays_as_it_is(make_window, two_wells):
    window = make_window(two_wells)
    action = window.menus.actions["toggle_cut"]  # only a density in the plane can be cut
    action.trigger()
    assert not action.isChecked()


def test_new_and_revert_can_be_undone(make_window, three_modes):
    window = make_window(three_modes)
    store, actions = window.desk.store, window.menus.actions
    assert not actions["revert"].isEnabled()
    window.desk.edit(three_modes.with_(seed=5), "another seed")
    window.desk.edit(three_modes.with_(seed=6), "another seed")
    actions["revert"].trigger()
    assert store.scene == three_modes
    assert not actions["revert"].isEnabled()
    store.undo()
    assert store.scene.seed == 6
    actions["new"].trigger()
    assert store.scene.title == "Untitled"
    assert store.path is None
    store.undo()
    assert store.scene.seed == 6


def test_the_window_is_as_on_the_first_start_again(make_window, three_modes):
    window = make_window(three_modes)
    desk = window.desk
    desk.cards.noise.heading.click()
    window.commands.toggle_cards()
    assert window.menus.actions["toggle_cards"].isCheckable()
    desk.settings.magnification = 1.5
    window.commands.toggle_theme()
    window.commands.reset_window()
    assert desk.left.isVisible()
    assert set(desk.cards.folded) == set(FOLDED_AT_FIRST)
    assert desk.settings.magnification == 1.0
    assert desk.store.scene == three_modes
    assert desk.settings.theme == ""


@pytest.mark.parametrize("method", ["toggle_anatomy", "toggle_numbers", "toggle_cards", "toggle_full_screen"])
def test_check_marks_say_what_is_on_in_the_window_itself(make_window, three_modes, method):
    window = make_window(three_modes)
    action = window.menus.actions[method]
    before = action.isChecked()
    getattr(window.commands, method)()
    view = next(a.menu() for a in window.menuBar().actions() if a.text() == "View")
    view.aboutToShow.emit()
    assert action.isChecked() != before
    action.trigger()
    assert action.isChecked() == before


def test_rivals_that_are_equally_good_share_a_rank():
    def report(w2, evaluations):
        return SimpleNamespace(target_w2=SimpleNamespace(value=w2, floor=0.1), evaluations=evaluations)

    assert ranks([report(0.10, 100), report(0.14, 100), report(0.16, 100), report(0.5, 100)]) == ["1=", "1=", "3", "4"]
    assert ranks([report(0.1, 100), report(0.1, 200)]) == ["1", "2"], "one works twice as much"
    assert ranks([report(0.073, 300), report(0.125, 300)]) == ["1=", "1="], "both as exact samples may be"
    assert ranks([report(0.5, 100), report(0.52, 100)]) == ["1=", "1="]


def test_a_report_has_versions_and_the_scene_and_no_paths(make_window, three_modes, monkeypatch):
    scene = parse_scene(
        '[target]\nkind = "unknown"\ndimension = 2\n[field]\nkind = "learned"\nfile = "/home/somebody/net.onnx"\n'
    )
    text = report(scene)
    assert __version__ in text
    assert "torch" in text
    assert 'file = "net.onnx"' in text
    assert "somebody" not in text
    window = make_window(three_modes)
    window.commands.copy_report()
    assert (
        parse_scene(
            QGuiApplication.clipboard().text().partition("\nversion")[1]
            + QGuiApplication.clipboard().text().partition("\nversion")[2]
        )
        == three_modes
    )
    shown = []
    monkeypatch.setattr(QMessageBox, "about", lambda *a: shown.append(a))
    window.commands.about()
    assert __version__ in shown[0][2]


def test_the_gallery_is_narrowed_by_words(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    window.commands.show_gallery()
    gallery = window.findChild(Gallery)
    qtbot.waitUntil(lambda: gallery.list.count() > 40)

    def shown():
        items = [gallery.list.item(i) for i in range(gallery.list.count())]
        return [item.text() for item in items if not item.isHidden()]

    QTest.keyClicks(gallery.wanted, "hamiltonian")
    assert 0 < len(shown()) < 6
    gallery.wanted.setText("zzz")
    assert not shown()
    assert gallery.caption.text() == "No scene has these words."
    gallery.wanted.clear()
    everything = len(shown())
    rows = [gallery.groups.item(i).text() for i in range(gallery.groups.count())]
    assert rows[0] == f"All  {everything}"
    assert [row.rsplit("  ", 1)[0] for row in rows[1:3]] == ["Walks", "Hamiltonian"], "as samplers are listed"
    gallery.groups.setCurrentRow(2)
    hamiltonian = int(rows[2].rsplit("  ", 1)[1])
    assert len(shown()) == hamiltonian < everything
    gallery.groups.setCurrentRow(0)
    gallery.target.setCurrentIndex(gallery.target.findText("Gaussian mixture, 1-D"))
    gallery.target.activated.emit(0)
    assert 0 < len(shown()) < everything
    gallery.target.setCurrentIndex(0)
    gallery.target.activated.emit(0)
    QTest.keyClick(gallery.wanted, Qt.Key.Key_Down)
    assert gallery.list.currentItem().text() == shown()[0]
    gallery.wanted.setText("neal's")
    (title,) = shown()
    gallery.wanted.returnPressed.emit()
    qtbot.waitUntil(lambda: window.desk.store.scene.title == title)


def test_single_keys_do_what_presenting_needs_and_nothing_else(make_window, three_modes, qtbot):
    """W would open a dialog on the audience's screen, T change its colours, 4 draw arrows."""
    window = make_window(three_modes)
    window.commands.present()
    before = window.desk.scene
    for key in "WTLKMNDHJC":
        QTest.keyClicks(window, key.lower())
    assert window.desk.scene == before
    assert not window.commands.experiments
    assert window.menus.actions["toggle_play"].isEnabled()
    assert window.menus.actions["save"].isEnabled()
    window.presenter.end()
    window.menus.actions["toggle_log"].trigger()
    assert window.desk.scene.layers.scale != before.layers.scale
    assert not window.menus.actions["redo"].isEnabled()


def test_tours_of_ones_own_are_among_the_recent_files(make_window, three_modes, tmp_path, qtbot):
    window = make_window(three_modes)
    tour = tmp_path / "mine.toml"
    tour.write_text('title = "Mine"\n[[stops]]\nscene = "trapped"\n')
    window.desk.files.open_path(str(tour))
    qtbot.waitUntil(lambda: window.presenter.active)
    window.presenter.end()
    assert window.desk.settings.recent == [str(tour)]
    window.desk.files.open_path(str(tour_path(tour_names()[0])))
    qtbot.waitUntil(lambda: window.presenter.active)
    window.presenter.end()
    assert window.desk.settings.recent == [str(tour)]
