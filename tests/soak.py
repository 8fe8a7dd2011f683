"""Half an hour of seeded use of the real window, and what grows: `python -m tests.soak --minutes 30`.

Presets are opened, samplers, targets and layers changed, components dragged, runs played, scrubbed and undone. Every
minute the memory of the window and of its engine and the number of Qt objects are printed. After the first half, in
which caches fill (states of runs up to 512 MB, grids up to 300 MB, and up to 512 MB of freed memory that is kept),
objects and widgets must be as many as before, and the memory must stay. `--playing 100000` plays so many particles
instead, and touches nothing.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.deaths import Use
from visualizer.scene.layers import layer_names
from visualizer.scene.presets import load_scene, preset_names
from visualizer.scene.samplers import SAMPLERS
from visualizer.scene.shapes import SHAPES

#: Megabytes that the window and the engine may grow by in a thousand actions, once caches are full.
MOST = 30.0


class Soak(Use):
    """A window in use of every kind."""

    def do(self) -> None:
        """Something a user does, of what there is."""
        random, desk = self.random, self.desk
        actions = (
            self.act_on_mixture,
            self.open_preset,
            self.change_sampler,
            self.change_target,
            self.layers,
            self.drag,
            self.scrub,
        )
        random.choice(actions)()
        desk.player.play(random.random() < 0.6)

    def play(self, count: int) -> None:
        """So many particles of the default scene, which play from here on."""
        scene = self.desk.scene
        self.desk.edit(scene.with_(particles=scene.particles.with_(count=count)), "particles")
        self.desk.player.play(True)

    def act_on_mixture(self) -> None:
        """An edit of the kind that deaths are met with."""
        target = self.desk.scene.target
        if target.in_components and target.d == 2:
            self.act()

    def open_preset(self) -> None:
        """Another scene takes the place of this one."""
        name = self.random.choice(preset_names())
        self.desk.files.open_path(name)
        self.until(lambda: self.desk.store.scene.title == load_scene(name).title, f"preset {name}")

    def change_sampler(self) -> None:
        """Another sampler."""
        try:
            self.desk.edit(self.desk.scene.with_(sampler={"kind": self.random.choice(list(SAMPLERS))}), "a sampler")
        except ValueError:
            return  # which this scene cannot have, as the window would say

    def change_target(self) -> None:
        """A shape or a formula."""
        shapes = [name for name, shape in SHAPES.items() if shape.d == self.desk.scene.target.d]
        target = (
            {"kind": "shape", "name": self.random.choice(shapes)}
            if shapes
            else {"kind": "formula", "log_density": "-x^2"}
        )
        try:
            self.desk.edit(self.desk.scene.with_(target=target, guidance={"kind": "none"}), "a target")
        except ValueError:
            return

    def layers(self) -> None:
        """Other layers."""
        scene = self.desk.scene
        d = scene.target.d
        names = [name for name in layer_names(d) if self.random.random() < 0.5]
        self.desk.edit(
            scene.with_(layers=scene.layers.with_(**{"plane" if d == 2 else "line": tuple(names)})), "layers"
        )

    def drag(self) -> None:
        """The mouse is drawn over the picture."""
        canvas = self.desk.figure.canvases[0]
        widget = canvas.viewport() if hasattr(canvas, "viewport") else canvas
        at = QPoint(self.random.randrange(60, 300), self.random.randrange(60, 300))
        QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=at)
        for i in range(8):
            QTest.mouseMove(widget, at + QPoint(4 * i, 3 * i))
            self.pass_events()
        QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=at + QPoint(32, 24))

    def scrub(self) -> None:
        """Back, on, and undone."""
        self.desk.player.seek(self.random.randrange(50), exact=self.random.random() < 0.5)
        for _ in range(self.random.randrange(3)):
            self.desk.store.undo()

    def measure(self) -> tuple[float, float, int, int]:
        """Megabytes of the window and of its engine, Qt objects of the window, and widgets of the program."""
        objects = len(self.window.findChildren(QObject))
        return megabytes(os.getpid()), megabytes(self.engine.pid or 0), objects, len(QApplication.allWidgets())


def megabytes(pid: int) -> float:
    """What a process has in memory."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Uses the window, prints what it takes, and fails where that grows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--playing", type=int, help="plays so many particles instead")
    options = parser.parse_args()
    os.environ["VISUALIZER_SETTINGS"] = str(Path(tempfile.mkdtemp()) / "settings.ini")
    use, began, told = Soak(options.seed), time.monotonic(), 0.0
    rows: list[tuple[int, tuple[float, float, int, int]]] = []
    actions = 0
    if options.playing:
        use.play(options.playing)
    while (elapsed := time.monotonic() - began) < 60 * options.minutes:
        if options.playing:
            use.live(1.0)
        else:
            use.do()
            use.live(use.random.uniform(0, 0.2))
        actions += 1
        if elapsed >= told:
            told += 60 * min(1.0, options.minutes / 9)
            rows.append((actions, use.measure()))
            window, engine, objects, widgets = rows[-1][1]
            print(
                f"{elapsed / 60:5.1f} min {actions:6d} actions {use.frames:7d} frames  window {window:5.0f} MB  engine {engine:5.0f} MB  {objects} objects, {widgets} widgets",
                flush=True,
            )
    use.close()
    judged(rows)


def judged(rows: list[tuple[int, tuple[float, float, int, int]]]) -> None:
    """Holds the last quarter against the one before it."""
    quarter = len(rows) // 4
    middle, last = rows[-2 * quarter : -quarter], rows[-quarter:]
    grown = []
    for i, name in enumerate(("window, MB", "engine, MB", "objects", "widgets")):
        before, after = (sorted(row[1][i] for row in part)[len(part) // 2] for part in (middle, last))
        steps = (last[len(last) // 2][0] - middle[len(middle) // 2][0]) / 1000
        grown.append((after - before) / max(steps, 1e-9))
        print(f"{name}: {before:.0f} → {after:.0f}, {grown[-1]:+.1f} for a thousand actions")
    assert max(grown[:2]) < MOST, "memory grows"


if __name__ == "__main__":
    main()
