"""Arrays inside a scene file: compressed, in base64, bounded when they are read again."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

#: Bytes an array may have once it is unpacked.
MAX_BYTES = 4_000_000
#: Characters of an array in a scene.
MAX_TEXT = 2_500_000
Text = Annotated[str, Field(max_length=MAX_TEXT)]


def packed(array: NDArray[Any]) -> str:
    """The bytes of an array, row by row, little-endian."""
    data = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
    return base64.b64encode(zlib.compress(data, 9)).decode("ascii")


def unpacked(text: str, dtype: str, columns: int) -> NDArray[Any]:
    """Rows of so many numbers.

    Raises:
        ValueError: the text is damaged, or there is too much in it.
    """
    try:
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(base64.b64decode(text, validate=True), MAX_BYTES)
    except (binascii.Error, zlib.error):
        raise ValueError("is damaged: expected what the program has written") from None
    if not unpacker.eof:
        raise ValueError(f"is damaged, or larger than {MAX_BYTES // 10**6} MB")
    item = np.dtype(dtype).newbyteorder("<")
    if not data or len(data) % (item.itemsize * columns):
        raise ValueError("is damaged: there are not as many numbers as there should be")
    return np.frombuffer(data, item).reshape(-1, columns).astype(np.dtype(dtype))
