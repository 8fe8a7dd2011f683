"""One style sheet from the palette, the fonts, and colours as Qt wants them."""

from __future__ import annotations

from functools import cache

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from visualizer.engine.palette import THEMES, Theme, rgb
from visualizer.scene.paths import data_folder

FAMILY = "Inter"


@cache
def load_fonts() -> None:
    """Registers the shipped fonts, once; text must look the same on every machine."""
    for path in sorted((data_folder("resources") / "fonts").glob("*.otf")):
        QFontDatabase.addApplicationFont(str(path))


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
    """Palette and style sheet for the whole application."""
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
    app.setFont(font(13))
    app.setStyleSheet(style_sheet(t))


def style_sheet(t: Theme) -> str:
    """Qt's style sheet for a theme."""
    return f"""
* {{ font-family: "{FAMILY}"; font-size: 13px; color: {t.text}; }}
QMainWindow, QDialog {{ background: {t.window}; }}
QToolTip {{ background: {t.card}; color: {t.text}; border: 1px solid {t.line}; padding: 6px; }}
#side, #side > QWidget, #sideBody {{ background: {t.window}; }}
QScrollArea {{ border: none; background: {t.window}; }}
#card {{ background: {t.card}; border: 1px solid {t.line}; border-radius: 8px; }}
#cardTitle {{ color: {t.muted}; font-size: 11px; font-weight: 600; letter-spacing: 1px; }}
#title {{ font-size: 16px; font-weight: 600; }}
#muted {{ color: {t.muted}; }}
#error {{ color: {t.error}; }}
#value {{ background: transparent; border: none; border-bottom: 1px solid transparent; padding: 0; }}
#value:hover, #value:focus {{ border-bottom: 1px solid {t.density}; }}
QLabel {{ background: transparent; }}
QPushButton, QToolButton {{ background: {t.control}; border: 1px solid {t.line}; border-radius: 6px;
  padding: 5px 9px; }}
QPushButton:hover, QToolButton:hover {{ border-color: {t.muted}; }}
QPushButton:pressed, QToolButton:pressed {{ background: {t.line}; }}
QPushButton:focus, QToolButton:focus, QComboBox:focus, QCheckBox:focus {{ border-color: {t.density}; }}
QPushButton:checked, QToolButton:checked {{ border-color: {t.density}; color: {t.text}; background: {_mix(t, 0.18)}; }}
QPushButton:disabled, QToolButton:disabled {{ color: {t.faint}; }}
QPushButton#play {{ background: {t.particles}; color: {t.canvas}; border: none; border-radius: 19px; font-size: 15px; }}
QPushButton#play:focus {{ border: 2px solid {t.text}; }}
QPushButton#round {{ border-radius: 15px; padding: 0; }}
QPushButton#primary {{ background: {t.density}; color: {t.window}; border: none; font-weight: 600; }}
QPushButton#primary:disabled {{ background: {t.control}; color: {t.faint}; }}
QComboBox {{ background: {t.control}; border: 1px solid {t.line}; border-radius: 6px; padding: 5px 9px; }}
QComboBox:disabled, QLineEdit:disabled, QAbstractSpinBox:disabled {{ color: {t.faint}; }}
QComboBox::drop-down {{ border: none; width: 22px; }}
QComboBox::down-arrow {{ image: url({_icon("down", t)}); width: 12px; height: 12px; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ border: none; width: 16px; background: transparent; }}
QAbstractSpinBox::up-arrow {{ image: url({_icon("up", t)}); width: 10px; height: 10px; }}
QAbstractSpinBox::down-arrow {{ image: url({_icon("down", t)}); width: 10px; height: 10px; }}
QTableCornerButton::section {{ background: {t.card}; border: none; }}
QComboBox QAbstractItemView {{ background: {t.card}; border: 1px solid {t.line}; selection-background-color: {t.line};
  selection-color: {t.text}; outline: 0; }}
QLineEdit, QAbstractSpinBox {{ background: {t.control}; border: 1px solid {t.line}; border-radius: 6px;
  padding: 4px 7px; selection-background-color: {t.density}; }}
QLineEdit:focus, QAbstractSpinBox:focus {{ border-color: {t.density}; }}
QSlider {{ min-height: 18px; background: transparent; }}
QSlider::groove:horizontal {{ height: 3px; background: {t.line}; border-radius: 1px; }}
QSlider::sub-page:horizontal {{ height: 3px; background: {t.density}; border-radius: 1px; }}
QSlider::handle:horizontal {{ width: 14px; height: 14px; margin: -6px 0; border-radius: 7px; background: {t.text}; }}
QSlider::handle:horizontal:focus {{ background: {t.density}; }}
QSlider::sub-page:horizontal:disabled {{ background: {t.line}; }}
QSlider::handle:horizontal:disabled {{ background: {t.faint}; }}
QTableWidget {{ font-size: 12px; background: {t.card}; border: 1px solid {t.line}; border-radius: 6px;
  gridline-color: {t.line};
  selection-background-color: {_mix(t, 0.25)}; selection-color: {t.text}; }}
QTableWidget::item {{ padding: 0; }}
QTableWidget QLineEdit {{ padding: 0; border-radius: 0; }}
QHeaderView::section {{ background: {t.card}; color: {t.muted}; border: none; border-bottom: 1px solid {t.line};
  padding: 4px; font-size: 12px; }}
QListWidget {{ background: transparent; border: none; outline: 0; }}
QListWidget::item {{ padding: 4px 2px; border-radius: 4px; }}
QListWidget::item:selected {{ background: {t.line}; color: {t.text}; }}
QListWidget::indicator, QCheckBox::indicator {{ width: 15px; height: 15px; border: 1px solid {t.faint};
  border-radius: 4px; background: {t.control}; }}
QListWidget::indicator:checked, QCheckBox::indicator:checked {{ background: {t.density}; border-color: {t.density};
  image: url({_icon("check", t)}); }}
QCheckBox:focus {{ color: {t.density}; }}
QCheckBox:disabled, QLabel:disabled, #muted:disabled {{ color: {t.faint}; }}
QListWidget:focus {{ border: 1px solid {t.density}; border-radius: 4px; }}
QMenuBar {{ background: {t.window}; }}
QMenuBar::item {{ padding: 4px 9px; background: transparent; border-radius: 4px; }}
QMenuBar::item:selected {{ background: {t.control}; }}
QMenu {{ background: {t.card}; border: 1px solid {t.line}; padding: 4px; }}
QMenu::item {{ padding: 5px 26px 5px 14px; border-radius: 4px; }}
QMenu::item:selected {{ background: {t.line}; }}
QMenu::item:disabled {{ color: {t.faint}; }}
QMenu::separator {{ height: 1px; background: {t.line}; margin: 4px 8px; }}
QScrollBar:vertical {{ width: 8px; background: transparent; }}
QScrollBar::handle:vertical {{ background: {t.line}; border-radius: 4px; min-height: 24px; }}
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{ background: none;
  height: 0; }}
QProgressBar {{ background: {t.control}; border: 1px solid {t.line}; border-radius: 6px; text-align: center;
  height: 18px; }}
QProgressBar::chunk {{ background: {t.density}; border-radius: 5px; }}
#banner {{ background: {t.card}; border: 1px solid {t.error}; border-radius: 8px; }}
#news {{ background: {t.card}; border: 1px solid {t.line}; border-radius: 8px; }}
"""


def _icon(name: str, t: Theme) -> str:
    """A small shipped symbol in the theme's colours, as the style sheet wants its path."""
    return (data_folder("resources") / "icons" / f"{name}-{t.name}.svg").as_posix()


def _mix(t: Theme, amount: float) -> str:
    """The density's colour over a card."""
    parts = ((1 - amount) * x + amount * y for x, y in zip(rgb(t.card), rgb(t.density), strict=True))
    return "#" + "".join(f"{round(v):02x}" for v in parts)
