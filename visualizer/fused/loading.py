"""Whether there are kernels here, and how they come in: numba takes half a second to be there."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from importlib import import_module
from threading import Thread
from types import ModuleType

#: Set, it says that there are none.
SWITCH = "VISUALIZER_NO_NUMBA"

_ready: ModuleType | None = None


@cache
def kernels() -> ModuleType | None:
    """The kernels, compiled or from the disk; None where there are none. The first call takes its time."""
    global _ready
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
        _ready = import_module("visualizer.fused.compiled")
    except RuntimeError:  # there is no folder that compiled kernels could be kept in
        os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(prefix="visualizer-kernels-")
        numba.config.reload_config()  # type: ignore[no-untyped-call]  # of a library
        _ready = import_module("visualizer.fused.compiled")
    return _ready


def ready() -> ModuleType | None:
    """The kernels if they are there already: for what must not wait, and may come out otherwise in the last bit."""
    return _ready


def warm_up() -> None:
    """Has them come in meanwhile."""
    import scipy  # noqa: F401  # numba looks for it: no two threads may bring it in at once

    Thread(target=kernels, name="kernels", daemon=True).start()
