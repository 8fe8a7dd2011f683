"""Large blocks of memory that are used again.

The C library hands a large block back to the system as soon as it is free, and each page of the next one costs a fault:
with ten million particles more than half of a step. A block from here is free again when the last tensor that looks at
it is gone. What is kept for going back to may be such a block: its neighbours are not the temporaries of a frame.
"""

from __future__ import annotations

import math
import mmap
import weakref
from collections import defaultdict
from typing import Any

import numpy as np
import torch
from torch import Tensor

#: Sizes are multiples of it, so that blocks fit again.
_PAGE = 2 << 20
#: Bytes that are kept free, at most.
_MOST = 1 << 30


def mapped(size: int) -> mmap.mmap:
    """Memory apart from the heap, which no other process shares. Large pages were slower, by a fifth of a frame."""
    if not hasattr(mmap, "MAP_PRIVATE"):  # on Windows it is of this process alone anyway
        return mmap.mmap(-1, size)
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


class Room:
    """Hands out uninitialised tensors on the CPU."""

    #: Smaller blocks are the C library's, bytes.
    SMALLEST = 1 << 20

    def __init__(self) -> None:
        self._free: dict[int, list[mmap.mmap]] = defaultdict(list)

    def empty(self, shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> Tensor:
        """Like `torch.empty`."""
        nbytes = math.prod(shape) * dtype.itemsize
        if nbytes < self.SMALLEST:
            return torch.empty(shape, dtype=dtype)
        size = -(-nbytes // _PAGE) * _PAGE
        memory = self._taken(size)
        block: np.ndarray[Any, np.dtype[np.uint8]] = np.frombuffer(memory, np.uint8, nbytes)
        weakref.finalize(block, self._back, size, memory).atexit = False
        return torch.from_numpy(block).view(dtype).view(shape)

    def _taken(self, size: int) -> mmap.mmap:
        try:
            memory = self._free[size].pop()
        except IndexError:
            memory = mapped(size)
        return memory

    def _back(self, size: int, memory: mmap.mmap) -> None:
        if self.kept + size <= _MOST:
            self._free[size].append(memory)

    @property
    def kept(self) -> int:
        """Bytes that are free."""
        return sum(size * len(blocks) for size, blocks in list(self._free.items()))

    def clear(self) -> None:
        """Gives what is free back to the system."""
        self._free.clear()


ROOM = Room()
