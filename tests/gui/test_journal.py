"""What is not saved survives: it is on the disk within two seconds, offered at the next start, and opened as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from random import Random
from shutil import which

import pytest
from PySide6.QtCore import QLockFile

from visualizer.gui.document.journal import entries, take, tidy
from visualizer.gui.document.recovery import Recovery, described
from visualizer.scene.files import read_scene, save_scene

#: Seconds that a busy machine may add.
BUSY = 2.0


def edited(window, seed):
    window.desk.edit(window.desk.scene.with_(seed=seed), "another seed")


def left(window):
    """The folder of a window as a process that has ended leaves it: not locked."""
    journal = window.commands.journal
    journal._lock.unlock()
    return journal.folder


def test_an_edit_is_on_the_disk_within_two_seconds_and_a_window_without_edits_leaves_nothing(
    make_window, three_modes, qtbot
):
    window = make_window(three_modes)
    journal = window.commands.journal
    journal.note()
    qtbot.wait(800)
    assert not journal.folder.exists()
    for seed in range(1, 6):
        edited(window, seed)
    qtbot.waitUntil(lambda: (journal.folder / "scene.toml").exists())
    qtbot.waitUntil(lambda: read_scene(journal.folder / "scene.toml").seed == 5)
    qtbot.waitUntil(lambda: (journal.folder / "picture.png").exists())
    assert entries(journal.folder.parent) == []  # its window is alive
    left(window)
    (entry,) = entries(journal.folder.parent)
    assert entry.modified
    assert not entry.closed
    assert entry.title == three_modes.title
    assert not entry.thumbnail.isNull()
    assert "not saved" in described(entry)
    assert take(entry) == (window.desk.scene.with_(view=take(entry)[0].view), ())


def test_what_was_lost_is_offered_opened_with_its_file_and_then_forgotten(make_window, three_modes, qtbot, tmp_path):
    path = tmp_path / "mine.toml"
    save_scene(three_modes, path)
    first = make_window(three_modes)
    first.desk.store.path = path
    edited(first, 7)
    folder = first.commands.journal.folder
    qtbot.waitUntil(lambda: (folder / "picture.png").exists())
    left(first)
    second = make_window(three_modes.with_(title="Another"))
    second.commands.look_for_unsaved()
    banner = second.desk.banner
    qtbot.waitUntil(banner.isVisible)
    assert "was not saved when the program ended" in banner.text.text()
    banner.action.click()
    dialog = second.findChild(Recovery)
    qtbot.waitUntil(lambda: dialog.list.count() == 1)
    dialog.open_button.click()
    qtbot.waitUntil(lambda: second.desk.scene.seed == 7)
    assert second.desk.store.modified
    assert second.desk.files.own_path == path
    assert second.desk.store.saved.seed == 0
    qtbot.waitUntil(lambda: not folder.exists())
    qtbot.waitUntil(lambda: (second.commands.journal.folder / "scene.toml").exists())
    second.desk.store.undo()
    assert second.desk.scene.title == "Another"


def test_a_window_that_is_closed_leaves_its_last_session_and_no_more_of_them(make_window, three_modes, qtbot):
    journals = None
    for seed in (1, 2):
        window = make_window(three_modes)
        edited(window, seed)
        folder = window.commands.journal.folder
        journals = folder.parent
        qtbot.waitUntil(lambda folder=folder: (folder / "entry.json").exists())
        window.desk.store.mark_saved(window.desk.scene)
        window.close()
    (entry,) = tidy(journals)
    assert entry.closed
    assert "last session" in described(entry)
    assert take(entry)[0].seed == 2
    assert len(list(journals.iterdir())) == 1


def test_the_journal_keeps_the_users_own_scene_while_a_tour_is_shown(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    edited(window, 3)
    folder = window.commands.journal.folder
    qtbot.waitUntil(lambda: (folder / "scene.toml").exists())
    window.commands.present_tour("trapped-and-freed")
    qtbot.waitUntil(lambda: window.presenter.active)
    window.commands.journal.note()
    qtbot.wait(1_500)
    assert read_scene(folder / "scene.toml").seed == 3
    window.presenter.end()


def test_a_disk_that_is_full_is_told_once_and_nothing_else_suffers(make_window, three_modes, qtbot, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("visualizer.gui.document.journal.write_atomic", full)
    window = make_window(three_modes)
    edited(window, 1)
    qtbot.waitUntil(lambda: "No space left" in window.desk.banner.text.text())
    window.desk.banner.hide()
    edited(window, 2)
    qtbot.wait(1_500)
    assert window.desk.banner.isHidden()
    assert not window._crashed


def test_what_cannot_be_read_is_left_alone(tmp_path):
    for name, text in (("1-1", "{"), ("2-2", "[]"), ("3-3", '{"title": 3}')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "entry.json").write_text(text)
    (tmp_path / "4-4").mkdir()
    assert entries(tmp_path) == []
    assert len(list(tmp_path.iterdir())) == 4


#: A window that is edited twenty times a second; says when it made which edit.
EDITING = """
import sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from visualizer.engine.host.child import ChildEngine
from visualizer.gui.app import make_window
app = QApplication(["visualizer"])
engine = ChildEngine("cpu"); engine.start()
window = make_window(None, engine, "cpu"); window.show()
seed = 0
def edit():
    global seed
    seed += 1
    window.desk.edit(window.desk.scene.with_(seed=seed), "another seed")
    print(seed, time.time(), flush=True)
