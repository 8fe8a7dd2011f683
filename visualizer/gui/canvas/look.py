"""How drawings look: the theme, the size of type, and which way a plot runs."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QPen

from visualizer.engine.drawings import Pen
from visualizer.engine.palette import Theme
from visualizer.gui.theme import colour


def pen(value: str, width: float = 1.0, alpha: float = 1.0, dash: bool = False) -> QPen:
    """A cosmetic pen (its width is in pixels at any zoom)."""
    style = Qt.PenStyle.DashLine if dash else Qt.PenStyle.SolidLine
    made = QPen(colour(value, alpha), width, style)
    made.setCosmetic(True)
    return made


@dataclass(frozen=True)
class Look:
    """How the drawings of a plot look.

    Attributes:
        theme: its colours.
        type_scale: how much larger than usual type is.
        upwards: whether `along` runs upwards in the plot.
        top: how far the plot reaches along `across`.
    """

    theme: Theme
    type_scale: float = 1.0
    upwards: bool = False
    top: float = 1.0

    def ink(self, role: str) -> str:
        """The colour of a role, or the colour itself."""
        return role if role.startswith("#") else str(getattr(self.theme, role))

    def pen(self, pen_of: Pen) -> QPen:
        """A pen in the colours of the theme."""
        return pen(self.ink(pen_of.colour), pen_of.width, pen_of.opacity, pen_of.dash)
