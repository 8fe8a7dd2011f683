"""The window itself: first paint, and frames while it plays and while a component is dragged."""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QEvent, QObject

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


@dataclass(frozen=True)
class Frames:
    """How frames came in the window.

    Attributes:
        rate: frames a second.
        under, slowest: what 95 % of the gaps are under, and the longest, ms.
        window, engine: CPU of the GUI thread, and of all that computes, for a frame, ms.
        paints: paints of the picture for each frame that arrived.
        stall: the longest time for which the event loop did not come round, ms.
    """

    rate: float
    under: float
    slowest: float
    window: float
    engine: float
    paints: float
    stall: float


def frame_times(
    apart: bool, drag: bool, count: int = 100_000, pictures: int = 1, seconds: float = 8.0, errands: bool = False
) -> Frames:
    """The default preset in the real window, with the engine in a process of its own (`apart`) or in this one.

    `errands`: meanwhile a fit, a training and a trade-off are under way.
    """
    os.environ["VISUALIZER_SETTINGS"] = os.path.join(tempfile.mkdtemp(), "settings.ini")
    from PySide6.QtCore import QTimer

    from visualizer.engine.host.child import ChildEngine
    from visualizer.engine.host.local import LocalEngine
    from visualizer.gui.app import Keeper, make_window
    from visualizer.gui.canvas import mixture_edit as edit
    from visualizer.gui.offscreen.capture import application

    app = application()
    engine = ChildEngine("cpu") if apart else LocalEngine("cpu")
    engine.start()
    window = make_window(None, engine, "cpu")
    scene = window.desk.scene
    window.desk.store.open(scene.with_(particles=scene.particles.with_(count=count)))
    for _ in range(pictures - 1):
        window.commands.add_picture()
    window.resize(1440, 900)
    window.show()
    keeper = Keeper()
    arrived: list[float] = []
    window.desk.player.frame.connect(lambda _: arrived.append(time.perf_counter()))
    counter = _Paints(app, window.desk.figure.canvases[0].viewport())
    _until(app, lambda: len(arrived) > 3)
    window.desk.transport.toggle()
    if errands:
        for kind in ("training", "tradeoff"):
            window.commands.experiment(kind)
        _spin(app, 1.0)
        for experiment in window.commands.experiments:
            experiment.measure()
    _spin(app, 2.5)

    def move() -> None:
        scene, angle = window.desk.store.scene, 3 * time.perf_counter()
        target = edit.move_mean(scene.target, 1, (2.4 + math.sin(angle), 1.9 + 0.5 * math.cos(angle)))
        window.desk.store.edit(scene.with_(target=target), "move")

    timer = QTimer()
    timer.timeout.connect(move)
    if drag:
        window.desk.store.begin()
        timer.start(16)
        _spin(app, 0.5)
    beats: list[float] = []
    beat = QTimer()
    beat.timeout.connect(lambda: beats.append(time.perf_counter()))
    beat.start(5)
    arrived.clear()
    counter.count = 0
    ours, others = time.thread_time(), _cpu(engine.pid) if apart else time.process_time()
    _spin(app, seconds)
    ours, others = time.thread_time() - ours, (_cpu(engine.pid) if apart else time.process_time()) - others
    beat.stop()
    timer.stop()
    if drag:
        window.desk.store.end()
    window.desk.store.mark_saved(window.desk.store.scene)
    window.close()
    for thing in (window, keeper, counter):
        thing.deleteLater()
    gaps = sorted(1e3 * (b - a) for a, b in pairwise(arrived))
    n = len(arrived)
    return Frames(
        rate=len(gaps) / (arrived[-1] - arrived[0]), under=gaps[int(0.95 * len(gaps))], slowest=gaps[-1],
        window=1e3 * ours / n, engine=1e3 * (others if apart else others - ours) / n, paints=counter.count / n,
        stall=1e3 * max(b - a for a, b in pairwise(beats)),
    )  # fmt: skip


def _cpu(pid: int | None) -> float:
    """Seconds of CPU that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class _Paints(QObject):
    """Counts the paints of a widget."""

    def __init__(self, parent: QObject, widget: QObject) -> None:
        super().__init__(parent)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, _: QObject, event: QEvent) -> bool:  # noqa: N802  # Qt's name
        self.count += event.type() == QEvent.Type.Paint
        return False


def _until(app: object, done: Callable[[], bool]) -> None:
    while not done():
        _spin(app, 0.05)


def _spin(app: object, seconds: float) -> None:
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()
