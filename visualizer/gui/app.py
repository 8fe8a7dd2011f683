"""Opens the window: first a paint of its outline, then everything else.

Qt alone is there in a moment; pyqtgraph, pydantic and torch are not. So the first thing shown is a
shell in the right colours, and the parts follow while it is already on the screen.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QTimer
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from visualizer.gui.document.settings import Settings
from visualizer.gui.sizes import begin_at

if TYPE_CHECKING:
    from visualizer.engine.host.talk import Engine
    from visualizer.gui.window import MainWindow

DEFAULT_SCENE = "trapped"
_COLLECT_MS = 2000
_FULL_EVERY = 15
#: Colours of the dark theme: the palette brings NumPy, which the first paint must not wait for.
_WINDOW = "#14161f"
#: Of the picture.
_CANVAS = "#0d0f14"
#: Of a card.
_CARD = "#1a1d28"
#: Of a card's border.
_LINE = "#2c3040"


class Shell(QWidget):
    """The window's outline, painted with Qt alone."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Visualizer")
        self.resize(1440, 900)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(_WINDOW))
        painter.fillRect(QRectF(282, 0, max(0, self.width() - 594), self.height() - 58), QColor(_CANVAS))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(_LINE))
        painter.setBrush(QColor(_CARD))
        for x, width, cards in ((10, 262, (96, 190, 170, 330)), (self.width() - 302, 292, (110, 250, 150))):
            y = 60
            for height in cards:
                painter.drawRoundedRect(QRectF(x, y, width, height), 8, 8)
                y += height + 9
        painter.end()


class Keeper(QWidget):
    """Collects garbage on the GUI thread only: the collector must never destroy Qt objects in a worker."""

    def __init__(self) -> None:
        super().__init__()
        gc.collect()
        gc.freeze()
        gc.disable()
        self._ticks = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._collect)
        self._timer.start(_COLLECT_MS)

    def _collect(self) -> None:
        self._ticks += 1
        gc.collect(2 if self._ticks % _FULL_EVERY == 0 else 1)


def make_window(name: str | None, engine: Engine, device: str = "auto") -> MainWindow:
    """The main window on a scene or preset; a scene at fault is said in the window, which shows the default.

    Data, images and networks are taken into the default scene.
    """
    from visualizer.gui.document.files import FOREIGN
    from visualizer.gui.document.plugins import let_in_agreed
    from visualizer.gui.theme import load_fonts
    from visualizer.gui.window import MainWindow
    from visualizer.scene.errors import FilesOutside, SceneError
    from visualizer.scene.presets import load_scene
    from visualizer.scene.tour import is_of_tour, tour_names, tour_path

    load_fonts()
    let_in_agreed(Settings())
    problem, tour = "", name if name and name in tour_names() else ""
    foreign = name if name and Path(name).suffix.lower() in FOREIGN else ""
    asked = False
    try:
        scene = load_scene(DEFAULT_SCENE if tour or foreign or not name else name, ())
    except FilesOutside:
        asked, scene = True, load_scene(DEFAULT_SCENE)
    except SceneError as error:
        tour = name if name and is_of_tour(error) else ""
        problem, scene = "" if tour else str(error), load_scene(DEFAULT_SCENE)
    except Exception:  # whatever it is: a window with a sentence is better than none
        traceback.print_exc()
        problem, scene = f"{name}: this file is damaged, or something else than a scene", load_scene(DEFAULT_SCENE)
    window = MainWindow(scene, engine, device)
    if problem:
        window.desk.banner.problem(f"This scene cannot be opened; the default is shown instead.\n{problem}")
    elif foreign:
        window.commands.take_file(foreign)
    elif asked:
        window.desk.files.open_path(str(name))
    elif tour:
        window.desk.files.open_path(str(tour_path(tour)) if tour in tour_names() else tour)
    elif name and name.endswith(".toml"):
        window.desk.files.adopt(name)
    return window


def open_window(name: str | None, device: str) -> int:
    """Runs the application until its window is closed."""
    magnification = Settings().magnification
    if magnification != 1.0 and "QT_SCALE_FACTOR" not in os.environ:
        os.environ["QT_SCALE_FACTOR"] = str(magnification)  # Qt reads it once, when it starts
        begin_at(magnification)
    app = QApplication(sys.argv[:1])
    app.setApplicationName("Visualizer")
    app.setDesktopFileName("visualizer")  # by which a desktop finds the icon of its entry
    app.setQuitOnLastWindowClosed(False)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    shell = Shell()
    shell.show()
    app.processEvents()
    keeper: list[QWidget] = []
    from visualizer import __version__
    from visualizer.engine.host.birth import bear  # after the first paint, which waits for nothing

    born = bear(__version__, device)  # it begins to import torch while the window is built

    def build() -> None:
        from visualizer.engine.host.child import ChildEngine
        from visualizer.gui.hints import Hints
        from visualizer.scene.paths import data_folder

        app.setWindowIcon(QIcon(str(data_folder("resources") / "icons/visualizer.svg")))
        engine = ChildEngine(device, born)
        engine.start()
        window = make_window(name, engine, device)
        window.closed.connect(app.quit)
        window.show()
        shell.close()
        keeper.extend([window, Keeper()])
        _report_to(window)
        window.commands.look_for_unsaved()
        window.desk.plugins.begin()
        if not (name or window.desk.settings.hinted):
            Hints(window.desk, window.commands.show_gallery)

    QTimer.singleShot(0, build)
    status = app.exec()
    gc.enable()
    return status


def _report_to(window: MainWindow) -> None:
    """Unexpected exceptions in the GUI are shown, never swallowed and never fatal."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        window.show_crash("".join(traceback.format_exception(kind, error, trace)))

    sys.excepthook = hook
