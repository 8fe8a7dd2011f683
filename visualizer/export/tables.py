"""Tables of numbers as files: NumPy archives, CSV, Parquet."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    import pyarrow
    import pyarrow.csv
    import pyarrow.parquet

    table = pyarrow.table({name: np.ascontiguousarray(values) for name, values in columns.items()})
    sink = pyarrow.BufferOutputStream()
    if suffix == ".csv":
        pyarrow.csv.write_csv(table, sink)
    else:
        pyarrow.parquet.write_table(table.replace_schema_metadata({"scene": scene}), sink)
    return bytes(sink.getvalue().to_pybytes())
