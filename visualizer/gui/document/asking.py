"""File dialogs that remember the folder and suggest names that every system takes."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from visualizer.gui.document.settings import Settings

#: What Windows does not take in a name, and what would hide a file or lead out of the folder.
_UNFIT = re.compile(r'[<>:"/\\|?*\x00-\x1f]+')
_LONGEST = 80


def suggested(title: str, suffix: str) -> str:
    """A file name made of a title."""
    name = re.sub(r"\s+", " ", _UNFIT.sub(" ", title)).strip(" .")[:_LONGEST]
    return f"{name or 'untitled'}{suffix}"


def ask_to_save(parent: QWidget, heading: str, name: str, kinds: str, suffix: str = "") -> Path | None:
    """Where to write to, with the ending it needs if none is typed; None if nowhere.

    `name` is a suggestion: a name in the last folder, or a whole path.
    """
    settings = Settings()
    chosen, _ = QFileDialog.getSaveFileName(parent, heading, str(Path(settings.folder) / name), kinds)
    if not chosen:
        return None
    path = Path(chosen)
    settings.folder = str(path.parent)
    return path if path.suffix or not suffix else path.with_name(path.name + suffix)


def ask_for_folder(parent: QWidget, heading: str) -> str:
    """A folder, "" if none."""
    return QFileDialog.getExistingDirectory(parent, heading, Settings().folder)


def ask_to_open(parent: QWidget, heading: str, kinds: str) -> str:
    """What to read, "" if nothing."""
    settings = Settings()
    chosen, _ = QFileDialog.getOpenFileName(parent, heading, settings.folder, kinds)
    if chosen:
        settings.folder = str(Path(chosen).parent)
    return chosen
