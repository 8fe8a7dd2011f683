"""The window with the engine in a process of its own: what it imports, how it lives through a death, how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from visualizer.engine.host.child import ChildEngine

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")

#: A window that plays, is edited, runs an experiment, exports numbers and saves a picture, and says what it imported.
SESSION = """
import sys, time
from pathlib import Path
from visualizer.engine.host.child import ChildEngine
from visualizer.gui.app import Keeper, make_window
from visualizer.gui.offscreen.capture import application
app = application()
engine = ChildEngine("cpu"); engine.start()
window = make_window(None, engine, "cpu"); window.resize(1200, 800); window.show()
keeper, desk = Keeper(), window.desk
def until(done, name):
    end = time.monotonic() + 60
    while not done():
        assert time.monotonic() < end, name
        app.processEvents(); time.sleep(0.002)
until(lambda: desk.pictures, "picture")
desk.transport.toggle()
until(lambda: desk.report is not None, "report")
desk.edit(desk.scene.with_(target=desk.scene.target.with_(means=((1.0, 0.0), *desk.scene.target.means[1:]))), "move")
desk.cards.target.kind.show_value("formula"); desk.cards.target.kind.activated.emit(0)
until(lambda: desk.scene.target.kind == "formula", "formula")
desk.cards.target.forms["formula"]._request("type", log_density="-x^2 - a*y^2", parameters={"a": 2.0})
until(lambda: desk.scene.target.kind == "formula" and "a" in desk.scene.target.parameters, "parameter")
window.commands.experiment("tradeoff")
until(lambda: window.commands.experiments and window.commands.experiments[0]._said, "experiment")
folder = Path(sys.argv[1])
from visualizer.gui.picturing import PictureDialog
PictureDialog(desk).save_to(folder / "picture.png")
until(lambda: (folder / "picture.png").exists(), "saved picture")
from visualizer.gui.numbers import NumbersDialog
dialog = NumbersDialog(desk); dialog.export_to(folder / "cloud.npz")
until(lambda: (folder / "cloud.npz").exists(), "numbers")
desk.store.mark_saved(desk.store.scene)
began = time.monotonic(); window.close(); closed = time.monotonic() - began
print(*(m for m in ("torch", "scipy", "onnxruntime", "sklearn") if m in sys.modules), f"closed in {closed:.2f}")
"""


def test_the_window_imports_nothing_that_computes(tmp_path):
    environment = {**os.environ, "VISUALIZER_SETTINGS": str(tmp_path / "s.ini"), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", SESSION, str(tmp_path)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=110, check=False)
    assert result.returncode == 0, result.stderr
    imported, _, seconds = result.stdout.strip().rpartition("closed in ")
    assert not imported.strip()
    assert float(seconds) < 5  # it waits for nobody: 30 ms where nothing else runs


def test_the_first_paint_waits_for_qt_alone():
    code = "import visualizer.gui.app, visualizer.engine.host.birth, sys; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert not {"numpy", "torch", "pyqtgraph", "pydantic"} & set(result.stdout.split())


def test_a_death_costs_the_window_nothing(make_window, three_modes, qtbot, monkeypatch):
    """Edits, undo and the window stay; a dialog says that its experiment is over; Stop and closing are quick."""
    engine = ChildEngine("cpu")
    window = make_window(three_modes, engine)
    desk = window.desk
    desk.transport.toggle()
    edited = three_modes.with_(seed=7)
    desk.edit(edited, "another seed")
    window.commands.experiment("tradeoff")
    qtbot.waitUntil(lambda: bool(window.commands.experiments))
    (dialog,) = window.commands.experiments
    dead = engine.pid
    os.kill(dead, signal.SIGSEGV)
    qtbot.waitUntil(lambda: "crashed (SIGSEGV)" in desk.banner.text.text())
    assert "crashed (SIGSEGV)" in dialog.status.text()
    assert not dialog.runner.running
    dialog.reject()
    seen = []
    desk.player.frame.connect(
        seen.append
    )  # the pictures of the next process: one that is still being born says nothing
    qtbot.waitUntil(lambda: bool(seen) and not seen[-1].playing)
    assert desk.scene == edited
    assert desk.store.undo_label == "another seed"
    desk.store.undo()
    assert desk.scene == three_modes
    monkeypatch.setattr("visualizer.gui.run.player._LONG", 1.0)
    # It hangs: says so with its time, and Stop ends it.
    stopped = engine.pid
    os.kill(stopped, signal.SIGSTOP)
    qtbot.waitUntil(lambda: "at one step for" in desk.banner.text.text())
    desk.edit(three_modes.with_(seed=9), "another seed")
    qtbot.waitUntil(lambda: desk.banner.action.text() == "Stop" and desk.banner.isVisible())
    began = time.monotonic()
    desk.banner.action.click()
    assert time.monotonic() - began < 2  # it waits for nobody: measured 0.1 ms
    qtbot.waitUntil(lambda: engine.pid not in (None, stopped))
    assert not Path(f"/proc/{stopped}").exists()
    seen.clear()
    qtbot.waitUntil(lambda: bool(seen))
    assert desk.scene.seed == 9
    last = engine.pid
    desk.store.mark_saved(desk.store.scene)
    began = time.monotonic()
    window.close()
    assert time.monotonic() - began < 5  # as above: 30 ms where nothing else runs
    assert not Path(f"/proc/{last}").exists()


def test_after_two_deaths_the_window_offers_to_undo(make_window, three_modes, qtbot):
    engine = ChildEngine("cpu")
    window = make_window(three_modes, engine)
    desk = window.desk
    desk.edit(three_modes.with_(seed=7), "another seed")
    for sentence in ("started again", "undo what was done last"):
        qtbot.waitUntil(lambda: engine.pid is not None)
        os.kill(engine.pid, signal.SIGKILL)
        qtbot.waitUntil(lambda sentence=sentence: sentence in desk.banner.text.text())
    assert engine.pid is None
    assert desk.banner.action.text() == "Undo"
    seen = []
    desk.player.frame.connect(seen.append)
    desk.banner.action.click()
    assert desk.scene == three_modes
    qtbot.waitUntil(lambda: bool(seen))
