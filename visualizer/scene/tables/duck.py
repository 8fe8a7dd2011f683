"""What reading by DuckDB shares."""

from __future__ import annotations

from typing import Any


def connect() -> Any:
    """A database in memory that fetches nothing from elsewhere and works in one thread."""
    import duckdb

    return duckdb.connect(
        config={"threads": 1, "autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )


def quoted(text: str) -> str:
    """A text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def filled(found: Any) -> Any:
    """Numbers that DuckDB found, with NaN where there are none."""
    import numpy as np

    return np.ma.filled(np.ma.asarray(found, dtype=np.float64), np.nan)
