"""Saving looks first: nothing that somebody else has written is lost, and what cannot be written is said."""

from __future__ import annotations

import os

import pytest
from PySide6.QtWidgets import QMessageBox

from visualizer.engine.host.local import LocalEngine
from visualizer.gui.app import make_window as open_on
from visualizer.scene import points
from visualizer.scene.errors import FilesOutside, SceneError
from visualizer.scene.files import read_scene, save_scene, write_atomic


@pytest.fixture
def opened(make_window, three_modes, tmp_path, qtbot):
    """A window with a file, edited since."""
    path = tmp_path / "mine.toml"
    save_scene(three_modes, path)
    window = make_window(three_modes)
    window.desk.files.open_path(str(path))
    qtbot.waitUntil(lambda: window.desk.store.path == path)
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
    qtbot.waitUntil(lambda: not window.desk.store.modified)


@pytest.mark.parametrize("change", ["changed", "gone"])
def test_a_file_that_is_another_by_now_is_asked_about(opened, three_modes, monkeypatch, qtbot, change):
    window, path = opened
    if change == "gone":
        path.unlink()
    else:
        save_scene(three_modes.with_(title="Of somebody else"), path)
    asked = answer(monkeypatch, QMessageBox.StandardButton.Cancel)
    window.desk.files.save()
    qtbot.waitUntil(lambda: bool(asked))
    assert ("not there any more" if change == "gone" else "changed by another program") in asked[0]
    assert window.desk.store.modified
    assert not path.exists() if change == "gone" else read_scene(path).title == "Of somebody else"
    answer(monkeypatch, QMessageBox.StandardButton.Save)
    window.desk.files.save()
    saved(window, qtbot)
    assert read_scene(path).seed == 5
    # From then on it is ours again.
    window.desk.edit(window.desk.scene.with_(seed=6), "another seed")
    monkeypatch.setattr(QMessageBox, "question", lambda *_: pytest.fail("asked"))
    window.desk.files.save()
    saved(window, qtbot)
    assert read_scene(path).seed == 6


def test_a_second_window_on_one_file_is_asked_before_it_writes_over_the_first(
    opened, make_window, three_modes, monkeypatch, qtbot
):
    first, path = opened
    second = make_window(three_modes)
    second.desk.files.open_path(str(path))
    qtbot.waitUntil(lambda: second.desk.store.path == path)
    first.desk.files.save()
    saved(first, qtbot)
    second.desk.edit(second.desk.scene.with_(seed=8), "another seed")
    asked = answer(monkeypatch, QMessageBox.StandardButton.Cancel)
    second.desk.files.save()
    qtbot.waitUntil(lambda: bool(asked))
    assert read_scene(path).seed == 5


def test_three_saves_at_once_leave_the_last(opened, qtbot):
    window, path = opened
    for seed in (11, 12, 13):
        window.desk.edit(window.desk.scene.with_(seed=seed), "another seed")
        window.desk.files.save()
    saved(window, qtbot)
    qtbot.waitUntil(lambda: read_scene(path).seed == 13)
    qtbot.waitUntil(lambda: not window.desk.files._saving)
    assert [p.name for p in path.parent.glob("*.toml*")] == ["mine.toml"]


def test_a_file_marked_as_read_only_is_left_alone_and_told_of(opened, qtbot):
    window, path = opened
    path.chmod(0o444)
    window.desk.files.save()
    qtbot.waitUntil(window.desk.banner.isVisible)
    assert "read-only" in window.desk.banner.text.text()
    assert read_scene(path).seed == 0
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


