"""Links in the window: copied, pasted, told of; the code on the sheet is that of the link."""

from __future__ import annotations

import numpy as np
import pytest
import segno
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest

from visualizer.cli import main
from visualizer.gui.qr import CodeSheet, modules
from visualizer.scene import SceneError, load_scene
from visualizer.scene.link import as_link


def test_a_copied_link_is_pasted_into_another_window(make_window, qtbot, three_modes, two_wells):
    window = make_window(three_modes)
    window.menus.actions["copy_link"].trigger()
    qtbot.waitUntil(lambda: "characters" in window.desk.banner.text.text())
    other = make_window(two_wells)
    other.menus.actions["paste"].trigger()
    qtbot.waitUntil(lambda: other.desk.scene.target == three_modes.target)
    assert "Opened from a link" in other.desk.banner.text.text()
    assert f"{three_modes.particles.count:,} particles, Langevin" in other.desk.banner.text.text()
    assert other.desk.files.path is None
    assert not other.desk.settings.recent
    other.desk.store.undo()
    assert other.desk.scene.target == two_wells.target


def test_a_damaged_link_changes_nothing(make_window, qtbot, three_modes):
    window = make_window(three_modes)
    QGuiApplication.clipboard().setText(as_link(three_modes)[:-7])
    window.menus.actions["paste"].trigger()
    qtbot.waitUntil(lambda: "copy the whole line" in window.desk.banner.text.text())
    assert window.desk.scene == three_modes


def test_the_sheet_shows_the_code_of_the_link_with_its_rim(make_window, qtbot, three_modes):
    window = make_window(three_modes)
    window.menus.actions["show_code"].trigger()
    qtbot.waitUntil(lambda: window.findChild(CodeSheet) is not None)
    sheet = window.findChild(CodeSheet)
    wanted = [
        list(row) for row in segno.make_qr(as_link(three_modes), error="l", mode="byte", boost_error=False).matrix
    ]
    image = sheet.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    grey = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())[:, : image.width()]
    count = len(wanted) + 8
    size = min(int(image.height() * 0.88), image.width()) // count
    left = (image.width() - size * count) // 2
    at = np.arange(count) * size + size // 2
    seen = (grey[np.ix_(at, left + at)] < 128).astype(int)
    assert np.array_equal(seen[4:-4, 4:-4], np.array(wanted))
    seen[4:-4, 4:-4] = 0
    assert not seen.any(), "the rim is white"
    QTest.keyClick(sheet, "Q")
    qtbot.waitUntil(lambda: not sheet.isVisible())


def test_a_scene_too_fine_for_a_hall_is_refused_and_a_long_caption_goes():
    scene = load_scene("trapped")
    rows = modules(scene)
    rng = np.random.default_rng(0)
    babble = "".join(chr(c) for c in rng.integers(0x4E00, 0x9FFF, 400))
    assert modules(scene.with_(caption=babble)) == modules(scene.with_(caption=""))
    assert len(rows) <= 17 + 4 * 15
    with pytest.raises(SceneError, match="Copy the link"):
        modules(load_scene("spiral"))


def test_the_command_line_takes_and_makes_links(capsys):
    assert main(["link", "trapped"]) == 0
    link = capsys.readouterr().out.strip()
    assert load_scene(link) == load_scene("trapped")
    assert main(["check", link]) == 0
    assert main(["link", "irises"]) == 2
    assert "a link carries no files" in capsys.readouterr().err
