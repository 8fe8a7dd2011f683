"""Where the data that ships with the program lies."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def data_folder(name: str) -> Path:
    """`presets` or `resources`: inside the installed package, or beside it in a checkout."""
    inside = _PACKAGE / "_data" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def net_path(file: str) -> Path:
    """The net a name stands for: a file, or of a plain name that is no file here, what ships with the program."""
    return _shipped(file, data_folder("resources") / "nets" / file)


def study_path(name: str) -> Path:
    """The study a name stands for: a file, or of a plain name that is no file here, what ships with the program."""
    return _shipped(name, data_folder("presets") / "studies" / f"{name}.toml")


def _shipped(name: str, shipped: Path) -> Path:
    path = Path(name)
    return shipped if path.name == name and not path.exists() and shipped.exists() else path
