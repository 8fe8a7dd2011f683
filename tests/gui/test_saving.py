"""Saving looks first: nothing that somebody else has written is lost, and what cannot be written is said."""

from __future__ import annotations

import os

import pytest
from PySide6.QtWidgets import QMessageBox

from visualizer.scene.files import load_scene, save_scene, write_atomic


@pytest.fixture
def opened(make_window, three_modes, tmp_path, qtbot):
    """A window with a file, edited since."""
    path = tmp_path / "mine.toml"
    save_scene(three_modes, path)
    window = make_window(three_modes)
    window.desk.files.open_path(str(path))
    qtbot.waitUntil(lambda: window.desk.store.path == path, timeout=10_000)
    window.desk.edit(window.desk.scene.with_(seed=5), "another seed")
    return window, path


def answer(monkeypatch, button):
    """Questions are answered with a button; returns what was asked."""
    asked = []

    def question(_parent, _title, text, *_):
        asked.append(text)
        return button

    monkeypatch.setattr(QMessageBox, "question", question)
    return asked


def saved(window, qtbot):
    qtbot.waitUntil(lambda: not window.desk.store.modified, timeout=10_000)


@pytest.mark.parametrize("change", ["changed", "gone"])
def test_a_file_that_is_another_by_now_is_asked_about(opened, three_modes, monkeypatch, qtbot, change):
    window, path = opened
    if change == "gone":
        path.unlink()
    else:
        save_scene(three_modes.with_(title="Of somebody else"), path)
    asked = answer(monkeypatch, QMessageBox.StandardButton.Cancel)
    window.desk.files.save()
    qtbot.waitUntil(lambda: bool(asked), timeout=10_000)
    assert ("not there any more" if change == "gone" else "changed by another program") in asked[0]
    assert window.desk.store.modified
    assert not path.exists() if change == "gone" else load_scene(path).title == "Of somebody else"
    answer(monkeypatch, QMessageBox.StandardButton.Save)
    window.desk.files.save()
    saved(window, qtbot)
    assert load_scene(path).seed == 5
    # From then on it is ours again.
    window.desk.edit(window.desk.scene.with_(seed=6), "another seed")
    monkeypatch.setattr(QMessageBox, "question", lambda *_: pytest.fail("asked"))
    window.desk.files.save()
    saved(window, qtbot)
    assert load_scene(path).seed == 6


def test_a_second_window_on_one_file_is_asked_before_it_writes_over_the_first(
    opened, make_window, three_modes, monkeypatch, qtbot
):
    first, path = opened
    second = make_window(three_modes)
    second.desk.files.open_path(str(path))
    qtbot.waitUntil(lambda: second.desk.store.path == path, timeout=10_000)
    first.desk.files.save()
    saved(first, qtbot)
    second.desk.edit(second.desk.scene.with_(seed=8), "another seed")
    asked = answer(monkeypatch, QMessageBox.StandardButton.Cancel)
    second.desk.files.save()
    qtbot.waitUntil(lambda: bool(asked), timeout=10_000)
    assert load_scene(path).seed == 5


def test_three_saves_at_once_leave_the_last(opened, qtbot):
    window, path = opened
    for seed in (11, 12, 13):
        window.desk.edit(window.desk.scene.with_(seed=seed), "another seed")
        window.desk.files.save()
    saved(window, qtbot)
    qtbot.waitUntil(lambda: load_scene(path).seed == 13, timeout=10_000)
    qtbot.waitUntil(lambda: not window.desk.files._saving, timeout=10_000)
    assert [p.name for p in path.parent.glob("*.toml*")] == ["mine.toml"]


def test_a_file_marked_as_read_only_is_left_alone_and_told_of(opened, qtbot):
    window, path = opened
    path.chmod(0o444)
    window.desk.files.save()
    qtbot.waitUntil(window.desk.banner.isVisible, timeout=10_000)
    assert "read-only" in window.desk.banner.text.text()
    assert load_scene(path).seed == 0
    assert window.desk.store.modified


def test_links_are_followed_and_long_names_can_be_written(tmp_path):
    there = tmp_path / "there.txt"
    there.write_bytes(b"old")
    link = tmp_path / "link.txt"
    link.symlink_to(there)
    write_atomic(link, b"new")
    assert link.is_symlink()
    assert there.read_bytes() == b"new"
    for name in ("a" * 250 + ".toml", "é" * 125 + ".toml"):
        assert len(os.fsencode(name)) == 255
        write_atomic(tmp_path / name, b"text")
        assert (tmp_path / name).read_bytes() == b"text"
    assert len(list(tmp_path.iterdir())) == 4
