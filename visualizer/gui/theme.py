"""One style sheet from the palette, the fonts, and colours as Qt wants them."""

from __future__ import annotations

from functools import cache
from string import Template

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from visualizer.engine.palette import THEMES, Theme, rgb
from visualizer.gui.sizes import grown, px
from visualizer.scene.paths import data_folder

FAMILY = "Inter"


@cache
def load_fonts() -> None:
    """Registers the shipped fonts, once; text must look the same on every machine."""
    for path in sorted((data_folder("resources") / "fonts").glob("*.otf")):
        QFontDatabase.addApplicationFont(str(path))


#: Of everything in the window; names after $ are colours of the theme.
_SHEET = Template("""
* { font-family: "$family"; font-size: 13px; color: $text; }
#code { font-family: "$fixed"; }
QMainWindow, QDialog { background: $window; }
QToolTip { background: $card; color: $text; border: 1px solid $line; padding: 6px; }
QSplitter::handle { background: $window; }
QSplitter::handle:hover { background: $line; }
#side, #side > QWidget, #sideBody { background: $window; }
QScrollArea { border: none; background: $window; }
#card { background: $card; border: 1px solid $line; border-radius: 8px; }
QPushButton#cardFold { background: transparent; border: none; border-bottom: 1px solid transparent; padding: 0;
  color: $muted; font-size: 11px; font-weight: 600; letter-spacing: 1px; text-align: left; }
QPushButton#cardFold:hover { color: $text; }
QPushButton#cardFold:focus { border-bottom: 1px solid $density; }
#cardTitle { color: $muted; font-size: 11px; font-weight: 600; letter-spacing: 1px; }
#title { font-size: 16px; font-weight: 600; }
#muted { color: $muted; }
#error { color: $error; }
#value { background: transparent; border: none; border-bottom: 1px solid transparent; padding: 0; }
#value:hover, #value:focus { border-bottom: 1px solid $density; }
QLabel { background: transparent; }
QPushButton, QToolButton { background: $control; border: 1px solid $line; border-radius: 6px;
  padding: 5px 9px; }
QPushButton:hover, QToolButton:hover { border-color: $muted; }
QPushButton:pressed, QToolButton:pressed { background: $line; }
QPushButton:focus, QToolButton:focus, QComboBox:focus, QCheckBox:focus { border-color: $density; }
QPushButton:checked, QToolButton:checked { border-color: $density; color: $text; background: $checked; }
QPushButton:disabled, QToolButton:disabled { color: $faint; }
QPushButton#play { background: $particles; color: $canvas; border: none; border-radius: 19px; font-size: 15px; }
QPushButton#play:focus { border: 2px solid $text; }
QPushButton#small { padding: 1px 8px; font-size: 11px; }
QPushButton#round { border-radius: 15px; padding: 0; }
QPushButton#primary { background: $density; color: $window; border: none; font-weight: 600; }
QPushButton#primary:disabled { background: $control; color: $faint; }
QComboBox { background: $control; border: 1px solid $line; border-radius: 6px; padding: 5px 9px; }
QComboBox:disabled, QLineEdit:disabled, QAbstractSpinBox:disabled { color: $faint; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox::down-arrow { image: url($icon_down); width: 12px; height: 12px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: none; width: 16px; background: transparent; }
QAbstractSpinBox::up-arrow { image: url($icon_up); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url($icon_down); width: 10px; height: 10px; }
QTableCornerButton::section { background: $card; border: none; }
QComboBox QAbstractItemView { background: $card; border: 1px solid $line; selection-background-color: $line;
  selection-color: $text; outline: 0; }
QLineEdit, QAbstractSpinBox { background: $control; border: 1px solid $line; border-radius: 6px;
  padding: 4px 7px; selection-background-color: $density; }
QLineEdit:focus, QAbstractSpinBox:focus { border-color: $density; }
QSlider { min-height: 18px; background: transparent; }
QSlider::groove:horizontal { height: 3px; background: $line; border-radius: 1px; }
QSlider::sub-page:horizontal { height: 3px; background: $density; border-radius: 1px; }
QSlider::handle:horizontal { width: 14px; height: 14px; margin: -6px 0; border-radius: 7px; background: $text; }
QSlider::handle:horizontal:focus { background: $density; }
QSlider::sub-page:horizontal:disabled { background: $line; }
QSlider::handle:horizontal:disabled { background: $faint; }
QTableWidget { font-size: 12px; background: $card; border: 1px solid $line; border-radius: 6px;
  gridline-color: $line;
  selection-background-color: $chosen; selection-color: $text; }
QTableWidget::item { padding: 0; }
QTableWidget QLineEdit { padding: 0; border-radius: 0; }
QHeaderView::section { background: $card; color: $muted; border: none; border-bottom: 1px solid $line;
  padding: 4px; font-size: 12px; }
QListWidget { background: transparent; border: none; outline: 0; }
QListWidget::item { padding: 4px 2px; border-radius: 4px; }
QListWidget::item:selected { background: $line; color: $text; }
QListWidget::indicator, QCheckBox::indicator { width: 15px; height: 15px; border: 1px solid $faint;
  border-radius: 4px; background: $control; }
QListWidget::indicator:checked, QCheckBox::indicator:checked { background: $density; border-color: $density;
  image: url($icon_check); }
QCheckBox:focus { color: $density; }
QCheckBox:disabled, QLabel:disabled, #muted:disabled, QListWidget:disabled { color: $faint; }
QListWidget:focus { border: 1px solid $density; border-radius: 4px; }
QMenuBar { background: $window; }
QMenuBar::item { padding: 4px 9px; background: transparent; border-radius: 4px; }
QMenuBar::item:selected { background: $control; }
QMenu { background: $card; border: 1px solid $line; padding: 4px; }
QMenu::item { padding: 5px 26px 5px 14px; border-radius: 4px; }
QMenu::item:selected { background: $line; }
QMenu::item:disabled { color: $faint; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QScrollBar:vertical { width: 8px; background: transparent; }
QScrollBar::handle:vertical { background: $line; border-radius: 4px; min-height: 24px; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page { background: none;
  height: 0; }
QProgressBar { background: $control; border: 1px solid $line; border-radius: 6px; text-align: center;
  height: 18px; }
QProgressBar::chunk { background: $density; border-radius: 5px; }
#finder { border: 1px solid $line; }
#banner { background: $card; border: 1px solid $error; border-radius: 8px; }
#news { background: $card; border: 1px solid $line; border-radius: 8px; }
#hint { background: $card; border: 1px solid $density; border-radius: 8px; }
""")


