"""Columns of numbers out of CSV, NumPy and Parquet files of others: bounded, and parsed in a process of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visualizer import apart
from visualizer.scene.dialect import Told
from visualizer.scene.errors import SceneError
from visualizer.scene.reading import checked_file, refused
from visualizer.scene.tables.bounds import MAX_BYTES, MAX_COLUMNS, MAX_POINTS

Array = NDArray[np.float64]
TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
DATA_SUFFIXES = (*TEXT_SUFFIXES, ".npy", ".npz", ".parquet")
_ROOM = "visualizer.scene.tables"
_READERS = {".npy": "binary:npy", ".npz": "binary:npz", ".parquet": "binary:parquet"}
_NONE = "expected at least one column of numbers, there is none"

__all__ = [
    "DATA_SUFFIXES",
    "MAX_COLUMNS",
    "MAX_POINTS",
    "TEXT_SUFFIXES",
    "Array",
    "Table",
    "parse_text",
    "read_columns",
    "read_table",
]


@dataclass(frozen=True)
class Table:
    """Columns of numbers by their names, and how they were read; columns without a heading are called 1, 2, …"""

    columns: dict[str, Array]
    read: dict[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What is worth knowing of how a text was read; "" where it was read as everybody would."""
        read, said = self.read, []
        if read.get("separator") not in (None, "", "commas"):
            said.append(f"{read['separator']} between columns")
        if read.get("heading") is False and len(self.columns) > 0:
            said.append("no heading")
        if read.get("decimal") == ",":
            said.append("decimal commas")
        if read.get("thousands"):
            said.append(f"“{read['thousands']}” between thousands")
        if read.get("gaps"):
            said.append(f"{', '.join(f'“{gap[:12]}”' for gap in read['gaps'])} for gaps")
        if read.get("encoding", "UTF-8") != "UTF-8":
            said.append(f"letters as in {read['encoding']}")
        return f"Taken as having {', '.join(said)}." if said else ""


def read_table(path: Path, told: Told | None = None) -> Table:
    """The table in a file; text is written as `told` says (see `Dialect.told`).

    Raises:
        SceneError: there are no numbers, the file is too large, or something else that it says in a sentence.
    """
    try:
        size = checked_file(path).stat().st_size
        if size > MAX_BYTES:
            raise ValueError(f"expected a file below {MAX_BYTES // 10**6} MB, this one has {size // 10**6}")
        if not size:
            raise ValueError("expected columns of numbers: the file is empty")
        reader = _READERS.get(path.suffix.lower())
        if reader is not None:
            return _table(reader, str(path.resolve()))
        return _table("text:from_file", str(path.resolve()), told or {})
    except SceneError:
        raise
    except OSError as error:
        raise refused(path, f"cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        said = str(error)
        raise refused(path, said if said.startswith("expected") else f"expected columns of numbers: {said}") from None


def read_columns(path: Path, told: Told | None = None) -> dict[str, Array]:
    """The columns of numbers in a file by their names.

    Raises:
        SceneError: as `read_table`.
    """
    return read_table(path, told).columns


def parse_text(text: str) -> dict[str, Array]:
    """The columns of numbers in pasted text.

    Raises:
        ValueError: there are no such columns, or too many.
    """
    return _table("text:from_text", text).columns


def _table(function: str, *arguments: object) -> Table:
    try:
        found = apart.call(f"{_ROOM}.{function}", *arguments)
    except apart.Broken as error:
        raise ValueError(f"the file is damaged ({error})") from None
    if not found["columns"]:
        raise ValueError(_NONE)
    return Table(found["columns"], found["read"])
