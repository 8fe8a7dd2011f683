"""A line over the picture that says what went wrong or what was done, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

_NEWS_MS = 4000
#: Distance from the edges of the picture, in pixels.
_MARGIN = 8
#: Most width.
_WIDEST = 900


class Banner(QFrame):
    """Hidden until there is something to say. It lies over the top of its parent, whose layout it leaves alone."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.action = QPushButton()
        self.close_button = QPushButton("Close")
        self.close_button.clicked.connect(self.hide)
        self.action.clicked.connect(self._act)
        self._do: Callable[[], None] | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 10, 8)
        row.addWidget(self.text, 1)
        row.addWidget(self.action)
        row.addWidget(self.close_button)
        if parent is not None:
            parent.installEventFilter(self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def problem(self, text: str, action: str = "", do: Callable[[], None] | None = None) -> None:
        """Something to be mended; stays until closed."""
        self._show(text, action, do, "banner")
        self._timer.stop()

    def offer(self, text: str, action: str, do: Callable[[], None]) -> None:
        """Something that can be done; stays until it is done or closed."""
        self._show(text, action, do, "news")
        self._timer.stop()

    def news(self, text: str) -> None:
        """Something to know; goes by itself."""
        self._show(text, "", None, "news")
        self._timer.start(_NEWS_MS)

    def settle(self) -> None:
        """Something else has been done: a problem is no longer what to look at."""
        if self.objectName() == "banner":
            self.hide()

    def _show(self, text: str, action: str, do: Callable[[], None] | None, style: str) -> None:
        if self.objectName() != style:
            self.setObjectName(style)
            self.style().polish(self)
        self.text.setText(text)
        self.action.setText(action)
        self.action.setVisible(do is not None)
        self._do = do
        self.show()
        self._place()

    def _place(self) -> None:
        parent = self.parentWidget()
        if parent is not None:
            width = min(parent.width() - 2 * _MARGIN, _WIDEST)
            height = max(self.heightForWidth(width), self.minimumSizeHint().height())
            self.setGeometry((parent.width() - width) // 2, _MARGIN, width, height)
            self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def _act(self) -> None:
        self.hide()
        if self._do is not None:
            self._do()
