"""Memory that a run has freed is kept for the next frames, and given back when a run is over."""

from __future__ import annotations

import subprocess
import sys

import pytest

GIVEN = """
import ctypes
import torch
from visualizer.engine.run.memory import give_back, prepare_process
prepare_process()

def pages():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 >> 20

blocks = [torch.ones(250_000) for _ in range(300)]
last = torch.ones(1000)
held = pages()
del blocks
kept = pages()
give_back()
print(held - kept, held - pages())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc alone")
def test_freed_memory_is_kept_until_it_is_given_back():
    result = subprocess.run([sys.executable, "-c", GIVEN], capture_output=True, text=True, timeout=100, check=True)
    freed, given = map(int, result.stdout.split())
    assert freed < 50  # of 286 MB
    assert given > 200
