"""The process that parses may die, hang or fill up; whoever asked is told, and the next file is read all the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from visualizer import apart
from visualizer.apart import client
from visualizer.apart.process import read_value

#: Functions of the program's own stand in `visualizer`; those of this test are put there for the child alone.
FAULTS = """
import os, time, numpy as np
def give(n): return {"name": "x", "numbers": np.arange(n, dtype=np.float64), "rest": [1, None, np.ones((2, 2), np.uint8)]}
def refuse(): raise ValueError("this is refused")
def stumble(): raise KeyError("inside")
def die(): os.abort()
def hang(): time.sleep(100)
def spin():
    while True: pass
def fill(): return np.ones(10**12)
def speak(): print("a line of a library"); os.write(1, b"and another"); return 5
"""


@pytest.fixture(autouse=True)
def faults(tmp_path, monkeypatch):
    """A process that finds `visualizer.faults`."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, types, os\n"
        "module = types.ModuleType('visualizer.faults')\n"
        f"exec({FAULTS!r}, module.__dict__)\n"
        "sys.modules['visualizer.faults'] = module\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{Path.cwd()}")
    monkeypatch.setattr(client, "_process", None)
    yield
    client._end()


def ask(name, *arguments, **options):
    return apart.call(f"visualizer.faults:{name}", *arguments, **options)


def test_what_comes_back_is_what_was_returned_and_the_process_is_kept():
    for n in (3, 100_000):
        found = ask("give", n)
        assert found["name"] == "x"
        np.testing.assert_array_equal(found["numbers"], np.arange(n))
        assert found["rest"][:2] == [1, None]
        np.testing.assert_array_equal(found["rest"][2], np.ones((2, 2)))
    pid = client._process.child.pid
    assert ask("speak") == 5
    assert client._process.child.pid == pid


def test_refusals_and_stumbles_are_told_apart_and_cost_nothing():
    pid = ask("give", 1) and client._process.child.pid
    with pytest.raises(apart.Refused, match="this is refused"):
        ask("refuse")
    with pytest.raises(apart.Broken, match="KeyError: 'inside'"):
        ask("stumble")
    with pytest.raises(apart.Refused, match="of the program's own"):
        apart.call("os:getpid")
    assert ask("give", 1)["name"] == "x"
    assert client._process.child.pid == pid


@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
@pytest.mark.parametrize(
    ("name", "said"),
    [("die", "brought down"), ("hang", "took too long"), ("spin", "took too long"), ("fill", "memory")],
)
def test_a_process_that_is_lost_is_followed_by_another(name, said):
    ask("give", 1)
    with pytest.raises(ValueError, match=said):
        ask(name, seconds=1)
    assert ask("give", 1)["name"] == "x"


def test_an_answer_that_is_none_is_not_believed():
    import io

    for told in (
        {"array": ["|O", [1]]},
        {"array": ["<f8", [10**12]]},
        {"array": ["<f8", [-1]]},
        {"array": ["<f8", [4]]},
    ):
        with pytest.raises(ValueError, match=r"array|too early"):
            read_value(told, io.BytesIO(b"12"), 1 << 20)


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_the_process_ends_with_the_one_that_started_it():
    code = "from visualizer import apart; apart.warm_up(); from visualizer.apart import client; import time; print(client._process.child.pid, flush=True); time.sleep(100)"
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    time.sleep(1.0)
    parent.send_signal(signal.SIGKILL)
    parent.wait(5)
    parent.stdout.close()
    end = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()
