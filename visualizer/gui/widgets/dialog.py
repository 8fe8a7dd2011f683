"""What all dialogs share: however large the type is, a dialog is no larger than the screen, and lies within it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog

#: What the system puts around a window: its title and its edges, in pixels.
_FRAME = QSize(16, 40)


class Dialog(QDialog):
    """A dialog of the program."""

    def room(self) -> QRect:
        """Where there is place for it: the screen, less what the system keeps of it."""
        return self.screen().availableGeometry()

    def showEvent(self, event: QShowEvent) -> None:
        """It is made smaller where it has to be, and moved where it would stick out; one that is docked stays."""
        if not self.isWindow():
            super().showEvent(event)
            return
        room = self.room()
        self.resize(self.size().boundedTo(room.size() - _FRAME))
        x = min(max(self.x(), room.left()), room.right() - self.width() - _FRAME.width())
        y = min(max(self.y(), room.top()), room.bottom() - self.height() - _FRAME.height())
        if (x, y) != (self.x(), self.y()):
            self.move(x, y)
        super().showEvent(event)