timer = QTimer(); timer.timeout.connect(edit); timer.start(50)
app.exec()
"""


@contextmanager
def display():
    """An X server of its own: its number and its process."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=(write,), stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as told:
            yield f":{int(told.readline())}", server
    finally:
        server.kill()
        server.wait()


def lost_after(settings, platform, end):
    """Edits older than two seconds that are not on the disk after the window was ended by `end(window)`."""
    settings.parent.mkdir()
    environment = {**os.environ, "VISUALIZER_SETTINGS": str(settings), **platform}
    window = subprocess.Popen(
        [sys.executable, "-c", EDITING], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert window.stdout is not None
    assert window.stdout.readline()
    listed = Path(f"/proc/{window.pid}/task/{window.pid}/children")  # not every kernel has it
    children = [int(pid) for pid in listed.read_text().split()] if listed.exists() else []
    time.sleep(Random(3).uniform(2.5, 4))
    end(window)
    died = time.time()
    window.wait(10)
    made = dict(line.split() for line in window.stdout.read().splitlines())
    window.stdout.close()
    (entry,) = entries(settings.parent / "journal")
    assert entry.modified
    assert QLockFile(str(entry.folder / "lock")).tryLock(0)
    end_of_children = time.monotonic() + 5
    while any(alive(pid) for pid in children):
        assert time.monotonic() < end_of_children, "the engine outlives its window"
        time.sleep(0.05)
    kept = take(entry)[0].seed
    return [seed for seed, when in made.items() if int(seed) > kept and float(when) < died - 2 - BUSY]


def alive(pid):
    """Whether a process runs: one that has ended and is not reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at processes in /proc")
@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM"])
def test_never_more_than_two_seconds_of_edits_are_lost(tmp_path, how):
    """At a seeded moment; and nothing of the window is left."""
    lost = lost_after(
        tmp_path / "one" / "settings.ini",
        {"QT_QPA_PLATFORM": "offscreen"},
        lambda window: os.kill(window.pid, getattr(signal, how)),
    )
    assert not lost


@pytest.mark.skipif(which("Xvfb") is None, reason="needs an X server that may die")
def test_the_end_of_the_display_costs_no_more(tmp_path):
    with display() as (number, server):

        def end(_window):
            server.kill()
            server.wait()

        platform = {"QT_QPA_PLATFORM": "xcb", "DISPLAY": number}
        assert not lost_after(tmp_path / "one" / "settings.ini", platform, end)
