"""The window itself: first paint, and frames while it plays and while a component is dragged."""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise

from tests.bench.timing import Row

_PAINT = """
import sys, time
begin = float(sys.argv[1])
if sys.argv[2] == "torch": import torch
from PySide6.QtWidgets import QApplication
from visualizer.gui.app import Shell
app = QApplication(["x", "-platform", "offscreen"])
shell = Shell(); shell.show(); app.processEvents(); shell.grab()
print(time.time() - begin)
"""


def first_paint(runs: int = 7) -> Row:
    """From the start of the process to the first paint of the window, without torch and after importing it."""

    def seconds(what: str) -> float:
        command = [sys.executable, "-c", _PAINT, repr(time.time()), what]
        result = subprocess.run(command, capture_output=True, text=True, check=True)
        return float(result.stdout.split()[-1])

    ours, theirs = [], []
    for _ in range(runs):
        ours.append(1e3 * seconds("shell"))
        theirs.append(1e3 * seconds("torch"))
    name = "first paint of the window"
    return Row(name, "importing torch before it", statistics.median(ours), statistics.median(theirs), "9×", "5×")


def frame_times(drag: bool, seconds: float = 8.0) -> tuple[float, float, float]:
    """(frames a second, 95th percentile and slowest gap in ms) at 10⁵ particles on the default preset."""
    os.environ["VISUALIZER_SETTINGS"] = os.path.join(tempfile.mkdtemp(), "settings.ini")
    from PySide6.QtCore import QTimer

    from visualizer.engine.host.child import ChildEngine
    from visualizer.gui.app import Keeper, make_window
    from visualizer.gui.canvas import mixture_edit as edit
    from visualizer.gui.offscreen.capture import application

    app = application()
    engine = ChildEngine("cpu")
    engine.start()
    window = make_window(None, engine, "cpu")
    window.resize(1440, 900)
    window.show()
    keeper = Keeper()
    arrived: list[float] = []
    window.desk.player.frame.connect(lambda _: arrived.append(time.perf_counter()))
    _spin(app, 4.0)
    window.desk.transport.toggle()
    _spin(app, 1.5)
    arrived.clear()

    def move() -> None:
        scene, angle = window.desk.store.scene, 3 * time.perf_counter()
        target = edit.move_mean(scene.target, 1, (2.4 + math.sin(angle), 1.9 + 0.5 * math.cos(angle)))
        window.desk.store.edit(scene.with_(target=target), "move")

    timer = QTimer()
    timer.timeout.connect(move)
    if drag:
        window.desk.store.begin()
        timer.start(16)
    _spin(app, seconds)
    timer.stop()
    window.desk.store.mark_saved(window.desk.store.scene)
    window.close()
    window.deleteLater()
    keeper.deleteLater()
    gaps = sorted(1e3 * (b - a) for a, b in pairwise(arrived))
    return len(gaps) / (arrived[-1] - arrived[0]), gaps[int(0.95 * len(gaps))], gaps[-1]


def _spin(app: object, seconds: float) -> None:
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()
