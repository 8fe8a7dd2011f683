"""The export dialog: what kind of file, how large, how long, what is in the picture."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from visualizer.export.options import arguments
from visualizer.export.playing import shown_count
from visualizer.export.video import ALPHA_SUFFIXES, BOUNDED_SUFFIXES, GIF_MAX_FPS
from visualizer.gui.cards.layers import titled_layers
from visualizer.gui.document.files import uses_session_nets, with_nets_beside
from visualizer.gui.export_base import DrawingDialog
from visualizer.gui.export_process import ExportProcess
from visualizer.gui.forecast import Forecast, Preview
from visualizer.gui.offscreen.capture import natural_frames
from visualizer.gui.run.player import Player
from visualizer.gui.widgets.card import Choice, button_row, muted
from visualizer.gui.widgets.colours import Colours
from visualizer.scene.files import dump_scene
from visualizer.scene.model import Scene

FORMATS = (
    (".mp4", "MP4 video (H.264)"),
    (".webm", "WebM video (VP9)"),
    (".mov", "MOV for slides and editors (ProRes)"),
    (".gif", "GIF animation"),
    (".webp", "WebP animation"),
    (".html", "Web page with a player"),
    ("", "Folder of PNG pictures"),
)
SIZES = (
    ("960x540", "540p  (960 × 540)"),
    ("1280x720", "720p  (1280 × 720)"),
    ("1920x1080", "1080p  (1920 × 1080)"),
    ("3840x2160", "4K  (3840 × 2160)"),
    ("1080x1080", "Square  (1080 × 1080)"),
    ("640x400", "Small  (640 × 400)"),
    ("", "Custom…"),
)
THEMES = (("", "As in the window"), ("dark", "Dark, for screens"), ("light", "Light, for projectors and paper"))
#: Frames a second and size that suit a format.
_SUITABLE = {
    ".mov": (30, "1920x1080"),
    ".gif": (GIF_MAX_FPS, "640x400"),
    ".webp": (GIF_MAX_FPS, "640x400"),
    ".html": (60, "960x540"),
}
#: Megabytes, at most, that suit a format; 0 for as many as it looks best with.
_MOST = {".gif": 5.0, ".html": 4.0}


class ExportDialog(DrawingDialog):
    """Draws the run from its start into a file, in a process of its own, while the window goes on."""

    def __init__(self, scene: Scene, device: str, player: Player, parent: QWidget | None = None) -> None:
        said = "The run is drawn from its start by a fixed clock; you can go on working meanwhile."
        super().__init__("Export video or animation", said, parent)
        self.setMinimumWidth(680)
        self._scene, self._device, self._player = scene, device, player
        self.forecast = Forecast(dump_scene(scene), self)
        self.forecast.told.connect(self._foretell)
        self._expected = ""
        self._make_controls()
        self._lay_out()
        self._follow()
        self._format_chosen()

    def _make_controls(self) -> None:
        self.format = Choice(list(FORMATS), "WebM, MOV, GIF, WebP and PNG can be transparent", "Format")
        self.dimensions = Choice(list(SIZES), "Type and lines grow along with the picture", "Size")
        self.width_box = number(64, 7680, 1600, " px", "Width")
        self.height_box = number(64, 4320, 900, " px", "Height")
        self.fps = FrameRate(240, 60)
        self.frames = number(1, 100_000, min(natural_frames(self._scene), 600), " frames", "Length")
        self.frames.setToolTip(f"The whole run takes {natural_frames(self._scene):,} frames")
        self.hold = QDoubleSpinBox()
        self.hold.setRange(0, 60)
        self.hold.setDecimals(1)
        self.hold.setSuffix(" s")
        self.hold.setAccessibleName("Rest at the end")
        self.hold.setToolTip("How long the last frame stays")
        self.most = megabytes()
        self.loop = QCheckBox("There and back")
        self.loop.setToolTip("Plays backwards to the start, so that a loop has no seam")
        self.title = QCheckBox("Title")
        self.title.setChecked(True)
        self.caption, self.equation = QCheckBox("Caption"), QCheckBox("Equation")
        self.transparent = QCheckBox("Transparent background")
        self.theme = Colours(THEMES, "Colours of the exported picture", "Theme")
        self.preview = Preview()
        self.layers = QListWidget()
        self.layers.setAccessibleName("Layers in the export")
        drawn = self._scene.layers.of(self._scene.target.d)
        for name, text in reversed(titled_layers(self._scene)):
            item = QListWidgetItem(text)
            item.setData(Qt.ItemDataRole.UserRole, name)
            item.setCheckState(Qt.CheckState.Checked if name in drawn else Qt.CheckState.Unchecked)
            self.layers.addItem(item)
        self.length = muted(wrap=False)
        self.format.activated.connect(self._format_chosen)
        self.dimensions.activated.connect(self._show_custom)

    def _lay_out(self) -> None:
        self._custom = QWidget()
        custom = QHBoxLayout(self._custom)
        custom.setContentsMargins(0, 0, 0, 0)
        for widget in (self.width_box, QLabel("×"), self.height_box):
            custom.addWidget(widget)
        custom.addStretch(1)
        form = QFormLayout()
        form.setVerticalSpacing(7)
        rows = (
            ("Format", self.format), ("Size", self.dimensions), ("", self._custom), ("Frame rate", self.fps),
            ("Length", self.frames), ("Rest at the end", self.hold), ("", self.loop), ("", self.length),
            ("At most", self.most), ("Colours", self.theme),
        )  # fmt: skip
        for name, field in rows:
            form.addRow(name, field)
        around = QGridLayout()
        around.setVerticalSpacing(7)
        for i, box in enumerate((self.title, self.caption, self.equation, self.transparent)):
            around.addWidget(box, i // 3, i % 3, 1, 1 if i < 3 else 3)
        form.addRow("With", around)
        right = QVBoxLayout()
        right.addWidget(muted("Layers, the uppermost first", wrap=False))
        right.addWidget(self.layers, 1)
        right.addWidget(self.preview)
        columns = QHBoxLayout()
        columns.setSpacing(20)
        columns.addLayout(form, 3)
        columns.addLayout(right, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 18, 18, 16)
        layout.setSpacing(12)
        layout.addLayout(columns)
        layout.addWidget(self.bar)
        layout.addWidget(self.status)
        layout.addLayout(button_row(self.cancel, self.start))

    def _format_chosen(self) -> None:
        suffix = self.format.value
        fps, size = _SUITABLE.get(suffix, (60, "1920x1080"))
        self.fps.setMaximum(GIF_MAX_FPS if suffix == ".gif" else 240)
        self.fps.setValue(fps)
        self.dimensions.show_value(size)
        if not self._allow(
            self.transparent, suffix in ALPHA_SUFFIXES, "Only WebM, MOV, GIF, WebP and PNG can be transparent"
        ):
            self.transparent.setChecked(False)
        for box in (self.title, self.caption, self.equation):
            self._allow(box, suffix != ".html", "The page has title, caption and equation beside the video")
        bounded = suffix == ".html" or suffix in BOUNDED_SUFFIXES
        self.most.setEnabled(bounded)
        self.most.setValue(_MOST.get(suffix, 0.0) if bounded else 0.0)
        self._show_custom()
        self._choices_changed()

    @staticmethod
    def _allow(box: QCheckBox, can: bool, why_not: str) -> bool:
        box.setEnabled(can)
        box.setToolTip("" if can else why_not)
        return can

    def _follow(self) -> None:
        """Whatever is chosen, its size and its picture are told."""
        for box in (self.fps, self.frames, self.hold, self.width_box, self.height_box, self.most):
            box.valueChanged.connect(self._choices_changed)
        for tick in (self.loop, self.title, self.caption, self.equation, self.transparent):
            tick.toggled.connect(self._choices_changed)
        for choice in (self.dimensions, self.theme):  # another format chooses anew
            choice.activated.connect(self._choices_changed)
        self.layers.itemChanged.connect(self._choices_changed)

    def _choices_changed(self) -> None:
        self.theme.say_for(self.transparent.isChecked())
        untold = self.suffix == ".html" or uses_session_nets(self._scene) or self.running
        self._expected = "" if untold else "size …"
        self._show_length()
        if untold:
            self.forecast.stop()
        else:
            self.forecast.follow(self.suffix, self.options())

    def _foretell(self, said: str, picture: QImage) -> None:
        self._expected = said
        self.preview.show_image(picture)
        self._show_length()

    def _show_custom(self) -> None:
        self._custom.setVisible(self.dimensions.value == "")

    def _show_length(self) -> None:
        hold = round(self.hold.value() * self.fps.value())
        count = shown_count(self.frames.value(), hold, self.loop.isChecked())
        parts = (f"{count:,} frames", f"{count / self.fps.value():.1f} seconds", self._expected)
        self.length.setText(", ".join(part for part in parts if part))

    @property
    def suffix(self) -> str:
        return str(self.format.value)

    @property
    def called(self) -> str:
        return self._scene.title

    def options(self) -> list[str]:
        """What is chosen, as `visualizer render` wants it."""
        size = self.dimensions.value or f"{self.width_box.value()}x{self.height_box.value()}"
        items = (self.layers.item(i) for i in range(self.layers.count()))
        drawn = [i.data(Qt.ItemDataRole.UserRole) for i in items if i.checkState() == Qt.CheckState.Checked][::-1]
        chosen = SimpleNamespace(
            size=size, fps=self.fps.said, frames=self.frames.value(), hold=self.hold.value(), device=self._device,
            layers=",".join(drawn), theme=self.theme.value or None, loop=self.loop.isChecked(),
            no_title=not self.title.isChecked(), caption=self.caption.isChecked(), equation=self.equation.isChecked(),
            transparent=self.transparent.isChecked(), at_most=self.most.value() or None,
        )  # fmt: skip
        return arguments(chosen) + ([] if self.format.value else ["--format", "frames"])

    def export_to(self, path: Path) -> None:
        """Starts drawing into `path`. Networks of this session are written beside it: the file refers to them."""
        self.forecast.stop()
        self.prepare(path)
        with_nets_beside(self, self._player, self._scene, path, self._begin, self._not_saved)

    def _begin(self, scene: Scene) -> None:
        self.begin(ExportProcess(dump_scene(scene), self._path, self.options(), self))

    def done(self, result: int) -> None:
        self.forecast.stop(now=True)
        super().done(result)

    def stop(self) -> None:
        self.forecast.stop(now=True)
        super().stop()

    def _not_saved(self, error: Exception) -> None:
        self.show_end("failed", f"{self._path.parent} cannot be written ({error}). Choose another folder.")


class FrameRate(QDoubleSpinBox):
    """Frames a second; also a broadcaster's, such as 29.97."""

    def __init__(self, most: int, value: float) -> None:
        super().__init__()
        self.setRange(1, most)
        self.setDecimals(3)
        self.setSuffix(" frames/s")
        self.setValue(value)
        self.setAccessibleName("Frame rate")
        self.setToolTip("23.976, 29.97 and 59.94 are a broadcaster's, and exact")

    def textFromValue(self, value: float) -> str:
        return f"{value:.6g}"

    @property
    def said(self) -> str:
        """As `visualizer render` wants it."""
        return self.textFromValue(self.value())


def megabytes() -> QDoubleSpinBox:
    """A field for the most megabytes of a file."""
    box = QDoubleSpinBox()
    box.setRange(0, 10_000)
    box.setDecimals(1)
    box.setSuffix(" MB")
    box.setSpecialValueText("any size")
    box.setAccessibleName("At most")
    box.setToolTip("The file is kept below it: a video by coarser pictures, a GIF by smaller ones")
    return box


def number(low: int, high: int, value: int, suffix: str, name: str) -> QSpinBox:
    box = QSpinBox()
    box.setRange(low, high)
    box.setGroupSeparatorShown(True)
    box.setValue(value)
    box.setSuffix(suffix)
    box.setAccessibleName(name)
    return box
