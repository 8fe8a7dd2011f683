"""Rows of small square pictures: how a chain of digits runs, and a page full of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from visualizer.engine.findings.digits import CLASSES, SIDE, Images
from visualizer.engine.palette import Theme
from visualizer.gui.theme import font

#: Pixels between two pictures, and of the names at the left.
_GAP, _NAMES = 3, 66
#: Height of the row of readings, as a share of a picture's side.
_READ = 0.5


def class_colours(t: Theme) -> tuple[str, ...]:
    """A colour for each class."""
    light = QColor(t.canvas).lightnessF() > 0.5
    strength, value = (0.85, 0.68) if light else (0.55, 0.98)
    return tuple(QColor.fromHsvF(i / CLASSES, strength, value).name() for i in range(CLASSES))


@dataclass(frozen=True)
class Row:
    """A row: its name, its pictures, the newest last, and what ground and ink are in them."""

    name: str
    images: Images
    ground: float = 0.0
    ink: float = 1.0


def shaded(row: Row, t: Theme) -> NDArray[np.uint8]:
    """The pictures as B, G, R, X: from the canvas's colour to the text's, (n, 8, 8, 4)."""
    ends = [np.array([c.blue(), c.green(), c.red(), 255.0]) for c in (QColor(t.canvas), QColor(t.text))]
    share = np.clip((row.images - row.ground) / (row.ink - row.ground), 0, 1).reshape(-1, SIDE, SIDE, 1)
    return np.asarray(ends[0] + share * (ends[1] - ends[0]), np.uint8)


class Strips(QWidget):
    """Rows of pictures, the newest at the right; below them what is read in the last row.

    Args:
        t: the theme.
        columns: pictures in a row.
        rows: that there is room for.
    """

    def __init__(self, t: Theme, columns: int = 24, rows: int = 2) -> None:
        super().__init__()
        self.theme, self.columns, self._most = t, columns, rows
        self.rows: tuple[Row, ...] = ()
        self.reads: NDArray[np.int8] = np.empty(0, np.int8)
        self.sure: NDArray[np.bool_] = np.empty(0, bool)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_rows(self, rows: tuple[Row, ...], reads: NDArray[np.int8], sure: NDArray[np.bool_]) -> None:
        """Other pictures; what is not `sure` is read faintly."""
        self.rows, self.reads, self.sure = rows, reads, sure
        self.setAccessibleDescription("reads " + " ".join(map(str, reads[-self.columns :])))
        self.update()

    @property
    def side(self) -> int:
        """Of a picture, pixels."""
        return max(SIDE, (self.width() - _NAMES) // self.columns - _GAP)

    def sizeHint(self) -> QSize:
        side = max(SIDE, (1200 - _NAMES) // self.columns - _GAP)
        return QSize(600, self._height(side))

    def _height(self, side: int) -> int:
        return round(self._most * (side + _GAP) + _READ * side)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._height(max(SIDE, (width - _NAMES) // self.columns - _GAP))

    def cell(self, row: int, column: int) -> QRect:
        """Where a picture stands; column 0 is the leftmost."""
        step = self.side + _GAP
        return QRect(_NAMES + column * step, row * step, self.side, self.side)

    def read_place(self, column: int) -> QRect:
        """Where it is written what a picture is read as: below the last row."""
        above = self.cell(len(self.rows) - 1, column)
        return QRect(above.left(), above.bottom() + 1, self.side, round(_READ * self.side))

    @property
    def numeral(self) -> int:
        """The size of what is read, pixels."""
        return max(9, round(0.4 * self.side))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.paint(painter)
        painter.end()

    def paint(self, painter: QPainter) -> None:
        """All of it, on anything."""
        t = self.theme
        painter.fillRect(self.rect(), QColor(t.canvas))
        painter.setFont(font(13))
        for i, row in enumerate(self.rows):
            images = shaded(row, t)[-self.columns :]
            first = self.cell(i, 0)
            painter.setPen(QColor(t.muted))
            where = QRect(0, first.top(), _NAMES - 8, self.side)
            painter.drawText(where, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, row.name)
            for k, image in enumerate(images):
                pixels = np.ascontiguousarray(image)
                shown = QImage(pixels.data, SIDE, SIDE, QImage.Format.Format_RGB32)
                painter.drawImage(self.cell(i, self.columns - len(images) + k), shown)
        self._paint_reads(painter)

    def _paint_reads(self, painter: QPainter) -> None:
        colours = class_colours(self.theme)
        reads, sure = self.reads[-self.columns :], self.sure[-self.columns :]
        painter.setFont(font(self.numeral))
        for k, (read, certain) in enumerate(zip(reads, sure, strict=True)):
            painter.setPen(QColor(colours[read] if certain else self.theme.faint))
            where = self.read_place(self.columns - len(reads) + k)
            painter.drawText(where, Qt.AlignmentFlag.AlignCenter, str(read))