def test_files_outside_its_folder_are_read_once_that_is_agreed_to(
    make_window, three_modes, tmp_path, qtbot, monkeypatch
):
    """A stranger's scene names a file elsewhere: nothing is read before the answer, and the answer is remembered."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "theirs").mkdir()
    (tmp_path / "mine" / "secret.csv").write_text("x,y\n1,2\n3,5\n4,4\n")
    scene = tmp_path / "theirs" / "scene.toml"
    scene.write_text('title = "Theirs"\n[target]\nkind = "data"\nfile = "../mine/secret.csv"\ncolumns = ["x", "y"]\n')
    window = make_window(three_modes)
    files = window.desk.files
    asked = answer(monkeypatch, QMessageBox.StandardButton.Cancel)
    read, real = [], points.read_columns
    monkeypatch.setattr(points, "read_columns", lambda *a: read.append(a) or real(*a))
    files.open_path(str(scene))
    qtbot.waitUntil(lambda: len(asked) == 1)
    assert str(tmp_path / "mine" / "secret.csv") in asked[0]
    assert not read
    assert window.desk.store.scene == three_modes
    answer(monkeypatch, QMessageBox.StandardButton.Open)
    files.open_path(str(scene))
    qtbot.waitUntil(lambda: window.desk.store.scene.title == "Theirs")
    assert read
    monkeypatch.setattr(QMessageBox, "question", lambda *_: pytest.fail("asked"))
    window.desk.store.open(three_modes, None)
    files.open_path(str(scene))
    qtbot.waitUntil(lambda: window.desk.store.scene.title == "Theirs")
    # A file more is another question; a scene saved here is one's own.
    answer(monkeypatch, QMessageBox.StandardButton.Cancel)
    own = tmp_path / "mine" / "deeper"
    own.mkdir()
    files.save_to(own / "saved.toml")
    qtbot.waitUntil(lambda: window.desk.store.path == own / "saved.toml")
    monkeypatch.setattr(QMessageBox, "question", lambda *_: pytest.fail("asked"))
    window.desk.store.open(three_modes, None)
    files.open_path(str(own / "saved.toml"))
    qtbot.waitUntil(lambda: window.desk.store.scene.title == "Theirs")


def outside_of(path):
    """What the scene in a file would have to ask for."""
    try:
        read_scene(path, ())
    except FilesOutside as error:
        return error.files
    except SceneError:  # it is read, and there is no such file
        return ()
    return ()


def test_which_files_lie_outside(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").mkdir()
    scene = tmp_path / "a" / "scene.toml"
    for name, outside in (
        ("x.csv", False), ("b/x.csv", False), ("b/../x.csv", False), ("../x.csv", True), ("b/../../x.csv", True),
        ("/etc/passwd", True), (str(tmp_path / "a" / "b" / "x.csv"), False),
    ):  # fmt: skip
        scene.write_text(f'[target]\nkind = "data"\nfile = "{name}"\ncolumns = ["x"]\n')
        assert bool(outside_of(scene)) == outside, name
    scene.write_text('[target]\nkind = "unknown"\ndimension = 2\n[field]\nkind = "learned"\nfile = "../net.onnx"\n')
    assert outside_of(scene) == (str(tmp_path / "net.onnx"),)
    (tmp_path / "link.csv").write_text("x\n1\n2\n")
    (tmp_path / "a" / "inside.csv").symlink_to(tmp_path / "link.csv")
    scene.write_text('[target]\nkind = "data"\nfile = "inside.csv"\ncolumns = ["x"]\n')
    assert outside_of(scene)  # a link leads out


def test_a_scene_that_is_named_at_the_start_asks_as_well(make_window, three_modes, tmp_path, monkeypatch, qtbot):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "x.csv").write_text("x,y\n1,2\n3,5\n4,4\n")
    scene = tmp_path / "theirs" / "scene.toml"
    scene.write_text('title = "Theirs"\n[target]\nkind = "data"\nfile = "../x.csv"\ncolumns = ["x", "y"]\n')
    asked = answer(monkeypatch, QMessageBox.StandardButton.Cancel)
    # The window that would be made is one that is closed in the end.
    monkeypatch.setattr("visualizer.gui.window.MainWindow", lambda scene, engine, device: make_window(scene, engine))
    window = open_on(str(scene), LocalEngine("cpu"))
    qtbot.waitUntil(lambda: len(asked) == 1)
    assert window.desk.store.scene.title != "Theirs"
