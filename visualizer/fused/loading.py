"""Whether there are kernels here, and how they come in: numba takes half a second to be there."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from importlib import import_module
from threading import Event
from types import ModuleType

#: Set, it says that there are none.
SWITCH = "VISUALIZER_NO_NUMBA"

_warm = Event()


@cache
def kernels() -> ModuleType | None:
    """The kernels, each compiled when it is asked for first; None where there are none. It takes a second, once."""
    if os.environ.get(SWITCH):
        return None
    try:
        import llvmlite.binding as llvm
        import numba
    except ImportError:
        return None
    if not llvm.get_host_cpu_features().get("avx2"):  # four numbers at a time are slower than torch
        return None
    try:
        return import_module("visualizer.fused.compiled")
    except RuntimeError:  # there is no folder that compiled kernels could be kept in
        os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(prefix="visualizer-kernels-")
        numba.config.reload_config()  # type: ignore[no-untyped-call]  # of a library
        return import_module("visualizer.fused.compiled")


def ready() -> ModuleType | None:
    """The kernels once they are all compiled: for what must not wait, and may come out otherwise in the last bit."""
    return kernels() if _warm.is_set() else None


def need() -> None:
    """Whatever may wait does: from here on kernels are `ready`, if there are any."""
    kernels()
    _warm.set()


def warm_up() -> None:
    """Has them come in, compiled where that has never been done: for a thread that nobody waits for."""
    if (found := kernels()) is not None:
        found.compile_all()
        _warm.set()
