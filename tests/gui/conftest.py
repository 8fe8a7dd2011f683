"""Real widgets, off screen, with settings of their own; nothing may be left behind."""

from __future__ import annotations

import gc
import threading
from functools import partial

import pytest
from PySide6.QtCore import QEvent, QThreadPool
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot


@pytest.fixture
def qtbot(qapp, request):
    """Waits as long as a loaded machine needs: what comes soon is not waited for any longer."""
    bot = QtBot(request)
    bot.waitUntil = partial(bot.waitUntil, timeout=60_000)
    return bot


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    """Every test starts as on a machine that never ran the program."""
    from visualizer.gui.sizes import magnify

    monkeypatch.setenv("VISUALIZER_SETTINGS", str(tmp_path / "settings.ini"))
    yield
    magnify(1.0, lambda: None)


@pytest.fixture(autouse=True)
def a_slow_machine_is_no_news(monkeypatch):
    """On a loaded machine a step takes a second, and the banner would say so in the place of what a test waits for."""
    monkeypatch.setattr("visualizer.gui.run.player._LONG", 60.0)


@pytest.fixture(autouse=True)
def nothing_comes_in_later(monkeypatch):
    """Libraries for later take seconds to come in, and a test does not wait for them."""
    monkeypatch.setattr("visualizer.engine.host.host._later", lambda: None)
    monkeypatch.setattr("visualizer.gui.forecast.RESTS_MS", 1_000_000)


@pytest.fixture(autouse=True)
def nobody_to_answer(monkeypatch):
    """A question that a test does not expect fails at once: nobody would ever answer it."""

    def asked(_parent, title, text, *_, **__):
        raise AssertionError(f"asked: {title}: {text}")

    for name in ("question", "warning", "information", "critical"):
        monkeypatch.setattr(QMessageBox, name, asked)


@pytest.fixture(autouse=True)
def no_collector_in_workers():
    """The cyclic collector must not run in a worker thread: it would destroy Qt objects there."""
    gc.collect()
    gc.freeze()  # what is there before a test is not looked through again and again after it: half a second each time
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(autouse=True)
def nothing_left_behind(qapp):
    """Fails on widgets, threads and pool jobs that outlive their test."""
    threads = set(threading.enumerate())
    yield
    QThreadPool.globalInstance().waitForDone(5000)
    for _ in range(3):
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        qapp.processEvents()
        gc.collect()
    alive = [w for w in QApplication.topLevelWidgets() if w.isVisible()]
    assert not alive, f"left behind: {alive}"
    # The threads of compiled kernels last as long as the program, and begin whenever the first of them is needed.
    lasting = ("Dummy", "fused")
    left = [t for t in threading.enumerate() if t not in threads and not t.name.startswith(lasting)]
    for thread in left:
        thread.join(5)
    assert not any(t.is_alive() for t in left), f"threads left behind: {left}"
    assert QThreadPool.globalInstance().activeThreadCount() == 0


@pytest.fixture
def make_window(qtbot, qapp, monkeypatch):
    """Builds a window on a scene and waits for its first picture; closes it in the end."""
    from visualizer.engine.host.local import LocalEngine
    from visualizer.gui.theme import load_fonts
    from visualizer.gui.window import MainWindow

    load_fonts()
    windows = []

    def make(scene, engine=None) -> MainWindow:
        engine = engine or LocalEngine("cpu")
        engine.start()
        window = MainWindow(scene, engine, "cpu")
        windows.append(window)
        window.resize(1300, 820)
        window.show()
        qtbot.waitUntil(lambda: window.desk.figure.canvases[0].picture is not None)
        for canvas in window.desk.figure.canvases:
            canvas.viewport().repaint()  # axes find out how wide their numbers are when they are painted first
        qapp.processEvents()
        return window

    yield make
    # A test that failed in the middle of a lecture leaves one that is not saved.
    monkeypatch.setattr(QMessageBox, "question", lambda *_, **__: QMessageBox.StandardButton.Discard)
    for window in windows:
        window.desk.store.mark_saved(window.desk.store.scene)
        window.close()
        assert window.desk.player.stop()  # it has ended already: a window that closes ends it
        window.deleteLater()


@pytest.fixture
def player(qtbot):
    """A player on a host in this process, without a window."""
    from visualizer.engine.host.local import LocalEngine
    from visualizer.gui.run.player import Player

    engine = LocalEngine("cpu")
    engine.start()
    made = Player(engine)
    made.start()
    yield made
    assert made.stop()


def settled(window, qtbot):
    """Waits until a picture of the present scene and view is shown."""
    player = window.desk.player
    seen = []
    player.frame.connect(seen.append)
    qtbot.waitUntil(lambda: len(seen) >= 3)
    player.frame.disconnect(seen.append)
