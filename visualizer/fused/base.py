"""What kernels have in common.

Particles are columns (d, N) in float32, d = 1 or 2; a kernel does the blocks from `first` to `last`. A kernel is
compiled when it is asked for first, or found on disk.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

#: Particles of a block of noise, and how many of them are taken through a step together.
BLOCK, PART = 512, 128
f32, i32, u32 = np.float32, np.int32, np.uint32
ONE, HALF = f32(1), f32(0.5)

inlined: Callable[..., Any] = njit(inline="always")
helper: Callable[..., Any] = njit(nogil=True, error_model="numpy", fastmath={"contract"})

#: Of whatever kernels are made of. numba would look at the file alone that a kernel stands in.
STAMP = hashlib.sha256(b"".join(file.read_bytes() for file in sorted(Path(__file__).parent.glob("*.py")))).hexdigest()

_all: list[tuple[bool, Any, str]] = []


def compiled(signature: str, *, early: bool = False) -> Callable[[Callable[..., Any]], Any]:
    """A kernel: it is compiled when it is asked for first, or taken from the disk.

    Args:
        signature: its types.
        early: the first run of the first scene waits for it.
    """

    def made(function: Callable[..., Any]) -> Any:
        kernel = njit(nogil=True, error_model="numpy", fastmath={"contract"}, cache=True)(function)
        kernel._cache._cache_file._source_stamp = STAMP
        _all.append((early, kernel, signature))
        return kernel

    return made


def compile_all() -> None:
    """Compiles every kernel that is not on the disk yet, some twenty seconds on the first day; the early ones first."""
    for _, kernel, signature in sorted(_all, key=lambda entry: not entry[0]):
        kernel.compile(signature)


@inlined
def within(v, most):
    """Between 0 and the most there is; what is no number becomes 0."""
    v = v if v > f32(0) else f32(0)
    return v if v < most else most
