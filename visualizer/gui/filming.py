"""The dialog that has a tour or a recorded lecture drawn as a film."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from PySide6.QtWidgets import QFormLayout, QVBoxLayout, QWidget

from visualizer.export.options import arguments
from visualizer.export.video import BOUNDED_SUFFIXES, GIF_MAX_FPS
from visualizer.gui.export_base import DrawingDialog
from visualizer.gui.export_process import ExportProcess
from visualizer.gui.exporting import FORMATS, SIZES, THEMES, FrameRate, megabytes
from visualizer.gui.widgets.card import Choice, button_row

#: Formats of what moves as a whole, and sizes a lecture is looked at in.
_FORMATS = tuple(pair for pair in FORMATS if pair[0] != ".html")
_SIZES = tuple(pair for pair in SIZES if pair[0] in ("1280x720", "1920x1080", "3840x2160", "960x540"))


class FilmDialog(DrawingDialog):
    """Draws what a lecture or a tour shows, with its words, from its beginning to its end.

    Args:
        source: the file.
        name: what it is called.
        tour: whether it is a tour, whose theme can be chosen; a recorded lecture is drawn as it was.
        device: to compute on.
        parent: the window.
    """

    def __init__(self, source: Path, name: str, tour: bool, device: str, parent: QWidget | None = None) -> None:
        stays = "Each stop stays as long as its caption takes to read, or as its file says. "
        said = (stays if tour else "") + "You can go on working meanwhile."
        super().__init__("Film of a tour" if tour else "Film of a recorded lecture", said, parent)
        self.setMinimumWidth(460)
        self._source, self._name, self._device = source, name, device
        self.format = Choice(list(_FORMATS), "MP4 plays nearly everywhere", "Format")
        self.dimensions = Choice(list(_SIZES), "Type grows along with the picture", "Size")
        self.dimensions.show_value("1920x1080")
        self.fps = FrameRate(120, 30)
        self.most = megabytes()
        self.theme = Choice(list(THEMES) if tour else [("", "As it was")], "Colours of all stops", "Theme")
        self.format.activated.connect(self._format_chosen)
        form = QFormLayout()
        form.setVerticalSpacing(7)
        for label, field in (("Format", self.format), ("Size", self.dimensions), ("Frame rate", self.fps),
                             ("At most", self.most), ("Colours", self.theme)):  # fmt: skip
            form.addRow(label, field)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 18, 18, 16)
        layout.setSpacing(12)
        layout.addLayout(form)
        layout.addWidget(self.bar)
        layout.addWidget(self.status)
        layout.addLayout(button_row(self.cancel, self.start))

    def _format_chosen(self) -> None:
        self.fps.setMaximum(GIF_MAX_FPS if self.suffix == ".gif" else 120)
        self.most.setEnabled(self.suffix in BOUNDED_SUFFIXES)

    @property
    def suffix(self) -> str:
        return str(self.format.value)

    @property
    def called(self) -> str:
        return self._name

    def options(self) -> list[str]:
        """What is chosen, as `visualizer render` wants it."""
        most = self.most.value() if self.most.isEnabled() else 0.0
        chosen = SimpleNamespace(size=self.dimensions.value, fps=self.fps.said, at_most=most or None,
                                 theme=self.theme.value or None, device=self._device)  # fmt: skip
        return arguments(chosen) + ([] if self.suffix else ["--format", "frames"])

    def export_to(self, path: Path) -> None:
        self.prepare(path)
        self.begin(ExportProcess(self._source, path, self.options(), self))
