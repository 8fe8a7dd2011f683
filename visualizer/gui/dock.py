"""The right column: read-outs and layers, or what is docked in their place beside the picture that it speaks of."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QScrollArea, QSplitter, QStackedWidget, QWidget

from visualizer.gui.arrangement import NARROWEST, WIDEST
from visualizer.gui.sizes import ANY, factor, px, sized

#: What is docked has this share of the window, between two widths in pixels.
_SHARE, _LEAST, _MOST = 0.36, 400, 720


class Dock(QStackedWidget):
    """One thing at a time: the cards, or a docked window. The cards come back when that has gone."""

    def __init__(self, cards: QScrollArea) -> None:
        super().__init__()
        self._before = 0.0
        self._again: Callable[[], None] = lambda: None
        self.addWidget(cards)
        sized(self, Dock._bound)

    def _bound(self) -> None:
        self.setMinimumWidth(px(NARROWEST))
        self.setMaximumWidth(ANY if self.occupied else px(WIDEST))

    @property
    def occupied(self) -> bool:
        """Whether something is docked."""
        return self.count() > 1

    @property
    def free(self) -> bool:
        """Whether there is a place and room for one, so that the left column and the picture keep theirs."""
        return not self.occupied and self._room >= px(_LEAST)

    @property
    def _room(self) -> int:
        """What the left column and the least picture leave."""
        left, picture = self._columns.sizes()[0], self._columns.widget(1)
        assert picture is not None  # there are three columns
        return self._columns.width() - left - picture.minimumSizeHint().width()

    def holds(self, widget: QWidget) -> bool:
        """Whether this is docked."""
        return self.indexOf(widget) > 0

    def take(self, widget: QWidget, again: Callable[[], None]) -> None:
        """Docks a window; there is none yet. `again` finds a place for it once more, here or elsewhere."""
        columns, self._again = self._columns, again
        self._before = columns.sizes()[-1] / factor()
        self.addWidget(widget)
        self.setCurrentWidget(widget)
        self._bound()
        wanted = min(max(round(_SHARE * columns.width()), px(_LEAST)), px(_MOST))
        self._widen(min(wanted, self._room))
        widget.show()

    def give_back(self, widget: QWidget) -> None:
        """The cards are there again, as wide as they were."""
        self.removeWidget(widget)
        self._bound()
        self._widen(px(self._before))

    def settle(self, widen: Callable[[], None]) -> None:
        """Other widths for the columns: what is docked stands aside meanwhile, and may not have room any more."""
        docked = self.currentWidget() if self.occupied else None
        if docked is not None:
            self.give_back(docked)
        widen()
        if docked is not None:
            self._again()

    @property
    def _columns(self) -> QSplitter:
        columns = self.parentWidget()
        assert isinstance(columns, QSplitter)  # the window is made so
        return columns

    def _widen(self, width: int) -> None:
        left, *_ = self._columns.sizes()
        self._columns.setSizes([left, max(1, self._columns.width() - left - width), width])
