"""Lets the engine die again and again under a window that is in use: `python -m tests.deaths --moments 50`.

At seeded moments of seeded use the process of the engine is killed, crashes, hangs, runs out of memory, or meets an
exception. Every time the window, its edits and its undo must be there, and the engine must come back where the run was;
in the end no process, thread, shared memory or temporary file may be left.
"""

from __future__ import annotations

import argparse
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QEventLoop

from visualizer.engine.host.talk import Errand
from visualizer.gui.dialogs import CrashDialog

KINDS = ("SIGKILL", "SIGSEGV", "SIGSTOP", "memory", "exception")
PATIENCE = 60.0


def exhaust() -> None:
    """In the child: from now on hardly any memory can be had."""
    import resource

    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (16 << 20), resource.RLIM_INFINITY))


def break_down() -> None:
    """In the child: the next picture meets what nobody foresaw."""
    from visualizer.engine.stage import Stage

    whole = Stage.picture

    def fail(*_: Any, **__: Any) -> Any:
        Stage.picture = whole  # type: ignore[method-assign]  # once
        raise RuntimeError("nobody foresaw this")

    Stage.picture = fail  # type: ignore[method-assign]  # as asked for


class Use:
    """A window in use."""

    def __init__(self, seed: int) -> None:
        from visualizer.engine.host.child import ChildEngine
        from visualizer.gui.app import Keeper, make_window
        from visualizer.gui.offscreen.capture import application

        self.app, self.random = application(), Random(seed)
        self.engine = ChildEngine("cpu")
        self.engine.start()
        self.window = make_window(None, self.engine, "cpu")
        self.window.resize(1200, 800)
        self.window.show()
        self.keeper, self.desk = Keeper(), self.window.desk
        self.troubles: list[tuple[str, str]] = []
        self.frames = 0
        self.desk.player.trouble.connect(lambda kind, text: self.troubles.append((kind, text)))
        self.desk.player.frame.connect(self._count)
        self.until(lambda: self.frames > 0, "a first picture")

    def _count(self, _: object) -> None:
        self.frames += 1

    def until(self, done: Callable[[], bool], what: str) -> None:
        """Lives on until something has happened."""
        end = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > end:
                raise AssertionError(f"no {what}; {self.troubles[-3:]}")
            self.pass_events()
            time.sleep(0.002)

    def pass_events(self) -> None:
        """Lets events through for a while: pictures may come as fast as they are drawn, and there is no end of them."""
        self.app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        # Outside of a loop of its own Qt leaves what is to be deleted later alone.
        self.app.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def live(self, seconds: float) -> None:
        """Lets time pass."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end, "end of time")

    def act(self) -> None:
        """Something a user does."""
        random, desk, scene = self.random, self.desk, self.desk.scene
        what = random.randrange(6)
        if what == 0:
            desk.edit(scene.with_(seed=random.randrange(1000)), "another seed")
        elif what == 1:
            means = tuple((random.uniform(-2, 2), random.uniform(-2, 2)) for _ in scene.target.means)
            desk.edit(scene.with_(target=scene.target.with_(means=means)), "move")
        elif what == 2:
            desk.player.play(random.random() < 0.8)
        elif what == 3:
            desk.player.step_by(random.randint(1, 20))
        elif what == 4 and desk.store.undo_label:
            desk.store.undo()
        else:
            count = random.choice([500, 5_000, 50_000])
            desk.edit(scene.with_(particles=scene.particles.with_(count=count)), "another number")

    def die(self, kind: str) -> None:
        """Ends the engine in one way, and looks at what is there afterwards."""
        desk, before, troubles = self.desk, self.engine.pid, len(self.troubles)
        assert before is not None
        scene, label = desk.scene, desk.store.undo_label
        if kind.startswith("SIG"):
            os.kill(before, getattr(signal, kind))
            if kind == "SIGSTOP":
                self.until(lambda: desk.banner.action.text() == "Stop" and desk.banner.isVisible(), "word of a hang")
                desk.banner.action.click()
        elif kind == "memory":
            desk.player.ask(self.window, Errand("tests.deaths:exhaust"), lambda _: None)
            self.live(0.5)
            desk.edit(scene.with_(particles=scene.particles.with_(count=8_000_000)), "far too many")
        else:
            desk.player.ask(self.window, Errand("tests.deaths:break_down"), lambda _: None)
            desk.player.step_by(1)
        self.until(lambda: len(self.troubles) > troubles, f"word of {kind}")
        if kind == "memory":
            assert "memory" in self.troubles[-1][1], self.troubles[-1]
            desk.store.undo()
            self.engine.kill()  # its limit would stay
            self.until(lambda: self.engine.pid not in (None, before), "another engine")
        if kind == "exception":
            assert self.troubles[-1][0] == "crash"
            self.window.findChild(CrashDialog).accept()
        assert self.window.isVisible()
        assert desk.scene == scene
        assert desk.store.undo_label == label
        frames = self.frames
        desk.player.step_by(1)
        self.until(lambda: self.frames > frames, f"picture after {kind}")

    def close(self) -> int | None:
        """Closes the window; returns the last process."""
        last = self.engine.pid
        self.desk.store.mark_saved(self.desk.store.scene)
        began = time.monotonic()
        self.window.close()
        assert time.monotonic() - began < 1
        return last


def main() -> None:
    """All kinds at seeded moments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    os.environ["VISUALIZER_SETTINGS"] = str(Path(tempfile.mkdtemp()) / "settings.ini")
    segments, temporary = set(os.listdir("/dev/shm")), set(os.listdir(tempfile.gettempdir()))
    use = Use(options.seed)
    pids = set()
    for moment in range(options.moments):
        for kind in KINDS:
            for _ in range(use.random.randint(1, 5)):
                use.act()
                use.live(use.random.uniform(0, 0.3))
            pids.add(use.engine.pid)
            use.die(kind)
        print(f"{moment + 1} of each: {len(pids)} processes so far", flush=True)
    pids.add(use.close())
    left = [pid for pid in pids if pid and Path(f"/proc/{pid}").exists()]
    threads = [t.name for t in threading.enumerate() if t.name.startswith("engine")]
    news = (set(os.listdir("/dev/shm")) - segments, set(os.listdir(tempfile.gettempdir())) - temporary)
    print(f"left: processes {left}, threads {threads}, shared memory {news[0]}, temporary files {news[1]}")
    assert not left
    assert not news[0]


if __name__ == "__main__":
    main()