def font(size: int, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The interface's font in pixels."""
    f = QFont(FAMILY)
    f.setPixelSize(size)
    f.setWeight(weight)
    return f


def colour(value: str, alpha: float = 1.0) -> QColor:
    """#rrggbb with an opacity."""
    c = QColor(value)
    c.setAlphaF(alpha)
    return c


def theme(name: str) -> Theme:
    """The theme of that name."""
    return THEMES[name]


def apply_theme(app: QApplication, t: Theme) -> None:
    """Palette and style sheet for the whole application; nothing where it looks so already, as that takes a while."""
    sheet = style_sheet(t)
    if app.styleSheet() == sheet:
        return
    p = QPalette()
    roles = QPalette.ColorRole
    for role, value in (
        (roles.Window, t.window), (roles.Base, t.control), (roles.AlternateBase, t.card), (roles.Button, t.control),
        (roles.Text, t.text), (roles.WindowText, t.text), (roles.ButtonText, t.text), (roles.Highlight, t.density),
        (roles.HighlightedText, t.window), (roles.ToolTipBase, t.card), (roles.ToolTipText, t.text),
        (roles.PlaceholderText, t.faint),
    ):  # fmt: skip
        p.setColor(role, QColor(value))
    app.setPalette(p)
    app.setFont(font(px(13)))
    app.setStyleSheet(sheet)


def style_sheet(t: Theme) -> str:
    """Qt's style sheet for a theme."""
    icons = {f"icon_{name}": _icon(name, t) for name in ("up", "down", "check")}
    own = {"family": FAMILY, "fixed": QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()}
    sheet = _SHEET.substitute(vars(t), checked=_mix(t, 0.18), chosen=_mix(t, 0.25), **own, **icons)
    return grown(sheet)


def _icon(name: str, t: Theme) -> str:
    """A small shipped symbol in the theme's colours, as the style sheet wants its path."""
    return (data_folder("resources") / "icons" / f"{name}-{t.name}.svg").as_posix()


def _mix(t: Theme, amount: float) -> str:
    """The density's colour over a card."""
    parts = ((1 - amount) * x + amount * y for x, y in zip(rgb(t.card), rgb(t.density), strict=True))
    return "#" + "".join(f"{round(v):02x}" for v in parts)
