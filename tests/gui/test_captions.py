"""Title and caption: edited in the window, and dimmed where they are not true any more."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from visualizer.gui.captions import CaptionDialog
from visualizer.scene import load_scene
from visualizer.scene.changes import still_told


def test_words_are_dimmed_when_another_kind_runs_and_are_true_again_after_undo(make_window):
    window = make_window(load_scene("trapped"))
    words, store = window.words, window.desk.store
    assert words.true
    scene = store.scene
    store.edit(scene.with_(sampler=scene.sampler.with_(step=0.05)), "slide")
    assert words.true, "numbers may be slid"
    store.edit(scene.with_(sampler={"kind": "hmc"}), "another sampler")
    assert not words.true
    assert window.desk.theme.faint in words.caption.styleSheet()
    assert "has changed since" in words.toolTip()
    store.undo()
    assert words.true
    assert words.caption.styleSheet() == ""


def test_words_are_edited_by_a_double_click_and_are_true_of_the_scene_they_were_written_for(make_window, qtbot):
    window = make_window(load_scene("trapped"))
    store = window.desk.store
    store.edit(store.scene.with_(sampler={"kind": "hmc"}), "another sampler")
    assert not window.words.true
    qtbot.mouseDClick(window.words, Qt.MouseButton.LeftButton)
    (dialog,) = window.findChildren(CaptionDialog)
    assert dialog.title.text() == "Trapped in one of three modes"
    dialog.title.setText("Freed by momentum")
    dialog.caption.setPlainText("x" * 2_001)
    dialog._accept()
    assert "at most 2,000" in dialog.note.text()
    dialog.caption.setPlainText("Long ways through the valley.")
    dialog._accept()
    assert (store.scene.title, store.scene.caption) == ("Freed by momentum", "Long ways through the valley.")
    assert window.words.true
    assert window.words.title.text() == "Freed by momentum"
    store.undo()
    assert store.scene.title == "Trapped in one of three modes"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"seed": 7}, True),
        ({"particles": {"count": 10}}, True),
        ({"process": {"kind": "vp-cosine"}}, False),
        ({"sampler": {"step": 0.05}}, True),
        ({"sampler": {"sigma": 1.0}}, False),
        ({"field": {"kind": "learned", "file": "three-modes.safetensors"}, "process": {"kind": "vp-cosine"}}, False),
        ({"target": {"kind": "shape", "name": "two-moons"}}, False),
    ],
)
def test_what_is_said_depends_on_what_runs(change, told):
    scene = load_scene("trapped")
    other = scene.with_(
        **{k: (getattr(scene, k).with_(**v) if k in ("particles", "sampler") else v) for k, v in change.items()}
    )
    assert still_told(scene, other) is told
