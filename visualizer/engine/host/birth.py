"""Starting the process of a host, with a pipe and shared memory that have no names.

What has a name can be left behind. The memory is a file that was never linked, or nameless memory of the system's, and
is gone with the last process that looks at it, however that ends.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import signal
import subprocess
import sys
import tempfile
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

#: Bytes of shared memory, at most: what was never written to takes none.
ROOM = 512 << 20
#: Windows sets all of it aside.
_ROOM_WINDOWS = 192 << 20
#: Exit status of a child that is of another version than the window.
OTHER_VERSION = 3
#: Linux' name for the signal a process gets when its parent ends.
_PR_SET_PDEATHSIG = 1
_MODULE = "visualizer.engine.host.process"


def bear(*words: str) -> tuple[subprocess.Popen[bytes], Connection, mmap.mmap]:
    """Starts a child (`process.py`) that is told `words`, and returns it with our ends of pipe and memory."""
    ours, theirs = Pipe()
    if sys.platform == "win32":
        child, memory = _bear_on_windows(theirs, words)
    else:
        file = os.memfd_create("visualizer") if hasattr(os, "memfd_create") else _unlinked()
        os.ftruncate(file, ROOM)
        memory = mmap.mmap(file, ROOM)
        command = [sys.executable, "-m", _MODULE, str(theirs.fileno()), str(file), str(os.getpid()), *words]
        child = subprocess.Popen(command, pass_fds=(theirs.fileno(), file), stdin=subprocess.DEVNULL)
        os.close(file)
    theirs.close()
    return child, ours, memory


def _unlinked() -> int:
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _bear_on_windows(theirs: Any, words: tuple[str, ...]) -> tuple[subprocess.Popen[bytes], mmap.mmap]:
    system: Any = os  # what only Windows has is unknown to a checker elsewhere
    tag = f"visualizer-{os.getpid()}-{os.urandom(8).hex()}"
    memory: mmap.mmap = vars(mmap)["mmap"](-1, _ROOM_WINDOWS, tagname=tag)
    system.set_handle_inheritable(theirs.fileno(), True)
    start = {"startupinfo": vars(subprocess)["STARTUPINFO"](lpAttributeList={"handle_list": [theirs.fileno()]})}
    command = [sys.executable, "-m", _MODULE, str(theirs.fileno()), tag, str(os.getpid()), *words]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, **start), memory


def born() -> tuple[Connection, mmap.mmap, list[str]]:
    """In the child: its ends of pipe and memory, and the words it was told."""
    pipe, memory, parent, *words = sys.argv[1:]
    die_with_parent(int(parent))
    if sys.platform == "win32":
        from multiprocessing.connection import PipeConnection

        return PipeConnection(int(pipe)), mmap.mmap(-1, _ROOM_WINDOWS, tagname=memory), words
    connection, file = Connection(int(pipe)), int(memory)
    shared = mmap.mmap(file, ROOM)
    os.close(file)
    return connection, shared, words


def die_with_parent(parent: int) -> None:
    """This process is killed when the thread that started it ends. Elsewhere than on Linux the end of a pipe tells."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it had ended before
        os._exit(1)
