"""A study: many runs, drawn with quartiles while they come in."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
from pydantic import ValidationError
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from visualizer.engine.findings.study import TIMES, StudyLine, StudyState, best_run
from visualizer.engine.host.talk import Errand
from visualizer.gui.canvas.base import name_axis
from visualizer.gui.canvas.look import pen
from visualizer.gui.desk import Desk
from visualizer.gui.document.asking import ask_for_folder, ask_to_open, ask_to_save, suggested
from visualizer.gui.experiments.base import EXPERIMENTS, Action, Experiment
from visualizer.gui.experiments.plot_files import PLOT_FILES, plot_bytes
from visualizer.gui.jobs import Newest, run_in_background
from visualizer.gui.sizes import factor
from visualizer.gui.theme import colour as shade
from visualizer.gui.widgets.card import Choice, OneLine
from visualizer.gui.widgets.number import NumberSlider, Range
from visualizer.scene.files import problems, write_atomic
from visualizer.scene.model import Scene

#: The entry that asks for a file.
_FILE = "…"
#: What the study itself wants drawn.
_OWN = ("", "as the study says")
#: A point of so few runs is faint.
_FEW = 3
#: The opacity of such a point, and of a band.
_FAINT, _BAND = 0.4, 0.2
#: Numbers that spread over so large a ratio have logarithmic axes.
_WIDE = 20.0
#: Decades from which on powers of ten alone are labelled.
_MANY = 2.5
#: Pixels from a point within which a click means the point.
_NEAR = 14.0
_DASHES = (False, True, True, True, True, True)


@EXPERIMENTS.add
class StudyDialog(Experiment):
    """A study that ships, or one from a file, in a folder of its own; a double click opens the run of a point."""

    kind, order = "study", 60
    action = Action("Study…", ("Shift+S",), "Many runs with error bars: variants, axes and seeds from a file")
    begins = False
    alone = True
    heading = "Study"
    start_text = "Run"
    cancel_text = "Stop"
    explanation = (
        "Variants of a scene, along axes, with many seeds. Lines are medians over the seeds, bands quartiles; what has "
        "fewer than three runs is faint. A study that was stopped goes on. Double-click a point to open its "
        "run as a scene."
    )

    def __init__(self, desk: Desk, prepared: list[tuple[str, str]]) -> None:
        super().__init__(desk)
        self._state: StudyState | None = None
        self._lines: list[tuple[StudyLine, Any]] = []
        self._best_run: int | None = None
        self._newest = Newest(self)
        self._folder = Path(desk.settings.folder) / "studies"
        self.study = Choice([*prepared, (_FILE, "A file…")], "A study that ships, or a file of your own", "Study")
        self.study.activated.connect(self._choose)
        self.jobs = NumberSlider(
            "side by side",
            Range(0, max(1, os.cpu_count() or 1), integer=True),
            "Runs at a time; 0 looks at what another program puts into the folder",
        )
        self.jobs.show_value(max(1, (os.cpu_count() or 2) - 1))
        self.jobs.edited.connect(self.jobs.show_value)
        self.along = Choice([_OWN], "What lies along the axis", "x")
        self.drawn = Choice([_OWN], "What is drawn", "y")
        for choice in (self.along, self.drawn):
            choice.activated.connect(self._draw_lines)
        self.folder = OneLine()
        self.folder_button = QPushButton("Folder…")
        self.folder_button.clicked.connect(self._choose_folder)
        self._add_numbers()
        self.save = QPushButton("Save plot…")
        self.save.clicked.connect(self._save)
        self.save.setEnabled(False)
        self.best = QPushButton("Use the best")
        self.best.setToolTip("The sampler of the best point takes the place of the scene's")
        self.best.clicked.connect(self._use_best)
        self.best.setEnabled(False)
        self.buttons.insertWidget(1, self.save)
        self.buttons.insertWidget(2, self.best)
        self.chart = self.plot(0, 0, "", "")
        self.plots.scene().sigMouseClicked.connect(self._clicked)
        self._show_folder()

    def _add_numbers(self) -> None:
        first, second = QVBoxLayout(), QVBoxLayout()
        first.addWidget(self.study)
        row = QHBoxLayout()
        row.addWidget(self.folder_button)
        row.addWidget(self.folder, 1)
        first.addLayout(row)
        axes = QHBoxLayout()
        for name, choice in (("y", self.drawn), ("over", self.along)):
            label = QLabel(name)
            label.setObjectName("muted")
            axes.addWidget(label)
            axes.addWidget(choice, 1)
        second.addLayout(axes)
        second.addWidget(self.jobs)
        self.numbers.addLayout(first, 1)
        self.numbers.addLayout(second, 1)

    @classmethod
    def prepare(cls, scene: Scene) -> Errand:
        """The studies that ship."""
        return Errand("visualizer.engine.studies.watching:studies_there")

    def work(self) -> Errand:
        folder = str(self._folder / Path(self.study.value).stem)
        return Errand("visualizer.engine.studies.watching:run_study", self.study.value, folder, int(self.jobs.value))

    # what is chosen

    def _choose(self) -> None:
        if self.study.value == _FILE:
            path = ask_to_open(self, "Open a study", "Studies (*.toml)")
            if not path:
                self.study.setCurrentIndex(0)
                return
            self.study.insertItem(self.study.count() - 1, Path(path).name, path)
            self.study.setCurrentIndex(self.study.count() - 2)
        self._show_folder()

    def _choose_folder(self) -> None:
        if folder := ask_for_folder(self, "Folder for studies"):
            self._folder = Path(folder)
            self._show_folder()

    def _show_folder(self) -> None:
        self.folder.show_text(str(self._folder / Path(self.study.value).stem))

    # what comes

    def clear(self) -> None:
        self._state = None
        self.chart.clear()
        self.chart.legend.clear()
        self._lines = []
        for choice in (self.along, self.drawn):
            choice.fill([_OWN])

    def draw(self, value: Any) -> tuple[float, str]:
        state = self._state = value
        self.along.fill([_OWN, *((name, name) for name in state.table.abscissae)])
        self.drawn.fill([_OWN, *((name, name) for name in state.table.metrics)])
        self._draw_lines()
        failed = f" {state.failed:,} failed: {state.failures[-1]}" if state.failures else ""
        self.setWindowTitle(f"{self.heading}: {state.title}")
        return (state.done + state.failed) / max(1, state.total), f"{state.done:,} of {state.total:,} runs.{failed}"

    def left(self, done: float, spent: float) -> float | None:
        """As the runs took: those that were there already took nothing."""
        return None if self._state is None else self._state.seconds_left

    def _draw_lines(self, *_: object) -> None:
        state = self._state
        if state is None:
            return
        x = self.along.value or state.x
        wanted = (self.drawn.value,) if self.drawn.value else state.y

        def work() -> Any:
            found = [(name, line) for name in wanted for line in state.table.lines(x, name)]
            return x, wanted, found

        self._newest.run(work, self._show_lines)

    def _show_lines(self, found: tuple[str, tuple[str, ...], list[tuple[str, StudyLine]]]) -> None:
        x, wanted, lines = found
        self.chart.clear()
        self.chart.legend.clear()
        self._lines = []
        along, upwards = [line.x for _, line in lines], [v for _, line in lines for v in (line.low, line.high)]
        self.chart.setLogMode(_wide(along), _wide(upwards))
        for side, values in (("bottom", along), ("left", upwards)):
            self.chart.getAxis(side).setTicks([_powers(values)] if _wide(values) else None)
        for side, text in (("bottom", x), ("left", ", ".join(wanted))):
            name_axis(self.chart.getAxis(side), text, self.theme, factor())
        names = list(dict.fromkeys(line.name for _, line in lines))
        for name, line in lines:
            several = len(wanted) > 1
            colour = self.theme.components[names.index(line.name) % len(self.theme.components)]
            said = ", ".join(filter(None, (line.name, name if several else ""))) or name
            self._add(line, colour, said, dash=_DASHES[wanted.index(name)] if several else False)
        first = wanted[0] if wanted else ""  # before there is a number there is nothing to be drawn
        self._best_run = best_run(first, x in TIMES, [line for name, line in lines if name == first])
        self.save.setEnabled(bool(lines))
        self.best.setEnabled(self._best_run is not None)

    def _add(self, line: StudyLine, colour: str, name: str, *, dash: bool) -> None:
        brushes = [pg.mkBrush(shade(colour, _FAINT if n < _FEW else 1.0)) for n in line.seeds]
        unseen = pg.mkPen(None)  # a curve without any pen has no outline to fill
        edges = [self.chart.plot(line.x, values, pen=unseen) for values in (line.low, line.high)]
        band = pg.FillBetweenItem(*edges, brush=pg.mkBrush(shade(colour, _BAND)))
        self.chart.addItem(band, ignoreBounds=True)  # its bounds hold the origin
        dots = {"symbol": "o", "symbolSize": 7, "symbolBrush": brushes, "symbolPen": None}
        self.chart.plot(line.x, line.median, pen=pen(colour, 2.0, dash=dash), name=name)
        self._lines.append((line, self.chart.plot(line.x, line.median, pen=None, **dots)))

    # what is done with it

    def _clicked(self, event: Any) -> None:
        """A double click on a point opens the run that is nearest to its median."""
        if not event.double() or not self._lines:
            return
        nearest, least = -1, _NEAR
        box = self.chart.getViewBox()
        for line, curve in self._lines:
            for x, y, cell in zip(*curve.getData(), line.cell, strict=False):
                at = box.mapViewToScene(pg.Point(x, y)) - event.scenePos()
                if (far := float(np.hypot(at.x(), at.y()))) < least:
                    nearest, least = int(cell), far
        if nearest >= 0:
            self.open_run(nearest)

    def _ask_for(self, cell: int, found: Callable[[Scene], None]) -> None:
        """The scene of a run, worked out by the host."""
        errand = Errand("visualizer.engine.studies.watching:scene_of", self.study.value, cell)
        self.desk.player.ask(self, errand, found)

    def open_run(self, cell: int) -> None:
        """Opens a run as a scene."""
        self._ask_for(cell, self.desk.files.put)

    def _use_best(self) -> None:
        if self._best_run is not None:
            self._ask_for(self._best_run, self._take_sampler)

    def _take_sampler(self, scene: Scene) -> None:
        """The sampler of a run, with its numbers, becomes that of the scene."""
        shown = self.desk.shown
        try:
            self.desk.edit_picture(shown.with_(sampler=scene.sampler), "use the best of a study")
        except ValidationError as error:
            self.status.setText(f"The scene cannot have this sampler: {problems(error)[0]}.")
            return
        self.status.setText(f"The scene has {scene.sampler.title} now, {scene.sampler.numbers()}.")

    def _save(self) -> None:
        title = self._state.title if self._state is not None else self.heading
        path = ask_to_save(self, "Save the plot", suggested(title, ".png"), PLOT_FILES, ".png")
        if path is not None:
            self.save_to(path)

    def save_to(self, path: Path) -> None:
        """The plot as a file; the table lies in the study's folder."""
        try:
            data = plot_bytes(self.plots, path.suffix.lower())
        except ValueError as error:
            self.status.setText(f"{path.name}: {error}.")
            return

        def failed(error: Exception) -> None:
            self.status.setText(f"{path} could not be written ({getattr(error, 'strerror', None) or error}).")

        run_in_background(
            self, lambda: write_atomic(path, data), lambda _: self.status.setText(f"Saved to {path}."), failed
        )


def _powers(values: list[Any]) -> list[tuple[float, str]]:
    """Ticks along a logarithm: 1, 2 and 5 of each power of ten, or the powers alone where there are many."""
    low, high = (np.log10(edge(np.concatenate(values))) for edge in (np.min, np.max))
    marks = (1, 2, 5) if high - low < _MANY else (1,)
    powers = range(math.floor(low) - 1, math.ceil(high) + 1)
    return [(math.log10(m) + k, f"{m * 10.0**k:,g}" if -4 < k < 5 else f"{m}e{k}") for k in powers for m in marks]


def _wide(values: list[Any]) -> bool:
    """Whether numbers spread over so much that their logarithms are drawn."""
    all_of = np.concatenate(values) if values else np.array([])
    return bool(len(all_of) and (all_of > 0).all() and all_of.max() > _WIDE * all_of.min())
