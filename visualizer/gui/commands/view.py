"""What is shown."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMessageBox, QSplitter

from visualizer.gui.arrangement import WIDTHS, set_widths
from visualizer.gui.commands.base import Group
from visualizer.gui.dialogs import HelpSheet
from visualizer.gui.document.settings import MAGNIFICATIONS
from visualizer.gui.large_fourier import LargeFourier
from visualizer.gui.manual import ManualDialog
from visualizer.gui.sizes import factor, magnify
from visualizer.gui.theme import apply_theme
from visualizer.gui.words.about import about, report
from visualizer.scene.across import walks_across
from visualizer.scene.compare import add_picture, remove_picture
from visualizer.scene.view import ViewPart

_LAID_OUT_MS = 60


class ViewCommands(Group):
    """What is shown."""

    def fit(self) -> None:
        self._desk.figure.fit(whole=True)

    def _edit_view(self, label: str, **change: Any) -> None:
        scene = self._desk.scene
        self._desk.store.edit(scene.with_(view=scene.view.with_(**change)), label)

    def toggle_theme(self) -> None:
        dark = self._desk.scene.view.theme == "dark"
        self._edit_view("change the theme", theme="light" if dark else "dark")

    def toggle_log(self) -> None:
        scene = self._desk.scene
        scale = "linear" if scene.layers.scale == "log" else "log"
        self._desk.store.edit(scene.with_(layers=scene.layers.with_(scale=scale)), "change the density's scale")

    def add_picture(self) -> None:
        scene = add_picture(self._desk.scene, self._desk.cards.field.has_log_prob)
        if scene != self._desk.scene:
            self._desk.store.edit(scene, "compare with another sampler")
            self._desk.choose_picture(len(scene.panels) - 1)

    def remove_picture(self) -> None:
        scene = self._desk.scene
        if scene.panels:
            self._desk.store.edit(remove_picture(scene, self._desk.active_picture), "remove a picture")

    def next_picture(self) -> None:
        count = len(self._desk.scene.panels)
        if count:
            self._desk.choose_picture((self._desk.active_picture + 1) % count)

    def toggle_step(self) -> None:
        self._desk.cards.layers.toggle("step")

    def toggle_difference(self) -> None:
        self._desk.cards.layers.toggle("difference")

    def toggle_traps(self) -> None:
        self._desk.cards.layers.toggle("traps")

    def toggle_cut(self) -> None:
        """Lines through the middle of the picture, or none."""
        scene = self._desk.scene
        if scene.view.cut is not None:
            self._edit_view("take the cut away", cut=None)
        elif scene.target.d == 2:
            view = self._desk.figure.views()[0]
            middle = (round((view.x0 + view.x1) / 2, 2), round((view.y0 + view.y1) / 2, 2))
            self._edit_view("cut the plane", cut=middle)
        else:
            self._desk.banner.news("Only a density in the plane can be cut; press D for two dimensions.")

    def toggle_anatomy(self) -> None:
        """The parts of the model above the picture, or the picture alone."""
        strip = self._desk.anatomy
        strip.setVisible(strip.isHidden())

    def toggle_fourier(self) -> None:
        self._desk.cards.fourier.toggle()
        self._reveal_fourier()

    def show_large_fourier(self) -> None:
        """In a window of its own; the view is switched on for it."""
        if not self._desk.shown.target.known:
            self._desk.banner.news("Without a target there is nothing to transform.")
            return
        if not self._desk.scene.view.fourier:
            self._desk.cards.fourier.toggle()
        large = LargeFourier(self._desk)
        large.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        large.show()

    def toggle_band(self) -> None:
        self._desk.cards.fourier.toggle_band()
        self._reveal_fourier()

    def _reveal_fourier(self) -> None:
        """The card may be out of sight: a key must not do something there."""
        if self._desk.scene.view.fourier:
            self._desk.cards.fourier.fold(False)
            QTimer.singleShot(
                _LAID_OUT_MS, self, lambda: self._desk.right.ensureWidgetVisible(self._desk.cards.fourier, 0, 8)
            )

    def toggle_numbers(self) -> None:
        self._desk.cards.dynamics.numbers.toggle()

    def toggle_river(self) -> None:
        river = self._desk.scene.view.picture == "river"
        self._edit_view("choose the picture", picture="line" if river else "river")

    def toggle_across(self) -> None:
        """Noise at the left, data at the right, or everything in one place."""
        scene = self._desk.scene
        wanted = not scene.view.across
        if wanted and not walks_across(scene.with_(view=scene.view.with_(across=True))):
            self._desk.banner.news(
                "Only a run along the noise walks across: choose reverse or forward diffusion in 2-D."
            )
            return
        self._edit_view("arrange the picture", across=wanted)

    def toggle_cards(self) -> None:
        hidden = not self._desk.left.isHidden()
        self._desk.left.setHidden(hidden)
        self._desk.dock.setHidden(hidden)
        self._desk.show_cards()

    def reset_window(self) -> None:
        """Cards, columns, view and colours as on the first start; the scene stays."""
        desk = self._desk
        if desk.scene.view.theme != ViewPart().theme:
            self._edit_view("change the theme", theme=ViewPart().theme)
        desk.settings.reset()  # the theme, too, which its edit has kept
        for column in (desk.left, desk.dock):
            column.show()
        desk.cards.fold_as(desk.settings.folded)
        columns = desk.host.centralWidget()
        assert isinstance(columns, QSplitter)  # the window is made so
        set_widths(columns, WIDTHS)
        desk.figure.fit()
        self._enlarge()
        desk.banner.news("Cards, columns, view, colours and type are as on the first start.")

    def copy_report(self) -> None:
        """Versions, the machine's kind and the scene into the clipboard, without names of files."""
        QGuiApplication.clipboard().setText(report(self._desk.scene))
        self._desk.banner.news("A report is in the clipboard: versions and the scene. Say what you did and what came.")

    def about(self) -> None:
        """Versions and the licence."""
        QMessageBox.about(self._desk.host, "About Visualizer", about())

    def larger(self) -> None:
        self._magnify(1)

    def smaller(self) -> None:
        self._magnify(-1)

    def _magnify(self, by: int) -> None:
        settings = self._desk.settings
        at = MAGNIFICATIONS.index(settings.magnification) + by
        settings.magnification = MAGNIFICATIONS[min(max(at, 0), len(MAGNIFICATIONS) - 1)]
        self._enlarge()
        self._desk.banner.news(f"Type and controls are at {settings.magnification:.0%}.")

    def _enlarge(self) -> None:
        """As large as the settings say, at once; the columns keep their share of the window."""
        desk = self._desk
        app = QApplication.instance()
        assert isinstance(app, QApplication)  # there is a window
        magnify(desk.settings.magnification, lambda: apply_theme(app, desk.theme))
        if not self._presenter.active:
            desk.figure.enlarge_type(factor())
        desk.show_cards()
        columns = desk.host.centralWidget()
        assert isinstance(columns, QSplitter)  # the window is made so
        left, right = desk.settings.columns or WIDTHS
        desk.dock.settle(lambda: set_widths(columns, (round(left * factor()), round(right * factor()))))

    def toggle_full_screen(self) -> None:
        if self._desk.host.isFullScreen():
            self._desk.host.showNormal()
        else:
            self._desk.host.showFullScreen()

    def show_help(self) -> None:
        sheet = HelpSheet(self._desk.host)
        sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        sheet.open()

    def show_manual(self) -> None:
        self.show_manual_at("")

    def show_manual_at(self, page: str, heading: str = "") -> None:
        """The manual, open at a page and a heading of it; at its first page where none is named."""
        manual = ManualDialog(self._desk, page, heading)
        manual.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        manual.show()
