"""Everything that can be reached by the keyboard says what it is; everything grows on request."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QLineEdit, QScrollBar, QWidget

from visualizer.gui.arrangement import WIDEST
from visualizer.gui.document.settings import MAGNIFICATIONS, Settings
from visualizer.scene.presets import load_scene

#: Parts of other controls, which speak for them.
PARTS = ("qt_spinbox_lineedit", "qt_tableview_cornerbutton", "qt_scrollarea_viewport")


def nameless(root):
    """Controls that take the focus and have no name for a screen reader."""
    found = []
    for widget in root.findChildren(QWidget):
        if widget.focusPolicy() == Qt.FocusPolicy.NoFocus or not widget.isVisibleTo(root):
            continue
        part = widget.objectName() in PARTS or isinstance(widget, QScrollBar) or type(widget) is QWidget
        inside_slider = isinstance(widget, QLineEdit) and widget.parent().toolTip()
        text = widget.text() if isinstance(widget, QAbstractButton) else ""
        if not (part or inside_slider or widget.accessibleName() or text):
            found.append(widget)
    return found


def test_every_control_has_a_name_for_screen_readers(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    assert nameless(window) == []
    for open_dialog in (window.commands.export_video, window.commands.export_numbers, window.commands.show_help):
        open_dialog()
        dialog = next(d for d in window.findChildren(QDialog) if d.isVisible())
        assert nameless(dialog) == []
        dialog.reject()
        qtbot.wait(20)


def test_tips_have_lines_of_a_length_that_can_be_read(make_window, qtbot):
    window = make_window(load_scene("typed-potential").with_(particles={"count": 100}))
    qtbot.waitUntil(lambda: bool(window.desk.cards.occupancy.toolTip()))
    rows = window.desk.cards.layers.list
    tips = [w.toolTip() for w in window.findChildren(QWidget)] + [rows.item(i).toolTip() for i in range(rows.count())]
    assert len(tips) > 50
    assert [line for tip in tips for line in tip.split("\n") if len(line) > 95] == []


def test_every_action_is_in_a_menu_with_a_key(make_window, three_modes):
    window = make_window(three_modes)
    for action in window.findChildren(QAction):
        if action in window.menus.actions.values():
            assert action.shortcuts()
            assert action.toolTip()


def test_type_grows_at_once_in_steps_up_to_twice(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    window.resize(1920, 1080)
    desk = window.desk
    label, slider, table = desk.cards.sampler.kind, desk.cards.noise.sigma, desk.cards.target.mixture.table
    before = (label.height(), slider.field.width(), table.rowHeight(0), window.columns.sizes()[0])
    equation = desk.cards.dynamics.math
    qtbot.waitUntil(lambda: equation.height() > 10)
    high, drawn = equation.height(), desk.cards.layers.list.height()
    for expected in (*MAGNIFICATIONS[1:], 2.0):
        window.commands.larger()
        assert Settings().magnification == expected
    assert "200%" in desk.banner.text.text()
    assert QApplication.font().pixelSize() == 26
    assert window.columns.sizes()[0] == 2 * before[3]
    assert (slider.field.width(), table.rowHeight(0)) == (2 * before[1], 2 * before[2])
    qtbot.waitUntil(lambda: label.height() > 1.4 * before[0])
    qtbot.waitUntil(lambda: equation.height() > 1.6 * high)
    assert desk.figure._type_scale == 2.0
    rows = desk.cards.layers.list
    qtbot.waitUntil(lambda: rows.height() > 1.4 * drawn)
    assert window.width() == 1920, "nothing asks for more than the screen"
    for card in desk.cards:
        if card.isVisible() and not card.is_folded:
            assert card.minimumSizeHint().width() <= 2 * WIDEST, card.heading.text()
    window.commands.smaller()
    assert Settings().magnification == 1.75
    window.commands.reset_window()
    assert (label.height(), slider.field.width(), table.rowHeight(0)) == before[:3]
    assert QApplication.font().pixelSize() == 13


STARTED = """
import os, sys
from PySide6.QtCore import QTimer
from visualizer.gui import app
from visualizer.gui.arrangement import WIDEST
from visualizer.gui.document.settings import Settings
Settings().magnification = 2.0
def check(name, device):
    from PySide6.QtWidgets import QApplication, QWidget
    w = QWidget(); w.show()
    print(w.devicePixelRatioF())
    QTimer.singleShot(0, QApplication.instance().quit)
    raise SystemExit
app.Shell.show = lambda self: check(None, None)
try:
    app.open_window(None, "cpu")
except SystemExit:
    pass
"""


@pytest.mark.parametrize("given", [None, "1"])
def test_the_next_start_is_as_large_as_was_asked_for(tmp_path, given):
    environment = {**os.environ, "VISUALIZER_SETTINGS": str(tmp_path / "s.ini"), "QT_QPA_PLATFORM": "offscreen"}
    environment.pop("QT_SCALE_FACTOR", None)
    if given:
        environment["QT_SCALE_FACTOR"] = given  # what the user set for all programs counts more
    result = subprocess.run(
        [sys.executable, "-c", STARTED], env=environment, capture_output=True, text=True, timeout=60
    )
    assert result.stdout.strip() == ("1.0" if given else "2.0"), result.stderr
