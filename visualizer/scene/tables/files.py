"""Tables of numbers as files: NumPy archives, CSV, Parquet."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visualizer.scene.tables.duck import quoted

TABLE_SUFFIXES = (".npz", ".csv", ".parquet")


def table_bytes(suffix: str, columns: Mapping[str, NDArray[Any]], scene: str) -> bytes:
    """Columns of equal length as a file with that ending.

    An archive has an array for each column and the scene's text as `scene`; Parquet keeps it under that key of its
    metadata; CSV has no place for it.

    Raises:
        ValueError: another ending.
    """
    if suffix == ".npz":
        buffer = io.BytesIO()
        arrays: dict[str, Any] = {**columns, "scene": np.array(scene)}
        np.savez(buffer, **arrays)
        return buffer.getvalue()
    if suffix not in TABLE_SUFFIXES:
        raise ValueError(f"expected a name that ends in {', '.join(TABLE_SUFFIXES)}")
    import duckdb

    numbers = {name: np.ascontiguousarray(values) for name, values in columns.items()}  # noqa: F841  # DuckDB finds it by name
    options = "format csv" if suffix == ".csv" else "format parquet, kv_metadata {scene: " + quoted(scene) + "}"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"table{suffix}")
        duckdb.connect().execute(f"copy (select * from numbers) to {quoted(str(file))} ({options})")
        return file.read_bytes()
