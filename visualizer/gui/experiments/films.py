"""The steps of a chain of images that were seen, for a film of them."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from visualizer.engine.findings.digits import CLASSES, DigitWalk
from visualizer.engine.host.talk import Errand
from visualizer.export.tiles import TileRow
from visualizer.gui.theme import font
from visualizer.gui.widgets.strips import Row, Strips, class_colours, shaded

FILMS = "MP4 video (*.mp4);;Animated GIF (*.gif);;WebM video (*.webm);;Animated WebP (*.webp)"
#: Frames a second: as the chain runs.
_FPS = 20


class Film:
    """What was seen of the last steps, as it was drawn.

    Args:
        most: steps that are kept.
    """

    def __init__(self, most: int) -> None:
        self._rows: tuple[deque[NDArray[np.uint8]], ...] = ()
        self._read: deque[int] = deque(maxlen=most)
        self._most, self._step = most, 0

    def __len__(self) -> int:
        return len(self._read)

    def add(self, walk: DigitWalk, rows: tuple[Row, ...], strips: Strips) -> None:
        """Takes in the steps that are new; where some were missed it begins again."""
        new = walk.step - self._step
        if not 0 <= new <= len(walk.reads) or not self._rows:
            self._rows = tuple(deque(maxlen=self._most) for _ in rows)
            self._read.clear()
            new = len(walk.reads)
        self._step = walk.step
        if new:
            for kept, row in zip(self._rows, rows, strict=True):
                kept.extend(shaded(row, strips.theme)[-new:])
            read = walk.reads.astype(int) + CLASSES * ~walk.sure
            self._read.extend(read[-new:].tolist())

    def errand(self, path: str, strips: Strips) -> Errand:
        """What writes the film; frames are as large as the strips are."""
        bare, columns, count = Strips(strips.theme, strips.columns, len(self._rows)), strips.columns, len(self)
        bare.resize(strips.size())
        bare.show_rows(tuple(Row(r.name, r.images[:0]) for r in strips.rows), np.empty(0, np.int8), np.empty(0, bool))
        frames = (np.arange(count)[:, None] - np.arange(columns)[::-1]).astype(np.int32)  # the newest at the right
        frames[frames < 0] = -1
        first = [bare.cell(i, 0) for i in range(len(self._rows))]
        step = bare.cell(0, 1).left() - bare.cell(0, 0).left()
        rows = [
            TileRow(np.stack(kept), at.left(), at.top(), at.width(), at.height(), step, frames)
            for kept, at in zip(self._rows, first, strict=True)
        ]
        below = bare.read_place(0)
        read = np.where(frames < 0, -1, np.array(self._read, np.int32)[frames])
        rows.append(
            TileRow(_numerals(bare, below), below.left(), below.top(), below.width(), below.height(), step, read)
        )
        return Errand("visualizer.export.tiles:film", path, _drawn(bare), tuple(rows), _FPS)


def _drawn(strips: Strips) -> NDArray[np.uint8]:
    """The strips as they are, B, G, R, X; sides even, as videos need."""
    image = QImage(strips.width() // 2 * 2, strips.height() // 2 * 2, QImage.Format.Format_RGB32)
    image.fill(QColor(strips.theme.canvas))
    painter = QPainter(image)
    strips.paint(painter)
    painter.end()
    return _pixels(image)


def _numerals(strips: Strips, place: QRect) -> NDArray[np.uint8]:
    """0 to 9 in their colours, and again faint."""
    t = strips.theme
    out = []
    for i, ink in enumerate([*class_colours(t), *[t.faint] * CLASSES]):
        image = QImage(place.size(), QImage.Format.Format_RGB32)
        image.fill(QColor(t.canvas))
        painter = QPainter(image)
        painter.setFont(font(strips.numeral))
        painter.setPen(QColor(ink))
        painter.drawText(image.rect(), Qt.AlignmentFlag.AlignCenter, str(i % CLASSES))
        painter.end()
        out.append(_pixels(image))
    return np.stack(out)


def _pixels(image: QImage) -> NDArray[np.uint8]:
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return rows[:, : image.width()].copy()
