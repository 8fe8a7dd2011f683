"""Plug-ins in the window: shown, agreed to, tried, chosen, renewed when their files change, sent away."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication

from tests.plugins.conftest import examples, nothing_let_in  # noqa: F401  # fixtures
from visualizer.engine.trying import tried
from visualizer.gui.actions import actions
from visualizer.gui.document.consent import ConsentDialog, PluginsDialog
from visualizer.gui.document.plugins import Plugins, let_in_agreed
from visualizer.gui.document.settings import Settings
from visualizer.plugins import held, send_away
from visualizer.scene import admitting
from visualizer.scene.samplers import SAMPLERS


@pytest.fixture(autouse=True)
def tried_here(monkeypatch):
    """The process in which plug-ins are tried takes seconds to begin: it has a test of its own."""
    monkeypatch.setattr("visualizer.gui.document.plugins.try_out", lambda plugin: tried(plugin.path, plugin.text))


def dropped(window, path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    none = Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, none))


def asked(qtbot):
    """The question that is on the screen."""

    def dialogs():
        return [w for w in QApplication.topLevelWidgets() if isinstance(w, ConsentDialog) and w.isVisible()]

    qtbot.waitUntil(lambda: len(dialogs()) == 1)
    return dialogs()[0]


def agreed(window, qtbot, path, *, own=False):
    dropped(window, path)
    dialog = asked(qtbot)
    dialog.own.setChecked(own)
    before = len(held())
    dialog.agree.click()
    qtbot.waitUntil(lambda: len(held()) == before + 1)
    qtbot.waitUntil(lambda: window.desk.banner.action.text() == "Use it")


def test_a_file_is_shown_before_it_is_let_in_and_then_a_sampler_like_any_other(
    make_window,
    three_modes,
    qtbot,
    examples,  # noqa: F811
):
    window = make_window(three_modes)
    dropped(window, examples["sampler"])
    dialog = asked(qtbot)
    assert dialog.text.toPlainText() == examples["sampler"].read_text()
    dialog.cancel.click()
    assert not held()
    agreed(window, qtbot, examples["sampler"])
    window.desk.banner.action.click()
    scene = window.desk.scene
    assert scene.sampler.kind == "barker"
    card = window.desk.cards.sampler
    assert card.kind.value == "barker"
    card.form.fields["step"].edited.emit(0.25)
    assert window.desk.scene.sampler.step == 0.25
    window.desk.player.step_by(3)
    qtbot.waitUntil(lambda: window.desk.pictures and window.desk.pictures[0].moment.step == 3)
    window.desk.store.undo()
    window.desk.store.undo()
    assert window.desk.scene == three_modes
    # At the next start it is there without a question, as long as it is what was agreed to.
    send_away(held()[0])
    let_in_agreed(Settings())
    assert "barker" in SAMPLERS


def test_a_changed_file_asks_again_or_is_followed_where_the_folder_is_ones_own(
    make_window,
    three_modes,
    qtbot,
    examples,  # noqa: F811
):
    window = make_window(three_modes)
    file = examples["sampler"]
    agreed(window, qtbot, file)
    window.desk.banner.action.click()
    window.desk.player.step_by(2)
    qtbot.waitUntil(lambda: window.desk.pictures[0].moment.step == 2)
    file.write_text(file.read_text().replace("Barker proposal", "Barker II"))
    dialog = asked(qtbot)
    assert "changed" in dialog.windowTitle()
    dialog.own.setChecked(True)
    dialog.agree.click()
    qtbot.waitUntil(lambda: window.desk.scene.sampler.title == "Barker II")
    assert window.desk.pictures[0].moment.step == 2  # the particles stay
    # What fails leaves what was there, and says the line.
    good = file.read_text()
    file.write_text(good.replace("    ratio = ", "    ratio = nonsense + "))
    qtbot.waitUntil(lambda: "nonsense" in window.desk.banner.text.text())
    assert re.search(r"line \d+: NameError.*The version of before stays\.", window.desk.banner.text.text())
    assert held()[0].text == good
    file.write_text(good.replace("Barker II", "Barker III"))
    qtbot.waitUntil(lambda: window.desk.scene.sampler.title == "Barker III")
    window.desk.player.step_by(1)
    qtbot.waitUntil(lambda: window.desk.pictures[0].moment.step == 3)


def test_a_target_and_a_process_are_in_their_lists_and_can_be_sent_away(make_window, three_modes, qtbot, examples):  # noqa: F811
    window = make_window(three_modes)
    for kind, part, name in (("target", "target", "two-wells"), ("process", "process", "cubic")):
        agreed(window, qtbot, examples[kind])
        window.desk.banner.action.click()
        qtbot.waitUntil(lambda part=part, name=name: getattr(window.desk.scene, part).kind == name)
    assert not window.desk.cards.target.forms["two-wells"].isHidden()
    assert "t³" in window.desk.cards.noise.formula.text()
    window.commands.show_plugins()
    dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, PluginsDialog))
    assert dialog.list.count() == 2
    while held():
        dialog.forget.click()
    dialog.close()
    assert Settings().plugins == {}
    assert window.desk.scene.target.kind == "two-wells"  # the scene is the user's: it stays as it is
    assert window.desk.cards.noise.process.findData("cubic") < 0
    window.desk.store.undo()
    window.desk.store.undo()
    assert window.desk.scene == three_modes


def test_a_file_that_is_handed_over_while_it_is_looked_at_again_is_not_forgotten(
    make_window,
    three_modes,
    qtbot,
    examples,  # noqa: F811
):
    window = make_window(three_modes)
    agreed(window, qtbot, examples["sampler"])
    plugins, came = window.findChild(Plugins), []
    plugins.came.connect(lambda *a: came.append(a))
    plugins.begin()
    dropped(window, examples["sampler"])
    qtbot.waitUntil(lambda: came == [(held()[0], True)])


def test_what_is_no_plug_in_is_told(make_window, three_modes, qtbot, tmp_path, monkeypatch, examples):  # noqa: F811
    window = make_window(three_modes)
    file = tmp_path / "mine.py"
    file.write_text("VISUALIZER = {'api': 1, 'name': print('here'), 'kind': 'sampler'}")
    dropped(window, file)
    qtbot.waitUntil(lambda: "no name and no call" in window.desk.banner.text.text())
    twin = tmp_path / "twin.py"
    twin.write_text(examples["sampler"].read_text())
    agreed(window, qtbot, examples["sampler"])
    monkeypatch.setattr("visualizer.gui.document.plugins.try_out", admitting.try_out)  # which looks at names first
    dropped(window, twin)
    asked(qtbot).agree.click()
    qtbot.waitUntil(lambda: "there is a sampler 'barker' already" in window.desk.banner.text.text())
    monkeypatch.setenv("VISUALIZER_NO_PLUGINS", "1")
    dropped(window, examples["sampler"])
    qtbot.waitUntil(lambda: "switched off here" in window.desk.banner.text.text())
    assert any(spec.method == "show_plugins" and spec.keys for spec in actions())
