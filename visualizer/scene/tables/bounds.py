"""How much of a table is read."""

from __future__ import annotations

#: Bytes of a file, at most.
MAX_BYTES = 100_000_000
#: Rows, at most.
MAX_POINTS = 100_000
#: Columns, at most.
MAX_COLUMNS = 1000
#: Numbers in all, at most.
MAX_NUMBERS = 10_000_000


def bounded(rows: int, columns: int) -> None:
    """Refuses what is too large, before it is read.

    Raises:
        ValueError: there are too many rows, columns or numbers.
    """
    if rows > MAX_POINTS:
        raise ValueError(f"expected 2 to {MAX_POINTS:,} rows, there are {rows:,}: take a part of them")
    if columns > MAX_COLUMNS:
        raise ValueError(f"expected at most {MAX_COLUMNS:,} columns, there are {columns:,}: take a part of them")
    if rows * columns > MAX_NUMBERS:
        raise ValueError(f"expected at most {MAX_NUMBERS // 10**6} million numbers, there are {rows * columns:,}")
