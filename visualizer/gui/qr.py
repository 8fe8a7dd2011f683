"""The scene as a QR code on a sheet, for the telephones in a lecture hall."""

from __future__ import annotations

import segno
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from visualizer.gui.theme import font
from visualizer.gui.widgets.dialog import Dialog
from visualizer.scene.errors import Problem, SceneError
from visualizer.scene.link import as_link
from visualizer.scene.model import Scene

#: The largest version whose modules a telephone tells apart from the last row of a hall.
MAX_VERSION = 15
#: White modules around the code (ISO/IEC 18004).
_RIM = 4
#: Of the height of the sheet, for the words below.
_WORDS = 0.12

Matrix = tuple[bytes, ...]


def modules(scene: Scene) -> Matrix:
    """The rows of the code, 1 for dark; the caption is left out where the code would be too large with it.

    Raises:
        SceneError: a link cannot carry the scene, or no hall could read its code.
    """
    for given in (scene, scene.with_(caption="")):
        link = as_link(given)
        try:
            code = segno.make_qr(link, error="l", mode="byte", boost_error=False)
        except segno.DataOverflowError:
            continue
        if int(code.version) <= MAX_VERSION:
            return tuple(bytes(row) for row in code.matrix)
    text = f"its link has {len(link):,} characters, and nobody could read so fine a code. Copy the link instead"
    raise SceneError("This scene", [Problem("", text)])


class CodeSheet(Dialog):
    """A QR code, dark on white in either theme; a key or a click closes it."""

    def __init__(self, matrix: Matrix, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Scene as a QR code")
        self.setAccessibleName(f"QR code of the scene {title}")
        self._matrix, self._title = matrix, title
        side = round(0.9 * parent.height())
        self.resize(round(side * (1 - _WORDS)), side)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor("white"))
        room = self.height() * (1 - _WORDS)
        count = len(self._matrix) + 2 * _RIM
        size = max(1, int(min(room, self.width()) / count))  # whole pixels: every module alike
        left, top = (self.width() - size * count) // 2 + size * _RIM, size * _RIM
        for y, row in enumerate(self._matrix):
            for x, dark in enumerate(row):
                if dark:
                    painter.fillRect(left + x * size, top + y * size, size, size, QColor("black"))
        below = QRectF(0, size * count, self.width(), self.height() - size * count)
        painter.setPen(QColor("black"))
        painter.setFont(font(max(13, round(self.height() / 36))))
        words = f"{self._title}\nPaste the text of this code into Visualizer"
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, words)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.accept()
