"""What processes and threads that compute ask of the system.

Frames allocate the same megabytes over and over. By default glibc returns every large block to the system at once and
gets fresh pages for the next, each of which costs a page fault; they were half of the time of a frame.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

import torch

from visualizer import fused

#: Names of glibc's `mallopt`: free memory above which the heap shrinks.
_M_TRIM_THRESHOLD = -1
#: What the heap grows by besides.
_M_TOP_PAD = -2
#: Blocks from this size on are mapped.
_M_MMAP_THRESHOLD = -3
#: Arenas, at most.
_M_ARENA_MAX = -8
#: Between its many short torch calls a thread waits for the interpreter; by default up to 5 ms.
_SWITCH_INTERVAL = 1e-4


def prepare_process() -> None:
    """Call once, before the first thread that computes is started."""
    sys.setswitchinterval(_SWITCH_INTERVAL)
    if (mallopt := _of_glibc("mallopt")) is None:
        return
    mallopt(_M_MMAP_THRESHOLD, 32 << 20)
    mallopt(_M_TRIM_THRESHOLD, 512 << 20)
    mallopt(_M_TOP_PAD, 32 << 20)
    mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Hands free memory back to the system and the GPU, some 10 ms: call when much is not needed any more."""
    fused.ROOM.clear()
    torch.cuda.empty_cache()  # nothing where there is none
    if (trim := _of_glibc("malloc_trim")) is not None:
        trim(0)


def _of_glibc(name: str) -> Any:
    """A function of glibc; None where there is another C library, which has its own ways."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        return getattr(ctypes.CDLL("libc.so.6"), name)
    except (OSError, AttributeError):
        return None


def prepare_thread() -> None:
    """Call in every thread that computes: one torch thread (two stall each other while a window is
    drawn), no gradients, and denormal numbers, which are slow and invisible, taken as 0."""
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    torch.set_flush_denormal(True)
