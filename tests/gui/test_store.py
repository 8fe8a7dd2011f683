"""Undo: every edit a step, a gesture one step, nothing ever lost."""

from __future__ import annotations

from visualizer.gui.document.store import Store


def titled(scene, title):
    return scene.with_(title=title)


def test_edits_are_undone_and_redone_in_order(three_modes, qapp):
    store = Store(three_modes)
    for name in "abc":
        store.edit(titled(store.scene, name), f"to {name}")
    assert store.undo_label == "to c"
    store.undo()
    store.undo()
    assert store.scene.title == "a"
    assert store.redo_label == "to b"
    store.redo()
    assert store.scene.title == "b"
    store.edit(titled(store.scene, "d"), "to d")
    assert store.redo_label == ""
    for _ in range(9):
        store.undo()
    assert store.scene == three_modes


def test_a_gesture_is_one_step(three_modes, qapp):
    store = Store(three_modes)
    store.begin()
    for i in range(20):
        store.edit(titled(store.scene, str(i)), "drag")
        assert store.dragging
    store.end()
    assert not store.dragging
    store.undo()
    assert store.scene == three_modes


def test_a_gesture_without_an_edit_is_no_step(three_modes, qapp):
    store = Store(three_modes)
    store.begin()
    store.end()
    assert store.undo_label == ""
    store.edit(three_modes, "nothing")
    assert store.undo_label == ""


def test_opening_another_scene_can_be_undone(three_modes, two_wells, qapp):
    store = Store(three_modes)
    store.edit(titled(three_modes, "mine"), "title")
    store.open(two_wells)
    assert not store.modified
    store.undo()
    assert store.scene.title == "mine"
    assert store.modified


def test_modified_means_unlike_what_is_on_disk(three_modes, qapp):
    store = Store(three_modes)
    store.edit(titled(three_modes, "x"), "title")
    assert store.modified
    store.mark_saved(store.scene)
    assert not store.modified
    store.undo()
    assert store.modified
