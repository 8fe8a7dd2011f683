"""What the experiments share: numbers to choose, plots that fill in, progress, time left, cancel."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, ClassVar

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from visualizer.engine.host.talk import Errand
from visualizer.gui.canvas.base import name_axis, style_axes
from visualizer.gui.canvas.look import pen
from visualizer.gui.desk import Desk
from visualizer.gui.experiments.axes import TidyAxis
from visualizer.gui.run.runner import Runner
from visualizer.gui.sizes import factor, px
from visualizer.gui.widgets.dialog import Dialog
from visualizer.register import Register
from visualizer.scene.model import Scene

_LEFT_AXIS = 62
#: Below this width there is little, in pixels.
_NARROW = 640
EXPERIMENTS: Register[type[Experiment]] = Register("visualizer.gui.experiments", "experiment")


@dataclass(frozen=True)
class Action:
    """How an experiment stands in the menu Run: its text, its keys, and its tip."""

    text: str
    keys: tuple[str, ...]
    tip: str


class Experiment(Dialog):
    """A dialog beside the window that runs a generator and draws its newest value.

    Subclasses add their numbers to `numbers`, plots to `plots`, and say what to `work` on and how to `draw` it.

    Attributes:
        kind: its name.
        order: its place in the menu.
        action: how it stands in the menu; None where a card opens it.
        begins: whether it begins when it opens.
        alone: whether there is but one of it at a time.
        docks: whether it stands beside the picture that it speaks of, in the place of the read-outs.
        stacks: whether its plots stand one below the other where there is little width.
        heading, explanation, start_text, cancel_text: what the dialog says.
        scene: of the picture that the cards were about when it opened.
        passing: what `keep` has added, and to which plot.
    """

    kind: ClassVar[str]
    order: ClassVar[float] = 0
    action: ClassVar[Action | None] = None
    begins: ClassVar[bool] = True
    alone: ClassVar[bool] = False
    docks: ClassVar[bool] = False
    stacks: ClassVar[bool] = False
    heading = ""
    start_text = "Measure"
    cancel_text = "Cancel"
    explanation = ""

    def __init__(self, desk: Desk, prepared: Any = None) -> None:
        super().__init__(desk.host)
        self.setWindowTitle(self.heading)
        self.resize(px(820), px(640))
        self.desk, self.scene = desk, desk.shown
        self.theme = desk.theme
        self.runner = Runner(desk.player, self)
        self.runner.progressed.connect(self._progressed)
        self.runner.finished.connect(self._finished)
        self.runner.failed.connect(self._failed)
        self._began = 0.0
        self._said = ""
        self._places: list[tuple[Any, int, int, int, int]] = []
        self._stacked = False
        self.curves: dict[str, Any] = {}
        self.passing: list[tuple[Any, Any]] = []
        self.numbers = QHBoxLayout()
        self.numbers.setSpacing(18)
        self.plots = pg.GraphicsLayoutWidget()
        self.plots.setAccessibleName("Curves")
        self.plots.setBackground(self.theme.canvas)
        self.plots.ci.layout.setContentsMargins(4, 8, 14, 4)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.hide()
        self._make_buttons()
        self._lay_out()

    def _lay_out(self) -> None:
        self.head, title = QWidget(), QLabel(self.heading.upper())
        title.setObjectName("cardTitle")
        self.move_button = QPushButton()
        self.move_button.setObjectName("small")
        self.move_button.setAutoDefault(False)
        self.move_button.clicked.connect(self._move_over)
        row = QHBoxLayout(self.head)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(title, 1)
        row.addWidget(self.move_button)
        intro = QLabel(self.explanation)
        intro.setObjectName("muted")
        intro.setWordWrap(True)
        self.middle = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.middle.addWidget(self.plots, 1)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(16, 14, 16, 14)
        self.column.setSpacing(10)
        self.column.addWidget(self.head)
        self.column.addWidget(intro)
        self.column.addLayout(self.numbers)
        self.column.addLayout(self.middle, 1)
        self.column.addWidget(self.bar)
        self.column.addWidget(self.status)
        self.column.addLayout(self.buttons)

    def _make_buttons(self) -> None:
        self.status = QLabel()
        self.status.setObjectName("muted")
        self.status.setWordWrap(True)
        self.start = QPushButton(self.start_text)
        self.start.setObjectName("primary")
        self.start.setDefault(True)
        self.start.clicked.connect(self.measure)
        self.close_button = QPushButton("Close")
        self.close_button.clicked.connect(self._cancel_or_close)
        self.buttons = QHBoxLayout()
        self.buttons.addStretch(1)
        self.buttons.addWidget(self.close_button)
        self.buttons.addWidget(self.start)

    # for subclasses

    @classmethod
    def refusal(cls, scene: Scene) -> str:
        """Why it cannot be done with a scene, and what to do about that; "" where it can."""
        return ""

    @classmethod
    def prepare(cls, scene: Scene) -> Errand | None:
        """What finds out what must be known before the dialog is made: the constructor is handed that.

        Where the scene does not allow the experiment, it raises SceneError.
        """
        return None

    def appear(self) -> None:
        """Beside the picture, or in a window of its own where there is another beside it already."""
        desk = self.desk
        docked = self.docks and desk.settings.docked and desk.dock.free
        self.head.setVisible(self.docks)
        self.move_button.setText("In a window" if docked else "Dock")
        self.move_button.setToolTip("In a window of its own" if docked else "Beside the picture")
        if docked:
            desk.dock.take(self, self.appear)
            return
        self.setParent(desk.host, Qt.WindowType.Dialog)
        self.show()
        if self.docks:  # in the lower right corner it covers little of the picture
            host = desk.host.frameGeometry()
            self.move(host.right() - self.frameGeometry().width(), host.bottom() - self.frameGeometry().height())

    def _move_over(self) -> None:
        """Docked, or in a window of its own: the other of the two, and so from now on."""
        dock = self.desk.dock
        self.desk.settings.docked = not dock.holds(self)
        if dock.holds(self):
            dock.give_back(self)
        self.appear()

    def done(self, result: int) -> None:
        """The place beside the picture is free again."""
        if self.desk.dock.holds(self):
            self.desk.dock.give_back(self)
        super().done(result)

    def follow(self, scene: Scene) -> None:
        """The scene was edited while the dialog is open."""

    def work(self) -> Errand:
        """What the host is to iterate over."""
        raise NotImplementedError

    def draw(self, value: Any) -> tuple[float, str]:
        """Draws the newest value; returns the share done and a sentence."""
        raise NotImplementedError

    def left(self, done: float, spent: float) -> float | None:
        """For about how many seconds it will go on, after so many; None where that is not known yet."""
        return spent / done * (1 - done) if done > 0.02 and spent > 1 else None

    def clear(self) -> None:
        """Empties the plots."""
        for curve in self.curves.values():
            curve.setData([], [])
        self.forget()

    def keep(self, plot: Any, item: Any) -> None:
        """Adds what is in a plot until it is forgotten."""
        plot.addItem(item)
        self.passing.append((plot, item))

    def forget(self) -> None:
        """Takes away what was kept."""
        for plot, item in self.passing:
            plot.removeItem(item)
        self.passing.clear()

    def plot(self, row: int, column: int, left: str, bottom: str, *, rows: int = 1, columns: int = 1) -> Any:
        """A plot with labelled axes in the theme's colours, over so many rows and columns."""
        axes = {side: TidyAxis(side) for side in ("left", "bottom")}
        made = self.plots.addPlot(row=row, col=column, rowspan=rows, colspan=columns, axisItems=axes, enableMenu=False)
        self._places.append((made, row, column, rows, columns))
        made.hideButtons()
        made.setMouseEnabled(False, False)
        style_axes(made, self.theme, ("left", "bottom"), factor())
        made.getAxis("left").setWidth(px(_LEFT_AXIS))
        for side, text in (("left", left), ("bottom", bottom)):
            if text:
                name_axis(made.getAxis(side), text, self.theme, factor())
        legend = made.addLegend(offset=(-8, 6), labelTextColor=self.theme.muted, labelTextSize=f"{px(11)}px")
        legend.setParentItem(made.getViewBox())
        return made

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.refit()

    def refit(self) -> None:
        """Lays out for the width there is."""
        self.lay_out_for(self.width() < px(_NARROW))

    def lay_out_for(self, narrow: bool) -> None:
        """Where there is little width, as where it is docked, plots stand one below the other."""
        if not self.stacks or narrow == self._stacked:
            return
        self._stacked = narrow
        for plot, *_ in self._places:
            self.plots.removeItem(plot)
        for number, (plot, *place) in enumerate(self._places):
            self.plots.addItem(plot, *((number, 0, 1, 1) if narrow else place))

    def curve(self, plot: Any, name: str, value: str, *, dash: bool = False, dots: bool = False) -> Any:
        """A named curve; `dots` marks its points."""
        kind = {"symbol": "o", "symbolSize": 6, "symbolBrush": value, "symbolPen": None} if dots else {}
        return plot.plot(pen=pen(value, 2.0, dash=dash), name=name, **kind)

    # running

    def measure(self) -> None:
        """Begins, from nothing."""
        self.clear()
        self._began = time.monotonic()
        self.bar.setValue(0)
        self.bar.show()
        self.start.setEnabled(False)
        self.close_button.setText(self.cancel_text)
        self.status.setText("Starting…")
        self.runner.start(self.work())

    def _progressed(self, value: object) -> None:
        done, self._said = self.draw(value)
        self.bar.setValue(round(1000 * done))
        spent = time.monotonic() - self._began
        seconds = self.left(done, spent) if done < 1 else None
        left = "" if seconds is None else f"About {_spoken(seconds)} left. "
        self.status.setText(("Paused. " if self.runner.paused else left) + self._said)

    def _rest(self) -> None:
        self.bar.hide()
        self.start.setEnabled(True)
        self.start.setText(f"{self.start_text} again")
        self.close_button.setText("Close")

    def _finished(self, whole: bool) -> None:
        self._rest()
        if not whole:
            self.status.setText(self._cancelled(self._said))

    def _cancelled(self, text: str) -> str:
        """What is said after a cancel, of what there is."""
        return f"Cancelled. {text}"

    def _failed(self, error: Exception) -> None:
        self._rest()
        if not isinstance(error, ValueError):
            raise error
        self.status.setText(str(error))

    def _cancel_or_close(self) -> None:
        if self.runner.running:
            self.stop()
        else:
            self.reject()

    def stop(self) -> None:
        """Ends what is under way."""
        self.runner.stop()

    def reject(self) -> None:
        self.stop()
        super().reject()


def _spoken(seconds: float) -> str:
    """Seconds, or minutes where there are many."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
